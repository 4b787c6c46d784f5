"""What devices say of themselves is kept, and is no news to who wrote it (DV-1)."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from devices.capabilities import Discovery, Identity, Learned, Nameplate
from devices.gateway.database import Database, parameters
from devices.gateway.facts import Facts
from devices.gateway.fleet import changes
from devices.models import Device

pytestmark = pytest.mark.django_db(transaction=True)
FOUND = Discovery(40_000, 1, Identity("M", "X", "", "1.0", "S\0N"), ())
LEARNED = Learned(40_000, 6, 100)


def version_of(device: Device) -> str:
    with connection.cursor() as cursor:
        cursor.execute("select xmin::text from devices_device where id = %s", [device.pk])
        version: str = cursor.fetchone()[0]
    return version


def keep(device: Device, known_version: str) -> tuple[str, int]:
    """Store facts as the loop does; the version it knows then, and what it would take up anew."""

    async def deed() -> tuple[str, int]:
        database = Database(parameters())
        row = (await changes(database, device.zone_id, {})).appeared[0]
        unit: Any = SimpleNamespace(row=replace(row, version=known_version))
        facts = Facts(database, {device.pk: unit})
        facts.discovered(device.pk, FOUND)
        facts.read(device.pk, FOUND, LEARNED, Nameplate(active_power_max_w=8000.0))
        await asyncio.sleep(1.2)
        anew = await changes(database, device.zone_id, {device.pk: unit.row.version})
        await database.close()
        return unit.row.version, len(anew.appeared)

    return asyncio.run(deed())


def test_facts_are_kept_and_the_row_they_changed_is_no_news(inverter: Device) -> None:
    version, appeared = keep(inverter, version_of(inverter))

    inverter.refresh_from_db()
    assert inverter.reported_nameplate["active_power_max_w"] == 8000.0
    assert inverter.discovery["learned"]["longest_read"] == 100
    assert inverter.discovery["identity"]["serial_number"] == "SN"
    assert version == version_of(inverter)
    assert appeared == 0


def test_a_change_by_somebody_else_meanwhile_is_news(inverter: Device) -> None:
    seen = version_of(inverter)
    Device.objects.filter(pk=inverter.pk).update(poll_period_s=5.0)

    version, appeared = keep(inverter, seen)

    assert version == seen
    assert appeared == 1


def test_the_same_facts_again_change_nothing(inverter: Device) -> None:
    keep(inverter, version_of(inverter))
    before = version_of(inverter)

    keep(inverter, before)

    assert version_of(inverter) == before
