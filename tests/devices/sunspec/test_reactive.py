"""Reactive power: a fixed power factor and a fixed amount, with the right sign (DV-3)."""

from __future__ import annotations

import pytest

from devices.capabilities import Function, NotSupported, OutOfRange
from devices.parameters import Excitation, Parameters, PowerFactor, ReactivePower
from tests.devices.sunspec import maps
from tests.devices.sunspec.asking import asked, carried_out, planned, released
from tests.devices.sunspec.maps import Registers, chain, common

PF, VAR = Function.FIXED_POWER_FACTOR, Function.SET_REACTIVE_POWER
INJECTING, ABSORBING = Excitation.INJECTING, Excitation.ABSORBING
STORING = {"WChaRteMax": 500, "WDisChaRteMax": 600}


def newer_controls(**raw: int) -> list[int]:
    points = {
        "PFWInjEna": 0, "PFWInjEnaRvrt": 0, "PFWInjRvrtTms": 0, "PFWInjRvrtRem": 0,
        "PFWInj_PF": 1000, "PFWInj_Ext": 0, "PFWInjRvrt_PF": 1000, "PFWInjRvrt_Ext": 0,
        "PFWAbsEna": 0, "PFWAbsEnaRvrt": 0, "PFWAbsRvrtTms": 0, "PFWAbsRvrtRem": 0,
        "PFWAbs_PF": 1000, "PFWAbs_Ext": 0, "PF_SF": -3,
        "VarSetEna": 0, "VarSetMod": 4, "VarSetPri": 1, "VarSet": 0, "VarSetRvrt": 0,
        "VarSetPct": 0, "VarSetPctRvrt": 0, "VarSetEnaRvrt": 0, "VarSetRvrtTms": 0,
        "VarSetRvrtRem": 0, "VarSet_SF": 1, "VarSetPct_SF": -1,
    }  # fmt: skip
    return maps.ac_controls(**(points | raw))


def newer(*, storing: bool = False, **raw: int) -> Registers:
    capacity = {"VarMaxInj": 440, "VarMaxAbs": 430, "PFOvrExt": 85, "PFUndExt": 80, "PF_SF": -2}
    capacity |= {"CtrlModes": 0b1111, **(STORING if storing else {})}
    models = maps.ac_measurement(), maps.capacity(**capacity), newer_controls(**raw)
    return chain(common(), *models)


def older_controls(**raw: int) -> list[int]:
    points = {
        "OutPFSet": 1000, "OutPFSet_WinTms": 0, "OutPFSet_RvrtTms": 0, "OutPFSet_RmpTms": 0,
        "OutPFSet_Ena": 0, "OutPFSet_SF": -3, "VArMaxPct": 0, "VArPct_WinTms": 0,
        "VArPct_RvrtTms": 0, "VArPct_RmpTms": 0, "VArPct_Mod": 2, "VArPct_Ena": 0, "VArPct_SF": -1,
    }  # fmt: skip
    return maps.immediate_controls(**(points | raw))


def older(settings: dict[str, int] | None = None, /, **raw: int) -> Registers:
    ground = {"VArMaxQ1": 440, "VArMaxQ4": -430, "VArMax_SF": 1} if settings is None else settings
    models = maps.ratings(), maps.basic_settings(**ground), older_controls(**raw)
    return chain(common(), maps.producing(), *models)


@pytest.mark.parametrize(("excitation", "ext"), [(INJECTING, 0), (ABSORBING, 1)])
def test_value_and_excitation_go_together_and_the_enable_brings_its_timer(
    excitation: Excitation, ext: int
) -> None:
    outcome = carried_out(newer(), asked(PF, PowerFactor(0.95, excitation), reversion_s=300))

    names = outcome.peer.names
    assert outcome.peer.writes == [
        (names["704.PFWInj.PF"][0], (950, ext)),
        (names["704.PFWInjEna"][0], (1, 0, 0, 300)),
    ]
    assert outcome.proof == [False, True]
    assert outcome.plan.reverts_in_device
    assert outcome.state.enabled
    assert outcome.state.parameters == outcome.plan.parameters == PowerFactor(0.95, excitation)


def test_a_battery_keeps_its_power_factor_while_it_charges() -> None:
    request = asked(PF, PowerFactor(0.9, ABSORBING), reversion_s=60)

    outcome = carried_out(newer(storing=True), request)

    peer = outcome.peer
    assert (peer["704.PFWAbs.PF"], peer["704.PFWAbs.Ext"]) == (900, 1)
    assert (peer["704.PFWAbsEna"], peer["704.PFWAbsRvrtTms"]) == (1, 60)
    assert outcome.proof == [False, True]

    gone = carried_out(peer.registers, released(PF))
    assert (gone.peer["704.PFWInjEna"], gone.peer["704.PFWAbsEna"]) == (0, 0)
    assert gone.proof == [False, True]


def test_a_battery_that_was_changed_in_one_direction_only_does_not_confirm() -> None:
    outcome = carried_out(newer(storing=True), asked(PF, PowerFactor(0.9)))
    outcome.peer["704.PFWAbs.Ext"] = 1

    again = carried_out(outcome.peer.registers, asked(PF, PowerFactor(0.9)))

    assert again.proof == [False, True]


@pytest.mark.parametrize(
    ("asked_for", "words"),
    [
        (PowerFactor(0.84, INJECTING), "0.84 is below the 0.85"),
        (PowerFactor(0.79, ABSORBING), "0.79 is below the 0.8 "),
        (ReactivePower(5.0), "needs parameters: PowerFactor"),
    ],
)
def test_a_power_factor_beyond_the_device_is_refused(asked_for: Parameters, words: str) -> None:
    with pytest.raises(OutOfRange, match=words):
        planned(newer(), asked(PF, asked_for))


def test_an_older_device_takes_its_power_factor_in_one_write() -> None:
    outcome = carried_out(older(), asked(PF, PowerFactor(0.95), reversion_s=60, ramp_s=7))

    start = outcome.peer.names["123.OutPFSet"][0]
    assert outcome.peer.writes == [(start, (0x10000 - 950, 0, 60, 7, 1))]
    assert outcome.proof == [False, True]
    assert outcome.state.parameters == PowerFactor(0.95, INJECTING)
    assert "does not say which sign" in outcome.plan.notes[0]


@pytest.mark.parametrize(
    ("quadrants", "register"),
    [
        ({"PFMinQ1": 80, "PFMinQ4": -80, "PFMin_SF": -2}, 900),
        ({"PFMinQ1": -80, "PFMinQ4": 80, "PFMin_SF": -2}, 0x10000 - 900),
        ({"PFMinQ1": 80, "PFMinQ4": 80, "PFMin_SF": -2}, 0x10000 - 900),
    ],
    ids=["positive injects", "EEI", "does not say"],
)
def test_the_sign_of_an_older_power_factor_is_learned_from_the_device(
    quadrants: dict[str, int], register: int
) -> None:
    outcome = carried_out(older(quadrants), asked(PF, PowerFactor(0.9, INJECTING)))

    assert outcome.peer["123.OutPFSet"] == register
    assert outcome.state.parameters == PowerFactor(0.9, INJECTING)
    absorbing = carried_out(older(quadrants), asked(PF, PowerFactor(0.9, ABSORBING)))
    assert absorbing.peer["123.OutPFSet"] == 0x10000 - register
    assert absorbing.state.parameters == PowerFactor(0.9, ABSORBING)


@pytest.mark.parametrize("value", [1234.0, -1230.0, 0.0])
def test_reactive_power_in_var_is_one_write(value: float) -> None:
    outcome = carried_out(newer(), asked(VAR, ReactivePower(value), reversion_s=90))

    peer = outcome.peer
    assert len(peer.writes) == 1
    assert (peer["704.VarSetEna"], peer["704.VarSetMod"], peer["704.VarSetPri"]) == (1, 4, 1)
    assert peer["704.VarSetRvrtTms"] == 90
    assert outcome.proof == [False, True]
    rounded = ReactivePower(1230.0 if value > 0 else value)
    assert outcome.state.parameters == outcome.plan.parameters == rounded


@pytest.mark.parametrize(
    ("capacity", "mode", "percent", "found"),
    [
        ({"VarMaxInj": 400, "VarMaxAbs": 200}, 1, 250, 1_000.0),
        ({"VarMaxInj": 0xFFFF, "VarMaxInjRtg": 0xFFFF}, 0, 100, 1_000.0),
        ({"VarMaxInj": 0xFFFF, "VarMaxInjRtg": 0xFFFF, "WMax": 0xFFFF, "WMaxRtg": 0xFFFF},
         3, 90, 990.0),
    ],
    ids=["of var", "of W", "of VA"],
)  # fmt: skip
def test_reactive_power_without_var_registers_is_a_percentage(
    capacity: dict[str, int], mode: int, percent: int, found: float
) -> None:
    controls = newer_controls(VarSet=-0x80000000, VarSet_SF=-0x8000)
    ground = maps.capacity(CtrlModes=0b100, **capacity)
    registers = chain(common(), maps.ac_measurement(), ground, controls)

    outcome = carried_out(registers, asked(VAR, ReactivePower(1_000.0)))

    assert (outcome.peer["704.VarSetMod"], outcome.peer["704.VarSetPct"]) == (mode, percent)
    assert outcome.state.parameters == outcome.plan.parameters == ReactivePower(found)


@pytest.mark.parametrize(
    ("value", "register", "found"),
    [(2_200.0, 500, 2_200.0), (-2_150.0, -500, -2_150.0), (2_203.0, 500, 2_200.0)],
)
def test_an_older_device_takes_reactive_power_in_percent_of_its_setting(
    value: float, register: int, found: float
) -> None:
    outcome = carried_out(older(), asked(VAR, ReactivePower(value), reversion_s=60))

    assert outcome.peer["123.VArMaxPct"] == register % 0x10000
    assert (outcome.peer["123.VArPct_Mod"], outcome.peer["123.VArPct_Ena"]) == (2, 1)
    assert outcome.peer["123.VArPct_RvrtTms"] == 60
    assert outcome.proof == [False, True]
    assert outcome.state.parameters == outcome.plan.parameters == ReactivePower(found)


def test_an_older_device_without_a_setting_takes_it_in_percent_of_active_power() -> None:
    """As a Sunny Boy is: only VArWMaxPct, no timers, and no reactive power setting."""
    none = 0xFFFF
    registers = older(
        {}, VArWMaxPct=0, VArMaxPct=-0x8000, VArPct_Mod=1, VArPct_WinTms=none,
        VArPct_RvrtTms=none, VArPct_RmpTms=none,
    )  # fmt: skip

    outcome = carried_out(registers, asked(VAR, ReactivePower(-1_000.0), reversion_s=60))

    assert outcome.peer["123.VArWMaxPct"] == 0x10000 - 100
    assert outcome.state.parameters == ReactivePower(-1_000.0)
    assert not outcome.plan.reverts_in_device
    assert "only a later command ends it" in outcome.plan.notes[0]


@pytest.mark.parametrize(
    ("value", "words"),
    [(4_401.0, "4401 var is more than the 4400 var the device can inject"),
     (-4_301.0, "more than the 4300 var the device can absorb")],
)  # fmt: skip
@pytest.mark.parametrize("registers", [newer(), older()], ids=["newer", "older"])
def test_reactive_power_beyond_the_device_is_refused(
    registers: Registers, value: float, words: str
) -> None:
    with pytest.raises(OutOfRange, match=words):
        planned(registers, asked(VAR, ReactivePower(value)))


@pytest.mark.parametrize("function", [PF, VAR])
@pytest.mark.parametrize("registers", [newer(), older()], ids=["newer", "older"])
def test_a_release_switches_reactive_power_off(registers: Registers, function: Function) -> None:
    what = PowerFactor(0.9) if function is PF else ReactivePower(100.0)
    on = carried_out(registers, asked(function, what))

    off = carried_out(on.peer.registers, released(function))

    assert off.proof == [False, True]
    assert not off.state.enabled


@pytest.mark.parametrize("function", [PF, VAR])
def test_a_device_without_reactive_controls_says_so(function: Function) -> None:
    with pytest.raises(NotSupported, match="neither model 704 nor 123"):
        planned(chain(common(), maps.producing()), asked(function, PowerFactor(0.9)))
