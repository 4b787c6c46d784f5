"""The loop one would write first: pymodbus, pysunspec2, one ORM insert for each device.

`python -m tests.bench.plain_loop SECONDS` prints polls, CPU seconds and seconds.
"""

import os
import resource
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "derms.settings")
django.setup()

from pymodbus.client import ModbusTcpClient  # noqa: E402  after Django
from sunspec2 import device as sunspec  # noqa: E402
from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP  # noqa: E402

from devices.models import Device, Reading  # noqa: E402

MAIN = (701, 103, 102, 101, 203, 201, 213)
STORAGE = (713, 124)
# Without the long text at its end model 701 fits into one request.
LONGEST_READ = 123


@dataclass
class Target:
    """One device with its open connection and the models it is polled for."""

    row: Device
    client: ModbusTcpClient
    models: list[tuple[int, int, int]]


def find(row: Device) -> Target:
    """Scan the device once with pysunspec2, as at start-up, and keep where its models lie."""
    scanner = SunSpecModbusClientDeviceTCP(slave_id=row.unit, ipaddr=row.host, ipport=row.port)
    scanner.scan()
    scanner.close()
    models = []
    for wanted in (MAIN, STORAGE):
        there = next((m for m in wanted if m in scanner.models), None)
        if there is not None:
            model = scanner.models[there][0]
            models.append((there, model.model_addr, min(model.len + 2, LONGEST_READ)))
    client: Any = ModbusTcpClient(row.host, port=row.port)
    client.connect()
    return Target(row, client, models)


def poll(target: Target) -> None:
    values: dict[str, Any] = {}
    for model_id, addr, count in target.models:
        reply = target.client.read_holding_registers(addr, count=count, device_id=target.row.unit)
        data = b"".join(register.to_bytes(2, "big") for register in reply.registers)
        model = sunspec.Model(model_id, data=data)
        for name in model.points:
            values[name] = model.points[name].cvalue
    at = datetime.now(tz=UTC)
    Reading.objects.create(
        device_id=target.row.pk,
        measured_at=at,
        received_at=at,
        active_power_w=values.get("W"),
        reactive_power_var=values.get("Var", values.get("VAr")),
        voltage_v=values.get("LNV", values.get("PhVphA")),
        frequency_hz=values.get("Hz"),
        energy_injected_wh=values.get("TotWhInj", values.get("WH")),
        state_of_charge_pct=values.get("SoC", values.get("ChaState")),
        operating_state=str(values.get("St", "")),
        alarm_bits=0,
        quality="good",
        reason="",
    )


def main(seconds: float) -> None:
    targets = [find(row) for row in Device.objects.filter(active_to__isnull=True)]
    for target in targets:
        poll(target)
    polls, began, cpu_s = 0, time.monotonic(), cpu()
    while time.monotonic() - began < seconds:
        for target in targets:
            poll(target)
        polls += len(targets)
    print(polls, cpu() - cpu_s, time.monotonic() - began)


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(float(sys.argv[1]))
