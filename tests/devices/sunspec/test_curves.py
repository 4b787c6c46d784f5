"""Curves are written aside, adopted by the device, and only then put in force (DV-3)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from devices.capabilities import (
    ControlRequest,
    Function,
    LocalControl,
    NotAdopted,
    NotSupported,
    OutOfRange,
    UnknownOutcome,
)
from devices.parameters import Curve, Droop, Parameters
from devices.sunspec import SunSpecDevice
from devices.sunspec.quirks import PLAIN
from tests.devices.sunspec import curves, maps
from tests.devices.sunspec.asking import asked, carried_out, planned, released
from tests.devices.sunspec.curves import DROOP, FREQUENCY_WATT, VOLT_VAR, VOLT_WATT, WATT_VAR
from tests.devices.sunspec.der import Der
from tests.devices.sunspec.maps import Registers, chain, common, model
from tests.devices.sunspec.test_measuring import AT, with_device

MODELS = {
    Function.VOLT_VAR: 705,
    Function.VOLT_WATT: 706,
    Function.WATT_VAR: 712,
    Function.FREQUENCY_DROOP: 711,
}
ASKED: dict[Function, Parameters] = {
    Function.VOLT_VAR: VOLT_VAR,
    Function.VOLT_WATT: VOLT_WATT,
    Function.WATT_VAR: WATT_VAR,
    Function.FREQUENCY_DROOP: DROOP,
}
ALL_MODES = 0xFFFF


def newer(*models: list[int]) -> Registers:
    shown = models or (curves.volt_var(), curves.volt_watt(), curves.droop(), curves.watt_var())
    capacity = maps.capacity(CtrlModes=ALL_MODES, VarMaxInj=440, VarMaxAbs=430)
    return chain(common(), maps.ac_measurement(), capacity, *shown)


def older(*models: list[int]) -> Registers:
    ratings = maps.ratings(VArRtgQ1=440, VArRtgQ4=-440, VArRtg_SF=1)
    return chain(common(), maps.producing(), ratings, maps.basic_settings(), *models)


@pytest.mark.parametrize("function", MODELS)
def test_a_curve_is_adopted_and_then_switched_on(function: Function) -> None:
    outcome = carried_out(newer(), asked(function, ASKED[function], reversion_s=600))

    model_id, peer = MODELS[function], outcome.peer
    written = [addr for addr, _ in peer.writes]
    request = "AdptCtlReq" if model_id == 711 else "AdptCrvReq"
    asks = written.index(peer.names[f"{model_id}.{request}"][0])
    assert written[-2:] == [peer.names[f"{model_id}.{n}"][0] for n in ("RvrtTms", "Ena")]
    assert asks == len(written) - 3
    assert outcome.plan.needs_adoption
    assert outcome.plan.reverts_in_device
    assert outcome.proof == [False, True]
    assert [adopted[0] for adopted in peer.adoptions] == [model_id]
    assert peer.adoptions[0][1] != 1
    assert peer.refusals == 0
    assert (peer[f"{model_id}.Ena"], peer[f"{model_id}.RvrtTms"]) == (1, 600)
    assert outcome.state.enabled
    assert outcome.state.parameters == outcome.plan.parameters == _rounded(function)


def _rounded(function: Function) -> Parameters:
    """What the devices of these tests make of it: watt-var has no response time."""
    return ASKED[function]


def test_the_registers_of_a_volt_var_curve_are_those_of_the_standard() -> None:
    peer = carried_out(newer(), asked(Function.VOLT_VAR, VOLT_VAR)).peer

    stem = "705.Crv_1."
    points = [peer[f"{stem}Pt_{i}.{a}"] for i in (1, 2, 3, 4) for a in ("V", "Var")]
    assert points == [920, 440, 980, 0, 1020, 0, 1080, 0x10000 - 440]
    assert peer[f"{stem}ActPt"] == 4
    assert peer[f"{stem}DeptRef"] == 1
    assert peer[f"{stem}RspTms"] == 50
    assert (peer[f"{stem}VRef"], peer[f"{stem}VRefAutoEna"]) == (1000, 0)


def test_what_a_curve_does_not_say_stays_as_the_active_one_has_it() -> None:
    registers = newer(curves.volt_var(Crv_1__Pri=1, Crv_2__Pri=0, Crv_1__RspTms=77))
    curve = Curve(VOLT_VAR.points)

    outcome = carried_out(registers, asked(Function.VOLT_VAR, curve))

    assert outcome.peer["705.Crv_1.Pri"] == 1
    assert outcome.peer["705.Crv_1.RspTms"] == 77
    assert outcome.state.parameters == Curve(VOLT_VAR.points, 7.7)


def test_the_curve_to_return_to_is_left_alone() -> None:
    registers = newer(curves.volt_var(curves=3, RvrtCrv=2))

    assert carried_out(registers, asked(Function.VOLT_VAR, VOLT_VAR)).peer.adoptions == [(705, 3)]


def test_a_stored_curve_that_was_never_used_is_filled_as_well() -> None:
    never = {f"Crv_2__{n}": 0xFFFF for n in ("ActPt", "VRef", "Pri")}
    never |= {f"Crv_2__Pt_{i}__V": 0xFFFF for i in (1, 2, 3, 4)}
    never |= {f"Crv_2__Pt_{i}__Var": 0x8000 for i in (1, 2, 3, 4)}
    registers = newer(curves.volt_var(curves=2, **{n: _signed(v) for n, v in never.items()}))

    outcome = carried_out(registers, asked(Function.VOLT_VAR, VOLT_VAR))

    assert outcome.state.parameters == VOLT_VAR


def _signed(word: int) -> int:
    return -0x8000 if word == 0x8000 else word


def test_a_curve_that_already_holds_is_not_adopted_again() -> None:
    async def scene(device: SunSpecDevice, peer: Der) -> tuple[int, list[int]]:
        await device.read_settings()
        plan = device.plan(asked(Function.VOLT_VAR, VOLT_VAR, reversion_s=60))
        await device.apply(plan)
        peer.writes.clear()
        await device.apply(plan)
        return len(peer.adoptions), [addr for addr, _ in peer.writes]

    adoptions, written = with_device(newer(), scene, kind=Der)

    assert adoptions == 1
    assert len(written) == 2  # the timer and the enable: the timer starts anew


def test_a_plan_that_was_written_but_never_adopted_is_not_taken_for_done() -> None:
    async def scene(device: SunSpecDevice, peer: Der) -> bool:
        await device.read_settings()
        plan = device.plan(asked(Function.VOLT_VAR, VOLT_VAR))
        peer["705.Ena"] = 1
        assert plan.adoption is not None
        for write in plan.writes[: plan.adoption.prepared_by]:
            peer.write(write.addr, list(write.registers))
        return await device.confirm(plan)

    assert not with_device(newer(), scene, kind=Der)


def test_a_curve_the_device_refuses_is_said_to_be_refused_and_the_old_one_holds() -> None:
    async def scene(device: SunSpecDevice, peer: Der) -> None:
        await device.read_settings()
        plan = device.plan(asked(Function.VOLT_VAR, VOLT_VAR))
        peer["705.NPt"] = 3  # the device judges by what it can do, at the request
        before = [peer[f"705.Crv_1.Pt_{i}.V"] for i in (1, 2, 3, 4)]
        with pytest.raises(NotAdopted, match="checked the curve and refused it"):
            await device.apply(plan)
        assert [peer[f"705.Crv_1.Pt_{i}.V"] for i in (1, 2, 3, 4)] == before
        assert peer["705.Ena"] == 0

    with_device(newer(), scene, kind=Der)


def adopted_by_an_impatient(**options: Any) -> None:
    async def scene(device: SunSpecDevice, _: Der) -> None:
        quirks = replace(PLAIN, adoption_patience_s=0.5)
        impatient = SunSpecDevice(device.connection, 1, device.discovery, quirks=quirks)
        await impatient.read_settings()
        await impatient.apply(impatient.plan(asked(Function.VOLT_VAR, VOLT_VAR)))

    with_device(newer(), scene, kind=Der, **options)


def test_a_device_that_says_done_and_follows_another_curve_is_not_believed() -> None:
    with pytest.raises(NotAdopted, match="follows another one"):
        adopted_by_an_impatient(lies=True)


def test_a_device_that_never_finishes_leaves_an_unknown_outcome() -> None:
    with pytest.raises(UnknownOutcome, match=r"not taken the curve over within 0.5 s"):
        adopted_by_an_impatient(adoption_s=60.0)


def test_polls_go_on_while_a_device_takes_its_time() -> None:
    async def scene(device: SunSpecDevice, peer: Der) -> int:
        await device.read_settings()
        plan = device.plan(asked(Function.VOLT_VAR, VOLT_VAR))
        applying = asyncio.ensure_future(device.apply(plan))
        polls = 0
        while not applying.done():
            await device.measure(lambda: AT)
            polls += 1
        await applying
        return polls

    assert with_device(newer(), scene, kind=Der, adoption_s=0.5) >= 5


@pytest.mark.parametrize("function", MODELS)
def test_a_release_switches_the_function_off_in_one_write(function: Function) -> None:
    outcome = carried_out(newer(), asked(function, ASKED[function]))
    again = carried_out(outcome.peer.registers, released(function))

    assert again.peer.writes == [(again.peer.names[f"{MODELS[function]}.Ena"][0], (0,))]
    assert again.proof == [False, True]
    assert not again.state.enabled


def test_a_device_that_follows_a_stored_curve_where_it_stands_is_believed_by_its_registers() -> (
    None
):
    """Curve 1 is writable, so the active one is that which was asked for last."""
    registers = newer(curves.volt_var(curves=3, Crv_1__ReadOnly=0))

    class Selecting(Der):
        def _copy(self, model_id: int, index: int) -> None:
            """Nothing is copied."""

    async def scene(device: SunSpecDevice, peer: Der) -> tuple[bool, bool, Any]:
        await device.read_settings()
        plan = device.plan(asked(Function.VOLT_VAR, VOLT_VAR))
        before = await device.confirm(plan)
        await device.apply(plan)
        held = await device.confirm(plan)
        return before, held, (await device.read_control(Function.VOLT_VAR)).parameters

    assert with_device(registers, scene, kind=Selecting) == (False, True, VOLT_VAR)


def test_a_found_curve_in_another_reference_is_turned_into_ours() -> None:
    registers = newer(curves.volt_var(Ena=1, Crv_1__DeptRef=0))

    async def scene(device: SunSpecDevice, _: Der) -> Any:
        return (await device.read_control(Function.VOLT_VAR)).parameters

    curve = with_device(registers, scene, kind=Der)

    # 30 % of 10,000 W are 3,000 var: 68.18 % of 4,400 and 69.77 % of 4,300 var.
    assert [y for _, y in curve.points] == [68.1818, 0.0, 0.0, -69.7674]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({f"Crv_{i}__ReadOnly": 1 for i in (1, 2, 3)}, "no curve in model 705 that may be written"),
        ({"V_SF": -0x8000}, "no usable scale factor for Crv_3.Pt_1.V"),
    ],
)
def test_what_cannot_be_written_is_refused_in_words(raw: dict[str, int], words: str) -> None:
    with pytest.raises(NotSupported, match=words):
        planned(newer(curves.volt_var(**raw)), asked(Function.VOLT_VAR, VOLT_VAR))


@pytest.mark.parametrize(
    ("function", "what", "words"),
    [
        (
            Function.VOLT_VAR,
            Curve(tuple((90.0 + i, 0.0) for i in range(5))),
            "curves have 4 points",
        ),
        (Function.VOLT_VAR, Curve(((92.0, 9e6), (98.0, 0.0))), "does not fit"),
        (Function.VOLT_VAR, DROOP, "needs parameters: Curve"),
        (Function.FREQUENCY_DROOP, VOLT_VAR, "needs parameters: Droop"),
        (Function.FREQUENCY_DROOP, Droop(0.036, 0.036, 1.0, 1.0, 3600.0), None),
    ],
)
def test_a_curve_beyond_the_device_is_refused_in_words(
    function: Function, what: Parameters, words: str | None
) -> None:
    if words is None:
        assert planned(newer(), asked(function, what)).parameters == what
        return
    with pytest.raises(OutOfRange, match=words):
        planned(newer(), asked(function, what))


def test_a_function_the_device_does_not_list_is_not_offered() -> None:
    capacity = maps.capacity(CtrlModes=0b11)
    registers = chain(common(), maps.ac_measurement(), capacity, curves.volt_var())

    with pytest.raises(NotSupported, match="does not list volt_var"):
        planned(registers, asked(Function.VOLT_VAR, VOLT_VAR))


def test_curves_are_left_alone_under_local_control() -> None:
    registers = newer(curves.volt_var(), model(715, LocRemCtl=1))

    with pytest.raises(LocalControl):
        planned(registers, asked(Function.VOLT_VAR, VOLT_VAR))


# The older family ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "model_id", "curve"),
    [
        (Function.VOLT_VAR, 126, VOLT_VAR),
        (Function.VOLT_WATT, 132, VOLT_WATT),
        (Function.FREQUENCY_WATT, 134, FREQUENCY_WATT),
    ],
)
def test_an_older_curve_is_written_aside_and_chosen_with_timer_and_enable_in_one_write(
    function: Function, model_id: int, curve: Curve
) -> None:
    registers = older(curves.legacy(model_id))

    outcome = carried_out(registers, asked(function, curve, reversion_s=900, ramp_s=3))

    peer = outcome.peer
    head = peer.names[f"{model_id}.ActCrv"][0]
    assert peer.writes[-1] == (head, (2, 1, 0, 900, 3))
    assert peer.writes[0][0] == peer.names[f"{model_id}.curve_2.ActPt"][0]
    assert outcome.proof == [False, True]
    assert outcome.plan.reverts_in_device
    assert not outcome.plan.needs_adoption
    assert outcome.state.enabled
    assert outcome.state.parameters == outcome.plan.parameters == curve
    assert peer.refusals == 0


def test_a_device_with_one_curve_gets_its_points_in_place() -> None:
    registers = older(curves.legacy(126, curves=1, curve_1__ReadOnly=0))

    outcome = carried_out(registers, asked(Function.VOLT_VAR, VOLT_VAR))

    assert outcome.proof == [False, True]
    assert outcome.state.parameters == VOLT_VAR


def test_the_active_curve_is_kept_when_it_already_holds_what_is_asked() -> None:
    first = carried_out(older(curves.legacy(126, curves=3)), asked(Function.VOLT_VAR, VOLT_VAR))

    again = carried_out(first.peer.registers, asked(Function.VOLT_VAR, VOLT_VAR))

    assert again.proof == [True, True]
    assert again.peer["126.ActCrv"] == 2


def test_releasing_an_older_curve_clears_its_mode() -> None:
    registers = older(curves.legacy(132, ModEna=1))

    outcome = carried_out(registers, released(Function.VOLT_WATT))

    assert outcome.peer.writes == [(outcome.peer.names["132.ModEna"][0], (0,))]
    assert outcome.proof == [False, True]


def test_a_snapshot_that_would_change_the_meaning_of_a_frequency_curve_is_switched_off() -> None:
    registers = older(curves.legacy(134, curve_2__SnptW=1))

    outcome = carried_out(registers, asked(Function.FREQUENCY_WATT, FREQUENCY_WATT))

    assert outcome.peer["134.curve_2.SnptW"] == 0
    assert outcome.proof == [False, True]


@pytest.mark.parametrize(("start", "origin"), [(20, 0), (5020, 5000)])
def test_an_older_droop_is_a_slope_above_a_frequency(start: int, origin: int) -> None:
    settings = maps.basic_settings(ECPNomHz=50, ECPNomHz_SF=0)
    parameters = curves.frequency_parameters(HzStr=start)
    registers = chain(common(), maps.producing(), maps.ratings(), settings, parameters)

    outcome = carried_out(
        registers, asked(Function.FREQUENCY_DROOP, Droop(0.2, 0.2, 0.05, 0.05, 5))
    )

    peer = outcome.peer
    hz = origin + 20
    assert peer.writes == [(peer.names["127.WGra"][0], (40, hz, hz, 0, 1))]
    assert outcome.proof == [False, True]
    assert outcome.state.parameters == outcome.plan.parameters == Droop(0.2, 5.0, 0.05, 1.0, 0.0)
    assert "over-frequency only" in outcome.plan.notes[0]


def test_a_droop_refers_to_the_frequency_that_is_measured_where_the_device_does_not_say_it() -> (
    None
):
    registers = older(curves.frequency_parameters())  # the inverter measures 49.98 Hz

    plan = planned(registers, asked(Function.FREQUENCY_DROOP, Droop(0.2, 0.2, 0.05, 0.05, 0)))

    assert plan.writes[0].registers[:2] == (40, 20)


def test_a_droop_needs_a_nominal_frequency() -> None:
    async def scene(device: SunSpecDevice, _: Der) -> frozenset[Function]:
        await device.read_settings()
        with pytest.raises(NotSupported, match="none was measured so far"):
            device.plan(asked(Function.FREQUENCY_DROOP, Droop(0.2, 0.2, 0.05, 0.05, 0)))
        return device.functions

    functions = with_device(older(curves.frequency_parameters()), scene, kind=Der)

    assert Function.FREQUENCY_DROOP in functions


def test_functions_are_exact_once_the_curves_were_read() -> None:
    async def scene(device: SunSpecDevice, _: Der) -> frozenset[Function]:
        await device.read_settings()
        return device.functions

    found = with_device(newer(), scene, kind=Der)

    assert found == set(MODELS)


def test_planning_a_curve_needs_only_its_own_models() -> None:
    async def scene(device: SunSpecDevice, peer: Der) -> tuple[int, int]:
        peer.reads.clear()
        await device.read_settings(Function.VOLT_WATT)
        alone = sum(count for _, count in peer.reads)
        device.plan(asked(Function.VOLT_WATT, VOLT_WATT))
        peer.reads.clear()
        await device.read_settings()
        return alone, sum(count for _, count in peer.reads)

    alone, everything = with_device(newer(), scene, kind=Der)

    assert alone < everything


def test_a_request_without_parameters_is_refused() -> None:
    request = ControlRequest(Function.VOLT_VAR, 5, enable=True, reversion_s=0)

    with pytest.raises(OutOfRange, match="needs parameters: Curve"):
        planned(newer(), request)
