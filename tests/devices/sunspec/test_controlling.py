"""A request becomes one write, never beyond what was asked, and is proven by read-back (DV-3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from devices.capabilities import (
    ControlRequest,
    ControlState,
    DriverFault,
    Function,
    LocalControl,
    NotSupported,
    OutOfRange,
    SettingsUnknown,
    UnknownOutcome,
    WritePlan,
)
from devices.sunspec import SunSpecDevice
from tests.devices.sunspec import maps
from tests.devices.sunspec.maps import Registers, address_of, chain, common, model, producing
from tests.devices.sunspec.peers import Peer
from tests.devices.sunspec.test_measuring import with_device

LIMIT, SET, CONNECT = Function.LIMIT_ACTIVE_POWER, Function.SET_ACTIVE_POWER, Function.CONNECT
STORING = {"WChaRteMax": 500, "WDisChaRteMax": 600}


def newer(**raw: int) -> Registers:
    return chain(common(), maps.ac_measurement(), maps.capacity(**raw), maps.ac_controls())


def without_fall_back() -> Registers:
    controls = maps.ac_controls(WMaxLimPctRvrt=0xFFFF)
    return chain(common(), maps.ac_measurement(), maps.capacity(), controls)


def older(**raw: int) -> Registers:
    controls = maps.immediate_controls(**raw)
    return chain(common(), producing(), maps.ratings(), maps.basic_settings(), controls)


def older_battery(**raw: int) -> Registers:
    ratings = maps.ratings(MaxChaRte=500, MaxChaRte_SF=1, MaxDisChaRte=400, MaxDisChaRte_SF=1)
    controls = maps.storage_controls(**raw)
    return chain(common(), producing(), ratings, maps.basic_settings(), controls)


def asked(
    function: Function, value_w: int | None, *, reversion_s: int = 120, ramp_s: int | None = None
) -> ControlRequest:
    return ControlRequest(function, value_w, enable=True, reversion_s=reversion_s, ramp_s=ramp_s)


def released(function: Function) -> ControlRequest:
    return ControlRequest(function, None, enable=False, reversion_s=0)


def carried_out(
    registers: Registers, request: ControlRequest, **limits: Any
) -> tuple[WritePlan, list[bool], ControlState, Peer]:
    """Plan, confirm, apply, confirm again and read the state back."""

    async def scene(
        device: SunSpecDevice, peer: Peer
    ) -> tuple[WritePlan, list[bool], ControlState, Peer]:
        await device.read_settings()
        plan = device.plan(request)
        before = await device.confirm(plan)
        await device.apply(plan)
        after = await device.confirm(plan)
        return plan, [before, after], await device.read_control(request.function), peer

    return with_device(registers, scene, **limits)


def planned(registers: Registers, request: ControlRequest) -> WritePlan:
    async def scene(device: SunSpecDevice, _: Peer) -> WritePlan:
        await device.read_settings()
        return device.plan(request)

    return with_device(registers, scene)


def test_a_limit_on_a_newer_device_is_one_write_with_timer_and_enable() -> None:
    plan, proof, state, peer = carried_out(newer(), asked(LIMIT, 3_333))

    start = address_of(peer.registers, 704) + 14
    assert peer.writes == [(start, (1, 333, 1000, 0, 0, 120))]
    assert proof == [False, True]
    assert plan.value_w == 3_330.0
    assert plan.reverts_in_device
    assert (state.enabled, state.value_w) == (True, 3_330.0)


def test_a_limit_on_an_older_device_is_one_write_with_timers_and_enable() -> None:
    plan, proof, state, peer = carried_out(older(), asked(LIMIT, 5_999, ramp_s=30))

    start = address_of(peer.registers, 123) + 5
    assert peer.writes == [(start, (59, 0, 120, 30, 1))]
    assert proof == [False, True]
    assert plan.value_w == 5_900.0
    assert (state.enabled, state.value_w) == (True, 5_900.0)


def test_a_newer_device_is_told_what_to_fall_to_after_its_timer() -> None:
    falling = replace(asked(LIMIT, 8_000), afterwards_w=3_555)

    plan, proof, _, peer = carried_out(newer(), falling)

    start = address_of(peer.registers, 704) + 14
    assert peer.writes == [(start, (1, 800, 355, 1, 0, 120))]
    assert proof == [False, True]
    assert plan.reverts_in_device


@pytest.mark.parametrize(
    "registers", [older(), without_fall_back()], ids=["older", "no place for it"]
)
def test_a_device_that_cannot_fall_to_another_limit_gets_no_timer(registers: Registers) -> None:
    """After its timer nothing would be limited: it stays low until a later command ends it."""
    plan = planned(registers, replace(asked(LIMIT, 5_900), afterwards_w=3_500))

    assert not plan.reverts_in_device
    assert plan.value_w == 5_900
    assert "cannot fall back to another limit by itself" in plan.notes[-1]


@pytest.mark.parametrize("value_w", [0, 1, 99, 100, 101, 3_333, 9_999, 10_000, 12_345])
@pytest.mark.parametrize("exponent", [-2, -1, 0])
def test_rounding_never_lets_more_through_than_was_asked(value_w: int, exponent: int) -> None:
    registers = chain(
        common(),
        producing(),
        maps.ratings(),
        maps.basic_settings(),
        maps.immediate_controls(WMaxLimPct_SF=exponent),
    )

    plan = planned(registers, asked(LIMIT, value_w))

    assert plan.value_w is not None
    assert min(value_w, 10_000) - 100 < plan.value_w <= min(value_w, 10_000)


def test_a_limit_refers_to_the_setting_and_not_to_the_rating() -> None:
    plan = planned(newer(WMax=800), asked(LIMIT, 4_000))

    assert plan.writes[0].registers[1] == 500


@pytest.mark.parametrize("registers", [newer(), older()], ids=["newer", "older"])
def test_a_release_switches_the_function_off(registers: Registers) -> None:
    async def scene(device: SunSpecDevice, _: Peer) -> tuple[bool, bool, bool]:
        await device.read_settings()
        await device.apply(device.plan(asked(LIMIT, 2_000)))
        plan = device.plan(released(LIMIT))
        before = await device.confirm(plan)
        await device.apply(plan)
        return before, await device.confirm(plan), (await device.read_control(LIMIT)).enabled

    assert with_device(registers, scene) == (False, True, False)


def test_a_timer_that_has_counted_down_still_confirms_and_one_that_grew_does_not() -> None:
    async def scene(device: SunSpecDevice, peer: Peer) -> list[bool]:
        await device.read_settings()
        plan = device.plan(asked(LIMIT, 2_000))
        await device.apply(plan)
        timer = address_of(peer.registers, 123) + 7
        answers = []
        for seconds in (119, 1, 121):
            peer.registers[timer] = seconds
            answers.append(await device.confirm(plan))
        return answers

    assert with_device(older(), scene) == [True, True, False]


def test_a_changed_set_point_does_not_confirm() -> None:
    async def scene(device: SunSpecDevice, peer: Peer) -> bool:
        await device.read_settings()
        plan = device.plan(asked(LIMIT, 2_000))
        await device.apply(plan)
        peer.registers[address_of(peer.registers, 704) + 15] += 1
        return await device.confirm(plan)

    assert not with_device(newer(), scene)


def test_a_device_without_reversion_timer_says_that_only_a_command_ends_it() -> None:
    none = 0xFFFF
    registers = older(WMaxLimPct_WinTms=none, WMaxLimPct_RvrtTms=none, WMaxLimPct_RmpTms=none)

    plan, proof, _, peer = carried_out(registers, asked(LIMIT, 5_000))

    assert peer.writes[0][1] == (50, none, none, none, 1)
    assert proof == [False, True]
    assert not plan.reverts_in_device
    assert "only a later command ends it" in plan.notes[0]


def test_a_maker_that_needs_the_enable_toggled_gets_it_off_first() -> None:
    controls = maps.immediate_controls(WMaxLim_Ena=1)
    models = producing(), maps.ratings(), maps.basic_settings(), controls
    registers = chain(common(Mn="Fronius"), *models)

    plan, proof, _, peer = carried_out(registers, asked(LIMIT, 5_000))

    start = address_of(peer.registers, 123)
    assert peer.writes == [(start + 9, (0,)), (start + 5, (50, 0, 120, 0, 1))]
    assert len(plan.writes) == 2
    assert proof == [False, True]


def test_a_newer_battery_is_set_in_watts_in_one_write() -> None:
    plan, proof, state, peer = carried_out(newer(**STORING), asked(SET, -4_200))

    start = address_of(peer.registers, 704) + 22
    assert peer.writes == [(start, (1, 1, 0xFFFF, 61336, 0, 0, 0, 0, 0, 0, 120))]
    assert proof == [False, True]
    assert plan.value_w == -4_200.0
    assert (state.enabled, state.value_w) == (True, -4_200.0)


def test_a_newer_device_without_a_set_point_in_watts_is_set_in_percent() -> None:
    controls = maps.ac_controls(WSet=-0x80000000, WSet_SF=-32768)
    registers = chain(common(), maps.ac_measurement(), maps.capacity(**STORING), controls)

    plan, _, state, peer = carried_out(registers, asked(SET, -4_205))

    assert peer.writes[0][1][1] == 0
    assert peer.writes[0][1][6] == 0x10000 - 420
    assert plan.value_w == state.value_w == -4_200.0


@pytest.mark.parametrize(
    ("value_w", "out_and_in"), [(2_000, (500, -500)), (-2_000, (-400, 400)), (0, (0, 0))]
)
def test_an_older_battery_is_set_by_closing_its_window(
    value_w: int, out_and_in: tuple[int, int]
) -> None:
    plan, proof, state, peer = carried_out(older_battery(), asked(SET, value_w, ramp_s=5))

    start = address_of(peer.registers, 124)
    rates = tuple(rate % 65536 for rate in out_and_in)
    assert peer.writes == [(start + 12, (*rates, 0, 120, 5)), (start + 5, (3,))]
    assert proof == [False, True]
    assert plan.value_w == value_w
    assert (state.enabled, state.value_w) == (True, float(value_w))


def test_a_window_that_somebody_else_left_open_is_no_set_point() -> None:
    async def scene(device: SunSpecDevice, _: Peer) -> ControlState:
        return await device.read_control(SET)

    state = with_device(older_battery(StorCtl_Mod=3, OutWRte=500, InWRte=500), scene)

    assert state.enabled
    assert state.value_w is None


def test_a_battery_that_charges_from_its_pv_only_says_so() -> None:
    registers = older_battery(ChaGriSet=0)

    assert "charges from its PV only" in planned(registers, asked(SET, -1_000)).notes[0]
    assert planned(registers, asked(SET, 1_000)).notes == ()


def test_a_newer_device_in_watts_needs_no_active_power_setting() -> None:
    registers = chain(common(), maps.ac_measurement(), maps.ac_controls())

    assert planned(registers, asked(SET, 1_234)).value_w == 1_234.0


def test_releasing_an_older_battery_clears_its_mode() -> None:
    _, proof, state, peer = carried_out(older_battery(StorCtl_Mod=3), released(SET))

    assert peer.writes == [(address_of(peer.registers, 124) + 5, (0,))]
    assert proof == [False, True]
    assert not state.enabled


@pytest.mark.parametrize("registers", [newer(), older()], ids=["newer", "older"])
def test_a_set_point_beyond_the_device_is_refused_in_words(registers: Registers) -> None:
    with pytest.raises((OutOfRange, NotSupported)):
        planned(registers, asked(SET, -100))


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (asked(LIMIT, -1), "a limit of -1 W is below zero"),
        (asked(LIMIT, None), "needs a value in W"),
        (asked(SET, 10_001), "10001 W is more than the 6000 W the device can inject"),
        (asked(SET, -5_001), "-5001 W is more than the 5000 W the device can charge with"),
        (asked(LIMIT, 1, reversion_s=-1), "timer cannot hold -1 s"),
        (asked(CONNECT, 2), "with 1 .connect. or 0"),
    ],
)
def test_a_value_beyond_the_device_is_refused_in_words(
    request_: ControlRequest, words: str
) -> None:
    registers = newer(**STORING)
    registers = chain(
        common(), maps.capacity(**STORING), model(703, ES=1, V_SF=0, Hz_SF=-2), maps.ac_controls()
    )

    with pytest.raises(OutOfRange, match=words):
        planned(registers, request_)


def test_a_timer_too_long_for_the_device_is_refused() -> None:
    with pytest.raises(OutOfRange, match="cannot hold 65535 s"):
        planned(older(), asked(LIMIT, 1, reversion_s=65_535))


@pytest.mark.parametrize(
    ("registers", "function", "words"),
    [
        (chain(common(), producing()), LIMIT, "neither model 704 nor 123"),
        (older(), SET, "neither model 704 nor a working model 124"),
        (chain(common(), producing(), model(124)), SET, "a working model 124"),
        (chain(common(), producing()), CONNECT, "neither model 703 nor 123"),
        (newer(CtrlModes=0b10), LIMIT, "does not list limit_active_power"),
        (newer(W_SF=-32768), LIMIT, "no active power setting"),
    ],
    ids=["no controls", "PV", "empty 124", "no connection", "not listed", "no setting"],
)
def test_what_a_device_cannot_do_is_refused_in_words(
    registers: Registers, function: Function, words: str
) -> None:
    with pytest.raises(NotSupported, match=words):
        planned(registers, asked(function, 0))


def test_a_set_point_without_usable_scale_factor_is_refused() -> None:
    registers = older(WMaxLimPct_SF=-32768)

    with pytest.raises(NotSupported, match="no usable scale factor for WMaxLimPct"):
        planned(registers, asked(LIMIT, 100))


def test_a_device_under_local_control_is_left_alone() -> None:
    registers = chain(common(), maps.capacity(), maps.ac_controls(), model(715, LocRemCtl=1))

    with pytest.raises(LocalControl, match="local control"):
        planned(registers, asked(LIMIT, 100))


def test_planning_before_the_settings_are_known_is_refused() -> None:
    async def scene(device: SunSpecDevice, _: Peer) -> None:
        device.plan(asked(LIMIT, 100))

    with pytest.raises(SettingsUnknown):
        with_device(newer(), scene)


@pytest.mark.parametrize(("value", "register"), [(0, 0), (1, 1)])
def test_an_older_device_is_disconnected_and_connected_with_its_timer(
    value: int, register: int
) -> None:
    registers = older(Conn=1 - register)

    plan, proof, state, peer = carried_out(registers, asked(CONNECT, value))

    assert peer.writes == [(address_of(peer.registers, 123) + 2, (0, 120, register))]
    assert proof == [False, True]
    assert plan.reverts_in_device
    assert state.enabled is (value == 0)


def test_a_newer_device_ceases_to_energize_by_its_permission_to_enter_service() -> None:
    service = model(703, ES=1, V_SF=0, Hz_SF=-2)
    registers = chain(common(), maps.capacity(), service, maps.ac_controls())

    plan, proof, state, peer = carried_out(registers, asked(CONNECT, 0))

    assert peer.writes == [(address_of(peer.registers, 703) + 2, (0,))]
    assert proof == [False, True]
    assert state.enabled
    assert not plan.reverts_in_device


def test_releasing_the_connection_connects() -> None:
    _, proof, state, _ = carried_out(older(Conn=0), released(CONNECT))

    assert proof == [False, True]
    assert not state.enabled


def test_a_refused_write_is_a_definite_no() -> None:
    registers = newer()
    read_only = frozenset({address_of(registers, 704) + 15})

    with pytest.raises(DriverFault) as caught:
        carried_out(registers, asked(LIMIT, 100), read_only=read_only)

    assert not isinstance(caught.value, UnknownOutcome)
    assert caught.value.kind == "exception_reply"


def test_functions_are_those_the_device_really_has() -> None:
    async def scene(device: SunSpecDevice, _: Peer) -> tuple[set[Function], set[Function]]:
        before = set(device.functions)
        await device.read_settings()
        return before, set(device.functions)

    registers = chain(common(), producing(), maps.immediate_controls(), model(124))

    before, after = with_device(registers, scene)

    assert before == {
        LIMIT, SET, CONNECT, Function.FIXED_POWER_FACTOR, Function.SET_REACTIVE_POWER
    }  # fmt: skip
    assert after == {LIMIT, CONNECT}


@pytest.mark.parametrize("length", [3, 7])
def test_a_control_model_that_ends_too_early_is_not_written(length: int) -> None:
    controls = maps.cut(maps.immediate_controls(), length)
    registers = chain(common(), producing(), maps.ratings(), maps.basic_settings(), controls)

    with pytest.raises(NotSupported, match="cannot be limited"):
        planned(registers, asked(LIMIT, 100))
