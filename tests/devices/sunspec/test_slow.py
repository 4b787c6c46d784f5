"""Once a minute a device says what it does for each function and how it is (DV-3, DV-4, DV-5)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest

from devices.capabilities import (
    ControlRequest,
    DeviceChanged,
    Function,
    Learned,
    SlowReading,
    learned_from,
)
from devices.sunspec import SunSpecDevice
from tests.devices.sunspec import maps
from tests.devices.sunspec.maps import (
    Registers,
    address_of,
    chain,
    common,
    grouped,
    model,
    producing,
)
from tests.devices.sunspec.peers import Peer
from tests.devices.sunspec.test_measuring import AT, with_device

LIMIT = Function.LIMIT_ACTIVE_POWER
SINCE_2000_S = int((AT - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds())


def supervised(**raw: int) -> list[int]:
    return model(715, **({"LocRemCtl": 0, "DERHb": 77, "ControllerHb": 0} | raw))


def battery(**raw: int) -> list[int]:
    points = {
        "SoC": 640, "SoC_SF": -1, "SoH": 98, "SoH_SF": 0, "LocRemCtl": 0, "CtrlHb": 0, "W": -50,
        "W_SF": 1, "State": 3,
    }  # fmt: skip
    return model(802, **(points | raw))


def newer(**raw: int) -> Registers:
    storage = model(713, WHRtg=1350, WHAvail=700, SoC=519, Pct_SF=-1, WH_SF=1)
    ports = grouped(714, {"NPrt": 1}, {"DCW": 420, "DCW_SF": 1, "Prt_1.DCW": 419})
    power = maps.ac_measurement(), maps.capacity(), maps.ac_controls()
    return chain(common(), *power, storage, ports, supervised(**raw))


def older(**raw: int) -> Registers:
    status = model(122, **({"WAval": 430, "WAval_SF": 1, "Tms": SINCE_2000_S - 95} | raw))
    settings = maps.ratings(), maps.basic_settings(), status, maps.immediate_controls()
    return chain(common(), producing(), *settings)


def slowly_read(registers: Registers, **options: Any) -> tuple[SlowReading, Peer]:
    async def scene(device: SunSpecDevice, peer: Peer) -> tuple[SlowReading, Peer]:
        return await device.read_slow(lambda: AT), peer

    return with_device(registers, scene, **options)


def test_a_newer_device_says_all_of_it_in_a_few_requests() -> None:
    reading, peer = slowly_read(newer())

    states = {state.function: state for state in reading.states}
    assert set(states) >= {LIMIT, Function.SET_ACTIVE_POWER}
    assert not states[LIMIT].enabled
    assert reading.points["713.WHAvail"] == 7000.0
    assert reading.points["713.SoC"] == 51.9
    assert reading.points["714.DCW"] == 4200.0
    assert reading.points["714.Prt_1.DCW"] == 4190.0
    assert reading.supervision.is_local is False
    assert reading.supervision.clock_offset_s is None
    assert reading.supervision.firmware == "1.2"
    assert reading.supervision.read_at == AT
    assert len(peer.reads) <= 4


def test_an_older_device_says_how_far_its_clock_is_off() -> None:
    reading, peer = slowly_read(older())

    assert reading.supervision.clock_offset_s == pytest.approx(-95.0)
    assert reading.supervision.is_local is None
    assert reading.points["122.WAval"] == 4300.0
    assert len(peer.reads) <= 3


@pytest.mark.parametrize("never_set", [0, 17, 0xFFFFFFFF])
def test_a_clock_that_was_never_set_is_not_held_against_a_device(never_set: int) -> None:
    reading, _ = slowly_read(older(Tms=never_set))

    assert reading.supervision.clock_offset_s is None


def test_what_holds_now_is_seen_at_the_next_slow_reading() -> None:
    async def scene(device: SunSpecDevice, _: Peer) -> list[tuple[bool, float | None]]:
        seen = []
        for limit_w in (None, 4_000):
            if limit_w is not None:
                request = ControlRequest(LIMIT, limit_w, enable=True, reversion_s=60)
                await device.apply(device.plan(request))
            reading = await device.read_slow(lambda: AT)
            state = next(state for state in reading.states if state.function is LIMIT)
            seen.append((state.enabled, state.value_w))
        return seen

    assert with_device(newer(), scene) == [(False, 10_000.0), (True, 4_000.0)]


@pytest.mark.parametrize(
    ("registers", "is_local"),
    [
        (newer(LocRemCtl=1), True),
        (newer(LocRemCtl=0xFFFF), None),
        (chain(common(), producing(), battery(LocRemCtl=1)), True),
        (chain(common(), producing(), battery()), False),
    ],
    ids=["715 local", "715 without switch", "802 local", "802 remote"],
)
def test_local_control_is_told(registers: Registers, is_local: bool | None) -> None:
    reading, _ = slowly_read(registers)

    assert reading.supervision.is_local is is_local


def test_a_device_swapped_behind_the_same_address_is_noticed() -> None:
    registers = older()

    async def scene(device: SunSpecDevice, peer: Peer) -> None:
        await device.read_slow(lambda: AT)
        peer.registers |= dict(enumerate(common(SN="SN-2"), address_of(registers, 1)))
        await device.read_slow(lambda: AT)

    with pytest.raises(DeviceChanged, match="says its serial number is SN-2, and it was SN-1"):
        with_device(registers, scene)


def test_new_firmware_is_seen() -> None:
    registers = older()

    async def scene(device: SunSpecDevice, peer: Peer) -> str:
        peer.registers |= dict(enumerate(common(Vr="2.0"), address_of(registers, 1)))
        return (await device.read_slow(lambda: AT)).supervision.firmware

    assert with_device(registers, scene) == "2.0"


def test_figures_that_are_not_given_are_left_out() -> None:
    reading, _ = slowly_read(older(WAval_SF=-0x8000))

    assert "122.WAval" not in reading.points
    assert "122.VArAval" not in reading.points


def test_each_string_of_a_pv_inverter_is_told() -> None:
    points = {
        "DCV_SF": 0, "DCW_SF": 1, "N": 2, "module_1.DCV": 600, "module_1.DCW": 42,
        "module_2.DCV": 610,
    }  # fmt: skip
    strings = grouped(160, {"module": 2}, points)

    reading, _ = slowly_read(chain(common(), producing(), strings))

    assert reading.points["160.module_1.DCW"] == 420.0
    assert reading.points["160.module_2.DCV"] == 610.0
    assert "160.module_2.DCW" not in reading.points


@pytest.mark.parametrize(
    ("registers", "model_id", "offset", "counters"),
    [
        (newer(), 715, 5, {7: (0, 7), 0x10005: (1, 5), 0xFFFFFFFF: (0, 0)}),
        (chain(common(), producing(), battery()), 802, 19, {7: (7,), 0xFFFF: (0,), 0x10000: (1,)}),
    ],
    ids=["715", "802"],
)
def test_the_controllers_heartbeat_is_written(
    registers: Registers, model_id: int, offset: int, counters: dict[int, tuple[int, ...]]
) -> None:
    async def scene(device: SunSpecDevice, peer: Peer) -> bool:
        await device.read_slow(lambda: AT)
        for counter in counters:
            await device.beat(counter)
        addr = address_of(registers, model_id) + offset
        assert peer.writes == [(addr, words) for words in counters.values()]
        return device.has_heartbeat

    assert with_device(registers, scene)


@pytest.mark.parametrize("registers", [older(), newer(ControllerHb=0xFFFFFFFF)])
def test_a_device_without_heartbeat_gets_none(registers: Registers) -> None:
    async def scene(device: SunSpecDevice, peer: Peer) -> bool:
        await device.read_slow(lambda: AT)
        await device.beat(1)
        assert peer.writes == []
        return device.has_heartbeat

    assert not with_device(registers, scene)


def test_what_was_learned_survives_as_json_and_spares_the_next_start_the_refusals() -> None:
    registers = older()
    inside_122 = frozenset(range(address_of(registers, 122) + 20, address_of(registers, 122) + 24))

    async def first(device: SunSpecDevice, peer: Peer) -> tuple[Learned, list[int]]:
        await device.read_slow(lambda: AT)
        after_first = len(peer.reads)
        await device.read_slow(lambda: AT)
        return device.learned, [after_first, len(peer.reads) - after_first]

    learned, requests = with_device(registers, first, refused=inside_122)

    assert {addr for addr, _ in learned.refused} <= inside_122 | {min(inside_122) - 3}
    assert requests[1] < requests[0]
    assert learned_from(asdict(learned)) == learned

    async def again(device: SunSpecDevice, peer: Peer) -> int:
        known = SunSpecDevice(device.connection, 1, device.discovery, learned=learned)
        peer.reads.clear()
        reading = await known.read_slow(lambda: AT)
        assert reading.points["122.WAval"] == 4300.0
        return len(peer.reads)

    assert with_device(registers, again, refused=inside_122) == requests[1]


@pytest.mark.parametrize(
    "kept",
    [None, {}, [], {"base": "x"}, asdict(Learned(0, 5, 125)), asdict(Learned(0, 6, 0)),
     asdict(Learned(0, 6, 125)) | {"refused": 3}, asdict(Learned(0, 6, 125, 1e9))],
)  # fmt: skip
def test_kept_facts_that_make_no_sense_are_as_good_as_none(kept: Any) -> None:
    assert learned_from(kept) is None


def test_a_refused_part_costs_only_its_own_points() -> None:
    registers = newer()
    inside_713 = frozenset({address_of(registers, 713) + 3})

    reading, _ = slowly_read(registers, refused=inside_713)

    assert "713.WHAvail" not in reading.points
    assert LIMIT in {state.function for state in reading.states}


def test_models_that_must_be_read_one_by_one_are_told_completely() -> None:
    registers = newer()
    borders = {address_of(registers, m) for m in (702, 704, 713, 714, 715)}

    async def scene(device: SunSpecDevice, peer: Peer) -> tuple[SlowReading, int]:
        answer = peer.read

        def read(addr: int, count: int) -> list[int] | None:
            if borders & set(range(addr + 1, addr + count)):
                peer.reads.append((addr, count))
                return None
            return answer(addr, count)

        peer.read = read  # type: ignore[method-assign]  # the peer's behaviour, not ours
        await device.read_slow(lambda: AT)
        peer.reads.clear()
        return await device.read_slow(lambda: AT), len(peer.reads)

    reading, requests = with_device(registers, scene)

    assert reading.points["713.SoC"] == 51.9
    assert LIMIT in {state.function for state in reading.states}
    assert requests <= 6


def test_a_reading_is_dated_when_its_last_reply_has_come() -> None:
    asked: list[int] = []

    async def scene(device: SunSpecDevice, peer: Peer) -> int:
        def now() -> datetime:
            asked.append(len(peer.reads))
            return AT

        await device.read_slow(now)
        return len(peer.reads)

    assert asked == [with_device(newer(), scene)]


@pytest.mark.parametrize(
    ("power", "raw", "believed"),
    [
        (420, {"Conn": 0, "WMaxLimPct": 0, "WMaxLim_Ena": 1}, set()),
        (0, {"Conn": 0, "WMaxLimPct": 0, "WMaxLim_Ena": 1}, {LIMIT, Function.CONNECT}),
        (420, {"Conn": 1, "WMaxLimPct": 40, "WMaxLim_Ena": 1}, {LIMIT, Function.CONNECT}),
        (420, {"Conn": 1, "WMaxLimPct": 0, "WMaxLim_Ena": 0}, {LIMIT, Function.CONNECT}),
        (620, {"Conn": 1, "WMaxLimPct": 40, "WMaxLim_Ena": 1}, {Function.CONNECT}),
    ],
    ids=["as a Sunny Boy says it", "at night", "limited", "not limited", "far above its limit"],
)
def test_control_registers_that_the_power_contradicts_are_no_evidence(
    power: int, raw: dict[str, int], believed: set[Function]
) -> None:
    settings = maps.ratings(), maps.basic_settings(), maps.immediate_controls(**raw)
    registers = chain(common(), producing(W=power), *settings)

    async def scene(device: SunSpecDevice, _: Peer) -> set[Function]:
        await device.measure(lambda: AT)
        return {state.function for state in (await device.read_slow(lambda: AT)).states}

    assert with_device(registers, scene) == believed
