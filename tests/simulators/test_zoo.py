"""DV-7: makers' habits and every measuring model, against pysunspec2 and pymodbus as clients."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pymodbus.exceptions import ModbusIOException

from simulators.describe import describe_fleet
from simulators.errors import FleetError
from simulators.extras import Extras
from simulators.fleet import Fleet
from simulators.personalities import read_personalities
from tests.ports import free_ports
from tests.simulators.running import NOON, RunningFleet

INVERTERS = ("101", "102", "111", "112", "113")
METERS = ("201", "202", "203", "204", "211", "212", "213", "214")


def zoo() -> Fleet:
    fleet = describe_fleet(
        count=4, seed=7, base_port=15_020, control_port=15_019, latitude=39.05, longitude=-95.0,
        weather="clear", extras=Extras(zoo=True),
    )  # fmt: skip
    ports = free_ports(len(fleet.devices))
    devices = tuple(replace(d, port=p) for d, p in zip(fleet.devices, ports, strict=True))
    return replace(fleet, devices=devices)


@pytest.fixture(scope="module")
def shared() -> Iterator[RunningFleet]:
    running = RunningFleet(zoo())
    yield running
    running.close()


@pytest.fixture
def running() -> Iterator[RunningFleet]:
    started = RunningFleet(zoo())
    yield started
    started.close()


def shown(running: RunningFleet, key: str, model: int) -> Any:
    return running.scan(key).models[model][0]


@pytest.mark.parametrize("model", INVERTERS)
def test_every_inverter_model_scans_clean_and_shows_the_truth(
    shared: RunningFleet, model: str
) -> None:
    device, truth = shared.scan(f"zoo-{model}"), shared.status(f"zoo-{model}")

    found = device.models[int(model)][0]
    assert all(m.error_info == "" for m in device.model_list)
    assert found.W.cvalue == pytest.approx(truth["output_w"], abs=1)
    assert truth["output_w"] > 1_000
    assert found.Hz.cvalue == pytest.approx(truth["frequency_hz"], abs=0.006)
    assert found.A.cvalue * found.PhVphA.cvalue == pytest.approx(truth["output_w"], rel=0.01)
    assert found.WH.cvalue == pytest.approx(truth["energy_injected_wh"], rel=1e-6)


@pytest.mark.parametrize("model", METERS)
def test_every_meter_model_scans_clean_and_counts_import_as_positive(
    shared: RunningFleet, model: str
) -> None:
    device, truth = shared.scan(f"zoo-{model}"), shared.status(f"zoo-{model}")

    found = device.models[int(model)][0]
    assert all(m.error_info == "" for m in device.model_list)
    assert found.W.cvalue == pytest.approx(-truth["output_w"], abs=6)
    assert truth["output_w"] < -100
    assert found.PhV.cvalue == pytest.approx(truth["voltage_v"], abs=0.06)
    assert found.TotWhImp.cvalue == pytest.approx(truth["energy_absorbed_wh"], rel=1e-6)
    phases = found.WphA.cvalue + found.WphB.cvalue + (found.WphC.cvalue or 0)
    assert phases == pytest.approx(found.W.cvalue, abs=20)


def test_power_factor_is_a_percentage_for_some_and_a_ratio_for_others(
    shared: RunningFleet,
) -> None:
    assert shown(shared, "zoo-kostal", 103).PF.cvalue == pytest.approx(100, abs=0.1)
    assert shown(shared, "zoo-fimer", 103).PF.cvalue == pytest.approx(1, abs=0.01)


def test_scale_factors_are_missing_and_values_stay_raw(shared: RunningFleet) -> None:
    spoilt, sound = shown(shared, "zoo-no-scale-factors", 103), shown(shared, "zoo-kostal", 103)

    assert (spoilt.PF_SF.value, sound.PF_SF.value) == (None, -2)
    assert spoilt.W.cvalue > 1_000


def test_vendor_models_stand_at_the_end_of_the_chain(shared: RunningFleet) -> None:
    length = int(shared.value("zoo-fimer", 160, "L") or 0)
    client, after = shared.client("zoo-fimer"), shared.address("zoo-fimer", 160, "ID") + 2 + length

    assert client.read_holding_registers(after, count=2).registers == [65_230, 20]
    assert client.read_holding_registers(after + 22, count=2).registers == [0xFFFF, 0]


def test_lengths_disagree_with_the_definitions_and_the_chain_still_holds(
    shared: RunningFleet,
) -> None:
    registers = shared.simulation.device("zoo-wrong-lengths").registers
    points = registers.layout.points

    assert points[120, "ID"].offset - points[103, "ID"].offset == 52 + 4
    assert registers.get(103, "L") == 54
    assert points[121, "ID"].offset - points[120, "ID"].offset == 28 - 2


def test_maker_name_and_address_register_are_the_makers(shared: RunningFleet) -> None:
    common = shown(shared, "zoo-sma", 1)

    assert common.Mn.cvalue == "SMA"
    assert common.DA.cvalue == 255


def test_parts_of_the_map_are_refused(shared: RunningFleet) -> None:
    key = "zoo-refuses-parts"
    client = shared.client(key)

    whole = client.read_holding_registers(shared.address(key, 122, "ID"), count=46)
    before = client.read_holding_registers(shared.address(key, 121, "ID"), count=30)

    assert whole.exception_code == 2
    assert not before.isError()


def test_night_values_are_not_implemented(running: RunningFleet) -> None:
    night = RunningFleet(zoo(), NOON - 12 * 3_600)
    try:
        found, plain = shown(night, "zoo-sma", 103), shown(night, "zoo-kostal", 103)
    finally:
        night.close()

    assert [found.W.cvalue, found.VA.cvalue, found.PF.cvalue, found.St.cvalue] == [None] * 4
    assert (plain.W.cvalue, plain.St.cvalue) == (0, 2)
    assert shown(running, "zoo-sma", 103).W.cvalue > 1_000


def test_requests_too_close_together_are_answered_busy(running: RunningFleet) -> None:
    client = running.client("zoo-sma-stp60")
    first = client.read_holding_registers(40_000, count=2)
    second = client.read_holding_registers(40_000, count=2)
    time.sleep(1.05)
    third = client.read_holding_registers(40_000, count=2)

    assert [first.isError(), second.exception_code, third.isError()] == [False, 6, False]


def test_controls_block_of_some_makers_is_no_evidence(running: RunningFleet) -> None:
    device = running.simulation.device("zoo-sma")

    held = [device.registers.get(123, n) for n in ("Conn", "WMaxLimPct", "WMaxLim_Ena")]

    assert held == [0, 0, 1]
    assert running.status("zoo-sma")["output_w"] > 1_000


@pytest.mark.parametrize(("key", "one", "many"), [("zoo-kostal", 0, 2), ("zoo-pieces", 0, 0)])
def test_single_register_by_the_function_the_maker_takes(
    running: RunningFleet, key: str, one: int, many: int
) -> None:
    client, address = running.client(key), running.address(key, 123, "WMaxLimPct")

    answers = [
        client.write_register(address, 900),
        client.write_registers(address, [800]),
    ]

    assert [a.exception_code if a.isError() else 0 for a in answers] == [one, many]


def test_function_6_may_never_be_answered(running: RunningFleet) -> None:
    key = "zoo-apsystems"
    client, address = running.client(key, timeout_s=0.3), running.address(key, 123, "WMaxLimPct")

    with pytest.raises(ModbusIOException):
        client.write_register(address, 900)
    assert not running.client(key).write_registers(address, [900]).isError()


def test_long_reads_are_refused(shared: RunningFleet) -> None:
    client = shared.client("zoo-short-reads")

    assert client.read_holding_registers(40_000, count=41).exception_code == 3
    assert not client.read_holding_registers(40_000, count=40).isError()


def test_second_connection_is_closed(running: RunningFleet) -> None:
    first = running.client("zoo-one-connection", timeout_s=0.5)
    assert not first.read_holding_registers(40_000, count=2).isError()
    second = running.client("zoo-one-connection", timeout_s=0.5)

    with pytest.raises(Exception, match=r"(?i)no response|connection|unexpectedly"):
        second.read_holding_registers(40_000, count=2)
    assert not first.read_holding_registers(40_000, count=2).isError()


def test_some_answer_to_any_unit_and_in_pieces(shared: RunningFleet) -> None:
    any_unit = shared.client("zoo-any-unit").read_holding_registers(40_000, count=2, device_id=77)
    pieces = shared.client("zoo-pieces").read_holding_registers(40_000, count=100)

    assert any_unit.registers == [0x5375, 0x6E53]
    assert len(pieces.registers) == 100


def test_new_limit_counts_only_after_the_enable_was_off(running: RunningFleet) -> None:
    key = "zoo-fronius"
    block = [5_000, 0, 0, 0, 1]
    running.write(key, 123, "WMaxLimPct", *block)
    running.write(key, 123, "WMaxLimPct", 2_000, *block[1:])
    ignored = running.status(key)["limit_pct"]
    running.write(key, 123, "WMaxLim_Ena", 0)
    running.write(key, 123, "WMaxLimPct", 2_000, *block[1:])

    assert ignored == 50
    assert running.status(key)["limit_pct"] == 20


def test_storage_control_ends_by_itself_where_nobody_names_a_time(running: RunningFleet) -> None:
    key = "zoo-fronius"
    running.write(key, 124, "OutWRte", 1_000, -1_000, 0, 0, 0)
    running.write(key, 124, "StorCtl_Mod", 3)

    assert running.status(key)["reversion_s"] == {"InOutWRte": 3_600}


def test_strict_machine_refuses_when_local(running: RunningFleet) -> None:
    key = "zoo-strict-local"
    running.call(lambda: running.simulation.device(key).registers.set(715, "LocRemCtl", 1))

    assert running.write(key, 704, "WMaxLimPctEna", 1) == 2


def test_export_positive_meter_turns_the_sign(running: RunningFleet) -> None:
    fleet = zoo()
    devices = tuple(
        replace(d, personality="solaredge") if d.key == "zoo-203" else d for d in fleet.devices
    )
    other = RunningFleet(replace(fleet, devices=devices))
    try:
        found, truth = shown(other, "zoo-203", 203), other.status("zoo-203")
    finally:
        other.close()

    assert found.W.cvalue == pytest.approx(truth["output_w"], abs=6)


def test_fleet_file_may_bring_personalities_of_its_own(running: RunningFleet) -> None:
    fleet = zoo()
    cast = read_personalities({"odd": {"like": "short-reads", "unknown_unit": "silent"}})
    devices = tuple(
        replace(d, personality="odd") if d.key == "zoo-101" else d for d in fleet.devices
    )
    other = RunningFleet(replace(fleet, devices=devices, cast=cast))
    try:
        client = other.client("zoo-101", timeout_s=0.3)
        refused = client.read_holding_registers(40_000, count=41)
        with pytest.raises(ModbusIOException):
            client.read_holding_registers(40_000, count=2, device_id=9)
    finally:
        other.close()

    assert refused.exception_code == 3


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"longest_reed": 5}, "has no longest_reed"),
        ({"longest_read": 126}, "number from 1 to 125, not 126"),
        ({"single_write": "5"}, "one of any, 6, 16"),
        ({"like": "nobody"}, "no personality 'nobody'; there are: "),
        ({"needs_toggle": 1}, "true or false"),
    ],
)
def test_badly_described_personality_is_refused_in_words(row: dict[str, Any], words: str) -> None:
    with pytest.raises(FleetError, match=words):
        read_personalities({"mine": row})
