"""Ramp rate, enter service, connection: settings that last, and switches (DV-3)."""

from __future__ import annotations

import pytest

from devices.capabilities import Function, LocalControl, NotSupported, OutOfRange
from devices.parameters import EnterService, RampRate
from tests.devices.sunspec import maps
from tests.devices.sunspec.asking import asked, carried_out, planned, released
from tests.devices.sunspec.maps import Registers, chain, common, model, producing

RAMP, SERVICE, CONNECT = Function.RAMP_RATE, Function.ENTER_SERVICE, Function.CONNECT
DEFAULTS = EnterService(105.0, 91.7, 60.1, 59.5, 300.0, 0.0, 300.0)


def service(**raw: int) -> list[int]:
    points = {
        "ES": 1, "ESVHi": 1060, "ESVLo": 880, "ESHzHi": 6020, "ESHzLo": 5900, "ESDlyTms": 10,
        "ESRndTms": 5, "ESRmpTms": 60, "ESDlyRemTms": 0, "V_SF": -1, "Hz_SF": -2,
    }  # fmt: skip
    return model(703, **(points | raw))


def newer(*models: list[int], **raw: int) -> Registers:
    controls = maps.ac_controls(WRmp=100, WRmpRef=0, VarRmp=100, **raw)
    return chain(common(), maps.ac_measurement(), maps.capacity(), *models, controls)


def older(**raw: int) -> Registers:
    settings = maps.basic_settings(**({"WGra": 1000, "WGra_SF": -1} | raw))
    return chain(common(), producing(), maps.ratings(), settings)


def battery(**raw: int) -> list[int]:
    points = {
        "LocRemCtl": 0, "SetOp": 1, "SetInvState": 1, "State": 3, "SoC": 50, "SoC_SF": 0,
        "AlmRst": 0,
    }  # fmt: skip
    return model(802, **(points | raw))


def test_a_ramp_rate_is_written_with_what_it_refers_to() -> None:
    outcome = carried_out(newer(), asked(RAMP, RampRate(2.7)))

    assert outcome.peer.writes == [(outcome.peer.names["704.WRmp"][0], (2, 1))]
    assert outcome.proof == [False, True]
    assert outcome.state.parameters == outcome.plan.parameters == RampRate(2.0)


def test_an_older_ramp_rate_has_its_own_resolution() -> None:
    outcome = carried_out(older(), asked(RAMP, RampRate(2.77)))

    assert outcome.peer.writes == [(outcome.peer.names["121.WGra"][0], (27,))]
    assert outcome.proof == [False, True]
    assert outcome.state.parameters == outcome.plan.parameters == RampRate(2.7)


@pytest.mark.parametrize(("registers", "rate"), [(newer(), 0.9), (older(), 0.05)])
def test_a_ramp_slower_than_the_device_knows_is_refused_and_not_made_faster(
    registers: Registers, rate: float
) -> None:
    with pytest.raises(OutOfRange, match="less than"):
        planned(registers, asked(RAMP, RampRate(rate)))


@pytest.mark.parametrize(
    ("registers", "function"), [(newer(), RAMP), (older(), RAMP), (newer(service()), SERVICE)]
)
def test_a_lasting_setting_cannot_be_given_back(registers: Registers, function: Function) -> None:
    with pytest.raises(NotSupported, match="stays until another one is written"):
        planned(registers, released(function))


def test_enter_service_settings_are_one_write_and_leave_the_permission_alone() -> None:
    outcome = carried_out(newer(service(ES=0)), asked(SERVICE, DEFAULTS))

    first = outcome.peer.names["703.ESVHi"][0]
    registers = (1050, 917, 0, 6010, 0, 5950, 0, 300, 0, 0, 0, 300)
    assert outcome.peer.writes == [(first, registers)]
    assert outcome.peer["703.ES"] == 0
    assert outcome.proof == [False, True]
    assert outcome.state.parameters == outcome.plan.parameters == DEFAULTS


def test_enter_service_upside_down_is_refused() -> None:
    upside_down = EnterService(105.0, 91.7, 59.0, 60.0, 300.0, 0.0, 300.0)

    with pytest.raises(OutOfRange, match="not below the upper one"):
        planned(newer(service()), asked(SERVICE, upside_down))


def test_what_an_enter_service_model_lacks_is_said() -> None:
    plan = planned(newer(service(ESRndTms=0xFFFFFFFF)), asked(SERVICE, DEFAULTS))

    assert plan.notes == ("the device has no ESRndTms",)


def test_enter_service_needs_its_model() -> None:
    with pytest.raises(NotSupported, match="no model 703"):
        planned(older(), asked(SERVICE, DEFAULTS))


@pytest.mark.parametrize(
    ("models", "point", "off", "on"),
    [
        ([service()], "703.ES", 0, 1),
        ([model(715, LocRemCtl=0, OpCtl=1)], "715.OpCtl", 0, 1),
        ([battery()], "802.SetOp", 2, 1),
        ([service(), model(715, LocRemCtl=0, OpCtl=1), battery()], "703.ES", 0, 1),
    ],
    ids=["703", "715", "802", "703 before the others"],
)
def test_a_device_is_disconnected_and_connected_by_what_it_has(
    models: list[list[int]], point: str, off: int, on: int
) -> None:
    registers = chain(common(), maps.ac_measurement(), maps.capacity(), *models)

    gone = carried_out(registers, asked(CONNECT, 0))
    back = carried_out(gone.peer.registers, released(CONNECT))

    assert gone.peer.writes == [(gone.peer.names[point][0], (off,))]
    assert back.peer.writes == [(back.peer.names[point][0], (on,))]
    assert (gone.proof, back.proof) == ([False, True], [False, True])


@pytest.mark.parametrize(("state", "is_disconnected"), [(1, True), (3, False), (4, False)])
def test_a_batterys_state_is_believed_before_what_it_was_asked(
    state: int, is_disconnected: bool
) -> None:
    outcome = carried_out(chain(common(), producing(), battery(State=state)), asked(CONNECT, 0))

    assert outcome.state.enabled is is_disconnected


def test_a_battery_under_local_control_is_left_alone() -> None:
    with pytest.raises(LocalControl):
        planned(chain(common(), producing(), battery(LocRemCtl=1)), asked(CONNECT, 0))
