"""The loop one would write first: pymodbus, pysunspec2, one ORM insert for each device.

`python -m tests.bench.plain_loop ZONE MOST` opens a connection to the first devices of a zone, says
`ready`, and for each line with a number of seconds polls one device after the other for so long and
prints polls, CPU seconds and seconds. pymodbus' blocking client waits with select(), so MOST
cannot be much above 1,000.
"""

import os
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "derms.settings")
django.setup()

from pymodbus.client import ModbusTcpClient  # noqa: E402  after Django
from sunspec2 import device as sunspec  # noqa: E402
from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP  # noqa: E402

from devices.models import Device, Reading  # noqa: E402

WANTED = (701, 713)
# Without the long text at its end model 701 fits into one request.
LONGEST_READ = 123


@dataclass
class Target:
    """One device with its open connection and the models it is polled for."""

    row: Device
    client: ModbusTcpClient
    models: list[tuple[int, int, int]]


def find_models(row: Device) -> list[tuple[int, int, int]]:
    """Scan a device with pysunspec2, as at start-up: model, address, registers to read."""
    scanner = SunSpecModbusClientDeviceTCP(slave_id=row.unit, ipaddr=row.host, ipport=row.port)
    scanner.scan()
    scanner.close()
    found = [scanner.models[wanted][0] for wanted in WANTED]
    return [(m.model_id, m.model_addr, min(m.len + 2, LONGEST_READ)) for m in found]


def opened(row: Device) -> Any:
    client = ModbusTcpClient(row.host, port=row.port)
    if not client.connect():  # type: ignore[no-untyped-call]
        raise ConnectionError(f"{row.host}:{row.port}")
    return client


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
        reactive_power_var=values.get("Var"),
        voltage_v=values.get("LNV"),
        frequency_hz=values.get("Hz"),
        energy_injected_wh=values.get("TotWhInj"),
        state_of_charge_pct=values.get("SoC"),
        operating_state=str(values.get("InvSt", "")),
        alarm_bits=0,
        quality="good",
        reason="",
    )


def main(zone: str, most: int) -> None:
    rows = list(Device.objects.filter(zone__name=zone).order_by("pk")[:most])
    # All are of one kind here: scanning one of them does.
    models = find_models(rows[0])
    targets = cycle([Target(row, opened(row), models) for row in rows])
    print("ready", flush=True)
    for line in sys.stdin:
        seconds, polls = float(line), 0
        began, cpu_s = time.monotonic(), time.process_time()
        while time.monotonic() - began < seconds:
            poll(next(targets))
            polls += 1
        print(polls, time.process_time() - cpu_s, time.monotonic() - began, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
