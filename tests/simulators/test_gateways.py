"""DV-7: one port with many units behind it, some of them dead."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusIOException
from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP

from simulators.describe import describe_fleet
from simulators.errors import FleetError
from simulators.extras import Extras
from tests.ports import free_ports
from tests.simulators.running import RunningFleet


@pytest.fixture
def running() -> Iterator[RunningFleet]:
    fleet = describe_fleet(
        count=4, seed=7, base_port=15_020, control_port=15_019, latitude=39.05, longitude=-95.0,
        weather="clear", extras=Extras(gateways=1),
    )  # fmt: skip
    taken = sorted({d.port for d in fleet.devices})
    ports = dict(zip(taken, free_ports(len(taken)), strict=True))
    devices = tuple(replace(d, port=ports[d.port]) for d in fleet.devices)
    started = RunningFleet(replace(fleet, devices=devices))
    yield started
    started.close()


def units(running: RunningFleet) -> dict[int, str]:
    return {d.unit: d.key for d in running.fleet.devices if d.key.startswith("gateway1-")}


def test_thirty_units_share_one_port_and_each_is_itself(running: RunningFleet) -> None:
    found = units(running)
    (port,) = {running.spec(key).port for key in found.values()}

    serials = {}
    for unit in (1, 2, 5, 30):
        device = SunSpecModbusClientDeviceTCP(
            slave_id=unit, ipaddr="127.0.0.1", ipport=port, timeout=2
        )
        device.scan()
        serials[unit] = device.common[0].SN.value
        device.close()

    assert sorted(found) == list(range(1, 31))
    assert serials == {unit: running.spec(found[unit]).serial_number for unit in serials}


def test_dead_units_are_silent_or_answered_for_by_the_gateway(running: RunningFleet) -> None:
    key = units(running)[1]
    client = running.client(key, timeout_s=0.3)
    answers = {}
    for unit in (7, 19, 1, 99):
        answers[unit] = ask(running.client(key, timeout_s=0.3), unit)

    assert answers == {7: None, 19: 11, 1: 0, 99: 11}
    assert ask(client, 2) == 0


def ask(client: ModbusTcpClient, unit: int) -> int | None:
    """The exception code of an answer, 0 for a good one, None for none."""
    try:
        answer = client.read_holding_registers(40_000, count=2, device_id=unit)
    except ModbusIOException:
        return None
    return int(answer.exception_code) if answer.isError() else 0


def test_command_reaches_the_unit_it_names_and_no_other(running: RunningFleet) -> None:
    first, second = units(running)[1], units(running)[2]

    assert running.write(first, 704, "WMaxLimPctEna", 1, 200) == 0
    running.advance(5)

    assert running.status(first)["limit_pct"] == 20
    assert running.status(second)["limit_pct"] is None


def test_two_machines_with_one_address_are_refused_in_words(running: RunningFleet) -> None:
    fleet = running.fleet
    one, other = fleet.devices[0], fleet.devices[1]
    twin = replace(other, port=one.port, unit=one.unit)

    with pytest.raises(FleetError, match=r"both unit .* give one of them another"):
        RunningFleet(replace(fleet, devices=(one, twin)))
