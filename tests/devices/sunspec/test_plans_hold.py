"""Whatever is asked: what a device would hold after the writes is what the plan says it will do.

Without sockets: the writes go straight into the register image, and the state is decoded from it.
"""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.capabilities import (
    ControlRequest,
    DriverFault,
    Function,
    ModelAt,
    NotSupported,
    OutOfRange,
    WritePlan,
    difference,
)
from devices.parameters import (
    Curve,
    Droop,
    EnterService,
    Excitation,
    Parameters,
    PowerFactor,
    RampRate,
    ReactivePower,
)
from devices.sunspec import controls
from devices.sunspec.held import Held
from devices.sunspec.quirks import PLAIN
from devices.sunspec.settings import Settings
from tests.devices.sunspec import curves, maps
from tests.devices.sunspec.maps import Registers, chain, common, model
from tests.devices.sunspec.test_lasting import service
from tests.devices.sunspec.test_reactive import newer_controls, older_controls

SCALES = st.integers(-3, 1)
STORING = {"WChaRteMax": 500, "WDisChaRteMax": 600}


def newer(percent_sf: int, other_sf: int) -> Registers:
    capacity = maps.capacity(CtrlModes=0xFFFF, VarMaxInj=440, VarMaxAbs=430, **STORING)
    scales = {"WMaxLimPct_SF": percent_sf, "WSet_SF": other_sf, "VarSet_SF": other_sf}
    ac_controls = newer_controls(WRmp=100, WRmpRef=1, **scales)
    shapes = (
        curves.volt_var(points=8, V_SF=percent_sf, DeptRef_SF=percent_sf),
        curves.volt_watt(points=8, V_SF=percent_sf, DeptRef_SF=percent_sf, RspTms_SF=other_sf),
        curves.droop(),
        curves.watt_var(points=8, DeptRef_SF=percent_sf),
    )
    return chain(common(), capacity, service(), ac_controls, *shapes)


def older(percent_sf: int, other_sf: int) -> Registers:
    ground = {"VArMaxQ1": 440, "VArMaxQ4": -430, "VArMax_SF": 1, "WGra": 100, "WGra_SF": other_sf}
    shapes = (
        older_controls(WMaxLimPct_SF=percent_sf, VArPct_SF=percent_sf),
        maps.storage_controls(InOutWRte_SF=percent_sf),
        curves.legacy(126, V_SF=percent_sf, DeptRef_SF=percent_sf),
        curves.frequency_parameters(WGra_SF=other_sf, HzStrStop_SF=percent_sf),
        curves.legacy(132, DeptRef_SF=percent_sf),
        curves.legacy(134, W_SF=percent_sf),
    )
    ratings = maps.ratings(MaxChaRte=500, MaxChaRte_SF=1, MaxDisChaRte=400, MaxDisChaRte_SF=1)
    basic = maps.basic_settings(ECPNomHz=50, ECPNomHz_SF=0, **ground)
    return chain(common(), ratings, basic, *shapes)


def held(registers: Registers) -> Settings:
    models, at = {}, 40_002
    while registers[at] != 0xFFFF:
        model_id, length = registers[at], registers[at + 1]
        words = [registers[a] for a in range(at, at + length + 2)]
        data = struct.pack(f">{len(words)}H", *words)
        models[model_id] = Held(ModelAt(model_id, at, length), data)
        at += length + 2
    return Settings(models, 50.01)


def written(registers: Registers, plan: WritePlan) -> Registers:
    """The image after the writes; an adopted curve is copied to where the active one stands."""
    after = dict(registers)
    for write in plan.writes:
        after |= dict(enumerate(write.registers, write.addr))
    if plan.adoption is not None:
        for write in plan.adoption.proofs[0]:
            after |= dict(enumerate(write.registers, write.addr))
    return after


numbers = st.floats(-1e5, 1e5, allow_nan=False).map(lambda x: round(x, 3))
percents = st.floats(-100, 100).map(lambda x: round(x, 3))


def curve(low: float, high: float) -> st.SearchStrategy[Curve]:
    xs = st.lists(st.floats(low, high).map(lambda x: round(x, 3)), min_size=2, max_size=8)
    response = st.none() | st.floats(0, 600).map(lambda x: round(x, 2))
    return st.builds(
        lambda xs, ys, response_s: Curve(
            tuple(zip(sorted(xs), ys, strict=False)), response_s
        ),
        xs, st.lists(percents, min_size=8, max_size=8), response,
    )  # fmt: skip


hertz = st.floats(0.0, 2.0).map(lambda x: round(x, 3))
droops = st.floats(0.01, 0.2).map(lambda x: round(x, 4))
WHAT: dict[Function, st.SearchStrategy[Parameters]] = {
    Function.FIXED_POWER_FACTOR: st.builds(
        PowerFactor, st.floats(0.05, 1.0), st.sampled_from(Excitation)
    ),
    Function.SET_REACTIVE_POWER: st.builds(ReactivePower, numbers),
    Function.VOLT_VAR: curve(80, 120),
    Function.VOLT_WATT: curve(80, 120),
    Function.WATT_VAR: curve(-100, 100),
    Function.FREQUENCY_DROOP: st.builds(Droop, hertz, hertz, droops, droops, st.just(5.0)),
    Function.FREQUENCY_WATT: curve(45, 65),
    Function.RAMP_RATE: st.builds(RampRate, st.floats(0.01, 100.0)),
    Function.ENTER_SERVICE: st.builds(
        EnterService, st.floats(100, 120), st.floats(80, 100), st.floats(50, 51),
        st.floats(49, 49.9), st.integers(0, 600), st.integers(0, 600), st.integers(0, 600),
    ),
}  # fmt: skip


@st.composite
def requests(draw: st.DrawFn) -> ControlRequest:
    function = draw(st.sampled_from(Function))
    reversion_s, ramp_s = draw(st.integers(0, 5_000)), draw(st.none() | st.integers(0, 300))
    if function in WHAT:
        return ControlRequest(function, None, True, reversion_s, ramp_s, draw(WHAT[function]))
    value = draw(
        st.integers(0, 1) if function is Function.CONNECT else st.integers(-12_000, 12_000)
    )
    return ControlRequest(function, value, True, reversion_s, ramp_s)


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(request=requests(), is_newer=st.booleans(), percent_sf=SCALES, other_sf=st.integers(-1, 1))
def test_what_is_written_is_what_was_planned(
    request: ControlRequest, is_newer: bool, percent_sf: int, other_sf: int
) -> None:
    registers = (newer if is_newer else older)(percent_sf, other_sf)
    before = held(registers)
    try:
        plan = controls.plan(before, PLAIN, request)
    except (NotSupported, OutOfRange):
        return
    after = held(written(registers, plan))

    found = controls.state(after, request.function)

    assert difference(plan, found) == ""
    assert found.raw
    if plan.value_w is not None and request.value_w is not None:
        assert abs(plan.value_w) <= abs(request.value_w) + 1e-6
        assert plan.value_w * request.value_w >= 0
    if isinstance(plan.parameters, ReactivePower) and isinstance(request.parameters, ReactivePower):
        asked = request.parameters.reactive_power_var
        assert abs(plan.parameters.reactive_power_var) <= abs(asked) + 1e-6


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(request=requests(), is_newer=st.booleans(), percent_sf=st.integers(-12, 12))
def test_no_scale_factor_makes_planning_raise_anything_but_a_fault(
    request: ControlRequest, is_newer: bool, percent_sf: int
) -> None:
    registers = (newer if is_newer else older)(percent_sf, percent_sf)

    with suppress(DriverFault):
        controls.plan(held(registers), PLAIN, request)


@pytest.mark.parametrize("function", Function)
def test_a_model_alone_says_why_it_is_not_enough(function: Function) -> None:
    alone = held(chain(common(), model(704)))

    with pytest.raises(NotSupported, match=r"^the device "):
        controls.plan(alone, PLAIN, ControlRequest(function, 1, True, 0))
