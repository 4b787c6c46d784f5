"""A fleet of lean register servers, and the rows that register it."""

import asyncio
import json
import subprocess
import sys
from copy import copy
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from django.db.models.base import ModelState

from devices.capabilities import Discovery
from devices.models import Device, Zone
from devices.sunspec import Connection, discover
from interconnection.models import DER
from interconnection.statuses import Technology
from tests.bench.registers import MANUFACTURER, MODEL, RATED_W, UNIT, serial_of
from tests.factories import (
    battery_nameplate,
    make_agreement,
    make_customer,
    make_der,
    make_person,
    make_tariff_version,
    make_usage_point,
)
from tests.ports import free_range

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
# Below the ports that systems give to outgoing connections.


class RegisterFleet:
    """The process of `register_server`, steered by lines."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.base_port = free_range(count)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.register_server", str(count), str(self.base_port)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        if self._answer() != "ready":
            raise RuntimeError("The register server did not start; its words stand above.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait(10)

    @property
    def pid(self) -> int:
        return self._process.pid

    def port(self, index: int) -> int:
        return self.base_port + index

    def tell(self, *words: object) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return json.loads(line) if line else None


def register(fleet: RegisterFleet, indexes: range, zone: str, *, poll_period_s: float) -> list[int]:
    """Rows for some devices of the fleet, with what a walk over them would find."""
    person = make_person(f"owner-{zone}")
    usage_point = make_usage_point(make_customer(user=person))
    agreement = make_agreement(usage_point, make_tariff_version(zone), accepted_by=person)
    found = asyncio.run(_walk(fleet.base_port))
    values = battery_nameplate(power_w=RATED_W) | {
        "manufacturer": MANUFACTURER, "model": MODEL, "serial_number": f"pattern of {zone}",
    }  # fmt: skip
    pattern = make_der(usage_point, agreement, technology=Technology.BATTERY, **values)
    ders = DER.objects.bulk_create(_like(pattern, index) for index in indexes)
    place = Zone.objects.create(name=zone)
    devices = Device.objects.bulk_create(
        Device(
            kind=Device.Kind.BATTERY,
            der=der,
            usage_point=usage_point,
            zone=place,
            host=HOST,
            port=fleet.base_port + index,
            unit=UNIT,
            manufacturer=MANUFACTURER,
            model=MODEL,
            serial_number=serial_of(index),
            discovery=_own(found, index),
            poll_period_s=poll_period_s,
            active_from=datetime.now(tz=UTC),
        )
        for index, der in zip(indexes, ders, strict=True)
    )
    return [device.pk for device in devices]


async def _walk(port: int) -> Discovery:
    connection = Connection(HOST, port)
    await connection.connect()
    try:
        return await discover(connection, UNIT)
    finally:
        connection.close()


def _like(pattern: DER, index: int) -> DER:
    der = copy(pattern)
    der.pk, der.mrid, der.serial_number = None, uuid4(), serial_of(index)
    der._state = ModelState()
    return der


def _own(found: Discovery, index: int) -> dict[str, Any]:
    """What the gateway keeps of a walk, with this device's own serial number."""
    identity = replace(found.identity, serial_number=serial_of(index))
    kept: dict[str, Any] = json.loads(json.dumps(asdict(replace(found, identity=identity))))
    return kept
