"""What a device says becomes one measurement with sign, state and quality (DV-2)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest

from devices.capabilities import (
    ExceptionReply,
    Measurement,
    Nameplate,
    NotSupported,
    OperatingState,
    Quality,
)
from devices.sunspec import Connection, SunSpecDevice, discover, quirks_for
from tests.devices.sunspec import maps
from tests.devices.sunspec.maps import Registers, address_of, chain, common, model, producing
from tests.devices.sunspec.peers import Peer, serving

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
T = TypeVar("T")


def with_device(
    registers: Registers,
    scene: Callable[[SunSpecDevice, Any], Awaitable[T]],
    *,
    as_meter: bool = False,
    **limits: Any,
) -> T:
    async def play(peer: Peer) -> T:
        connection = Connection("127.0.0.1", peer.port, timeout_s=1.0)
        await connection.connect()
        found = await discover(connection, 1)
        quirks = quirks_for(found.identity)
        device = SunSpecDevice(connection, 1, found, quirks=quirks, as_meter=as_meter)
        peer.reads.clear()
        try:
            return await scene(device, peer)
        finally:
            connection.close()

    with serving(registers, **limits) as peer:
        return asyncio.run(play(peer))


def measured(registers: Registers, **options: Any) -> Measurement:
    async def scene(device: SunSpecDevice, _: Peer) -> Measurement:
        return await device.measure(lambda: AT)

    return with_device(registers, scene, **options)


@pytest.mark.parametrize("model_id", [101, 102, 103])
def test_an_older_inverter_is_measured(model_id: int) -> None:
    found = measured(chain(common(), producing(model_id)))

    assert found == Measurement(
        measured_at=AT,
        active_power_w=4200.0,
        reactive_power_var=-200.0,
        apparent_power_va=4210.0,
        power_factor=-0.997,
        voltage_v=230.0,
        frequency_hz=49.98,
        current_a=6.1,
        energy_injected_wh=123456.0,
        energy_absorbed_wh=None,
        state_of_charge_pct=None,
        operating_state=OperatingState.PRODUCING,
        throttle_pct=None,
        alarm_bits=0,
        quality=Quality.GOOD,
        reason="",
    )


@pytest.mark.parametrize("model_id", [111, 112, 113])
def test_an_inverter_with_floating_point_registers_is_measured(model_id: int) -> None:
    points = {"W": 1500.5, "Hz": 50.01, "PhVphA": 231.0, "PF": 98.5, "WH": 9.5e6}

    found = measured(chain(common(), model(model_id, St=4, Evt1=0, **points)))

    assert found.active_power_w == 1500.5
    assert found.power_factor == pytest.approx(0.985)
    assert found.voltage_v == 231.0
    assert found.energy_injected_wh == 9.5e6
    assert found.reactive_power_var is None
    assert found.quality is Quality.GOOD


def test_a_newer_inverter_is_measured_in_one_request() -> None:
    async def scene(device: SunSpecDevice, peer: Peer) -> tuple[Measurement, int]:
        return await device.measure(lambda: AT), len(peer.reads)

    registers = chain(common(), maps.ac_measurement(InvSt=4, ThrotPct=40), maps.capacity())
    found, requests = with_device(registers, scene)

    assert requests == 1
    assert (found.active_power_w, found.reactive_power_var) == (5000.0, 300.0)
    assert (found.voltage_v, found.frequency_hz, found.current_a) == (240.0, 60.01, 20.9)
    assert (found.energy_injected_wh, found.energy_absorbed_wh) == (7e9, 1000.0)
    assert found.operating_state is OperatingState.THROTTLED
    assert found.throttle_pct == 40


def test_a_newer_battery_is_measured_in_two_requests() -> None:
    async def scene(device: SunSpecDevice, peer: Peer) -> tuple[Measurement, int]:
        return await device.measure(lambda: AT), len(peer.reads)

    storage = model(713, WHRtg=1350, WHAvail=700, SoC=519, Pct_SF=-1, WH_SF=1)
    power = maps.ac_measurement(W=-2500)
    found, requests = with_device(chain(common(), power, maps.capacity(), storage), scene)

    assert requests == 2
    assert found.active_power_w == -2500.0
    assert found.state_of_charge_pct == 51.9


def test_an_older_battery_gives_its_state_of_charge() -> None:
    found = measured(chain(common(), producing(), maps.storage_controls()))

    assert found.state_of_charge_pct == 75.5


def test_an_empty_storage_model_stops_costing_a_request() -> None:
    async def scene(device: SunSpecDevice, peer: Peer) -> list[int]:
        counts = []
        for _ in range(5):
            peer.reads.clear()
            await device.measure(lambda: AT)
            counts.append(len(peer.reads))
        return counts

    registers = chain(common(), producing(), maps.ratings(), model(122), model(124))

    assert with_device(registers, scene) == [2, 2, 2, 1, 1]


@pytest.mark.parametrize(("model_id", "sign"), [(201, -1), (202, -1), (203, -1), (204, -1)])
def test_a_meter_is_turned_to_injection_positive(model_id: int, sign: int) -> None:
    found = measured(chain(common(), maps.meter(model_id)))

    assert found.active_power_w == sign * 1500.0
    assert found.reactive_power_var == sign * 200.0
    assert (found.energy_injected_wh, found.energy_absorbed_wh) == (5000.0, 9000.0)
    assert (found.voltage_v, found.frequency_hz) == (230.0, 50.0)
    assert found.power_factor == pytest.approx(0.99)


def test_a_meter_with_floating_point_registers_is_measured() -> None:
    registers = chain(common(), model(213, W=-800.0, VAR=50.0, Hz=50.0, PhV=229.5))

    found = measured(registers)

    assert (found.active_power_w, found.reactive_power_var) == (800.0, -50.0)


def test_a_maker_whose_meters_count_export_positive_is_known() -> None:
    found = measured(chain(common(Mn="SolarEdge "), maps.meter()))

    assert found.active_power_w == 1500.0


def test_the_meter_behind_an_inverters_unit_can_be_asked_for() -> None:
    registers = chain(common(), producing(), maps.meter())

    assert measured(registers).active_power_w == 4200.0
    assert measured(registers, as_meter=True).active_power_w == -1500.0


def test_at_night_a_sleeping_inverter_without_power_value_counts_as_zero() -> None:
    found = measured(chain(common(), model(103, St=2, W_SF=0)))

    assert found.active_power_w == 0.0
    assert found.quality is Quality.SUBSTITUTED
    assert "sleeping" in found.reason


def test_at_night_an_inverter_that_says_nothing_at_all_is_bad_and_not_zero() -> None:
    found = measured(chain(common(), model(103)))

    assert found.active_power_w is None
    assert found.operating_state is OperatingState.UNKNOWN
    assert found.quality is Quality.BAD
    assert found.reason == "gives no active power"


def test_power_without_a_scale_factor_is_bad() -> None:
    found = measured(chain(common(), producing(W_SF=-32768)))

    assert found.active_power_w is None
    assert found.quality is Quality.BAD
    assert found.reason == "W_SF is not implemented, so W cannot be told"


def test_a_lesser_value_without_a_scale_factor_is_said_but_power_stays_good() -> None:
    found = measured(chain(common(), producing(VAr_SF=-32768)))

    assert (found.active_power_w, found.reactive_power_var) == (4200.0, None)
    assert found.quality is Quality.GOOD
    assert found.reason == "VAr_SF is not implemented, so VAr cannot be told"


def test_a_scale_factor_out_of_range_makes_the_reading_bad() -> None:
    found = measured(chain(common(), producing(Hz_SF=50)))

    assert found.quality is Quality.BAD
    assert found.frequency_hz is None


@pytest.mark.parametrize(("raw", "bits"), [(0x12, 0x12), (0x80000001, 0), (0xFFFFFFFF, 0)])
def test_alarm_bits_count_unless_the_field_is_marked_invalid(raw: int, bits: int) -> None:
    assert measured(chain(common(), producing(Evt1=raw))).alarm_bits == bits


@pytest.mark.parametrize(
    ("number", "state"),
    [(1, "off"), (3, "starting"), (5, "throttled"), (7, "fault"), (8, "standby"), (77, "unknown")],
)
def test_the_operating_state_is_named(number: int, state: str) -> None:
    assert measured(chain(common(), producing(St=number))).operating_state == state


def test_voltage_falls_back_to_line_to_line() -> None:
    registers = chain(common(), model(103, W=1, W_SF=0, PPVphAB=4000, V_SF=-1))

    assert measured(registers).voltage_v == pytest.approx(400 / 3**0.5)


def test_a_refused_state_of_charge_does_not_cost_the_power() -> None:
    registers = chain(common(), producing(), maps.storage_controls())
    refused = frozenset({address_of(registers, 124) + 8})

    found = measured(registers, refused=refused)

    assert found.active_power_w == 4200.0
    assert found.state_of_charge_pct is None


def test_a_refused_main_model_is_a_fault() -> None:
    registers = chain(common(), producing())

    with pytest.raises(ExceptionReply):
        measured(registers, refused=frozenset({40090}))


def test_a_device_without_measurements_says_so() -> None:
    with pytest.raises(NotSupported, match="no model with measurements"):
        measured(chain(common(), maps.capacity()))


def test_the_nameplate_of_a_newer_battery() -> None:
    power = maps.capacity(WChaRteMaxRtg=500, WDisChaRteMaxRtg=600)
    storage = model(713, WHRtg=1350, SoC=519, Pct_SF=-1, WH_SF=1)

    assert nameplate(chain(common(), power, storage)) == Nameplate(
        active_power_max_w=10_000.0,
        apparent_power_max_va=11_000.0,
        reactive_power_injected_max_var=4_400.0,
        reactive_power_absorbed_max_var=4_300.0,
        charge_max_w=5_000.0,
        discharge_max_w=6_000.0,
        energy_capacity_wh=13_500.0,
        active_power_setting_w=10_000.0,
        voltage_nominal_v=240.0,
    )


def test_the_nameplate_of_an_older_inverter() -> None:
    ratings = maps.ratings(VArRtgQ1=44, VArRtgQ4=-43, VArRtg_SF=2)

    assert nameplate(chain(common(), ratings, maps.basic_settings(WMax=900))) == Nameplate(
        active_power_max_w=10_000.0,
        apparent_power_max_va=11_000.0,
        reactive_power_injected_max_var=4_400.0,
        reactive_power_absorbed_max_var=4_300.0,
        active_power_setting_w=9_000.0,
        voltage_nominal_v=400.0,
    )


def nameplate(registers: Registers) -> Nameplate:
    async def scene(device: SunSpecDevice, _: Peer) -> Nameplate:
        return await device.read_nameplate()

    return with_device(registers, scene)


def test_every_point_is_read_and_two_models_of_one_id_are_kept_apart() -> None:
    async def scene(device: SunSpecDevice, _: Peer) -> dict[str, object]:
        return dict(await device.read_points())

    registers = chain(common(), maps.meter(), maps.meter(W=-700), maps.vendor(65001, 9))
    points = with_device(registers, scene)

    assert list(points) == ["1", "203", "203@40177", "65001"]
    assert points["65001"] == {}


def test_a_refused_part_of_a_model_leaves_the_other_points() -> None:
    async def scene(device: SunSpecDevice, _: Peer) -> tuple[Any, tuple[str, ...]]:
        return (await device.read_points())["103"], device.flags

    registers = chain(common(), producing(), maps.ratings())
    w = address_of(registers, 103) + 14
    points, flags = with_device(registers, scene, refused=frozenset({w}))

    assert points["W"] is None
    assert points["WH"] == 123456
    assert any("refuses" in flag for flag in flags)


def test_a_power_no_device_can_have_is_bad() -> None:
    found = measured(chain(common(), model(113, W=3.0e38, St=4)))

    assert found.active_power_w is None
    assert found.quality is Quality.BAD
    assert found.reason == "gives 3e+38 W, more than any device has"


def test_a_new_inverter_has_injected_nothing_and_not_an_unknown_amount() -> None:
    assert measured(chain(common(), producing(WH=0))).energy_injected_wh == 0.0


def test_a_meter_that_never_exported_says_zero() -> None:
    found = measured(chain(common(), maps.meter(TotWhExp=0)))

    assert (found.energy_injected_wh, found.energy_absorbed_wh) == (0.0, 9000.0)


def test_a_counter_of_a_device_that_gives_nothing_else_is_no_zero() -> None:
    assert measured(chain(common(), producing(WH=0, W=-0x8000))).energy_injected_wh is None


@pytest.mark.parametrize(
    "registers",
    [
        chain(common(), producing()),
        chain(common(), maps.ac_measurement()),
        chain(common(), maps.meter()),
    ],
    ids=["older", "newer", "meter"],
)
def test_a_counter_that_falls_to_zero_is_not_there_until_it_counts_again(
    registers: Registers,
) -> None:
    """Else the way back to its true count would look like energy."""
    points = {103: (24, 2), 701: (19, 4), 203: (38, 2)}
    model_id = next(m for m in points if m in _ids(registers))
    first, size = points[model_id]
    at = address_of(registers, model_id) + first
    count = [registers[at + i] for i in range(size)]

    async def scene(device: SunSpecDevice, peer: Peer) -> list[float | None]:
        found = []
        for words in (count, [0] * size, count):
            peer.registers |= dict(enumerate(words, at))
            found.append((await device.measure(lambda: AT)).energy_injected_wh)
        assert device.learned.has_injected
        again = SunSpecDevice(device.connection, 1, device.discovery, learned=device.learned)
        peer.registers |= dict(enumerate([0] * size, at))
        found.append((await again.measure(lambda: AT)).energy_injected_wh)
        return found

    before, dropped, after, restarted = with_device(registers, scene)

    assert before == after
    assert before
    assert (dropped, restarted) == (None, None)


def _ids(registers: Registers) -> list[int]:
    addr, found = 40002, []
    while registers[addr] != 0xFFFF:
        found.append(registers[addr])
        addr += 2 + registers[addr + 1]
    return found
