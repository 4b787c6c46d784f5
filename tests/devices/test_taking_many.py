"""Taking thousands of commands at once costs each command the same, whatever the planner thinks.

Between dispatches no command is open, and so say the statistics. A dispatch to the whole fleet then
comes before they are brought up to date (DV-3, DI-3).
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from devices.gateway import statements
from devices.models import Device, DeviceCommand, ZoneLease
from devices.services import CommandOrder, request_commands
from devices.statuses import CommandStatus
from tests.devices.many import make_fleet
from tests.factories import AT

FLEET = 300
LATER = AT + timedelta(minutes=1)
# What each command may have the database look at: its own row a few times, and its newest ones.
MOST_ROWS_EACH = 25


@pytest.fixture
def fleet(db: None) -> list[Device]:
    """A fleet whose commands of yesterday are all verified, and the statistics of that day."""
    devices = make_fleet(FLEET, AT)
    Device.objects.update(zone=devices[0].zone)
    order_all(devices, "yesterday")
    for status in (CommandStatus.LEASED, CommandStatus.SENT, CommandStatus.VERIFIED):
        DeviceCommand.objects.update(status=status, verified_at=AT, sent_at=AT)
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    return devices


def order_all(devices: list[Device], key: str, *, not_before: datetime = AT) -> None:
    orders = [
        CommandOrder(
            device_id=device.pk,
            function="limit_active_power",
            value_w=3000,
            reversion_s=60,
            not_before=not_before,
            expires_at=AT + timedelta(minutes=10),
            idempotency_key=f"{key}-{device.pk}",
        )
        for device in devices
    ]
    request_commands(orders, at=AT, by="olga")


def rows_looked_at(statement: str, facts: dict[str, Any]) -> int:
    """Carry it out, and count every row that it had in hand, also those it threw away."""
    with connection.cursor() as cursor:
        cursor.execute(f"explain (analyze, timing off, format json) {statement}", facts)
        (explained,) = cursor.fetchone()
    plans = explained if isinstance(explained, list) else json.loads(explained)
    return sum(_rows(node) for node in _nodes(plans[0]["Plan"]))


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _rows(node: dict[str, Any]) -> int:
    counted = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter")
    each: float = sum(node.get(name, 0) for name in counted)
    return int(each * node["Actual Loops"])


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("SUPERSEDE", {"verified": FLEET, "superseded": FLEET, "queued": FLEET}),
        ("CLAIM", {"verified": FLEET, "leased": 2 * FLEET}),
    ],
)
def test_a_command_costs_the_same_when_the_whole_fleet_is_commanded(
    fleet: list[Device], name: str, left: dict[str, int]
) -> None:
    order_all(fleet, "today")
    DeviceCommand.objects.filter(status="queued").update(status=CommandStatus.LEASED)
    order_all(fleet, "in a minute", not_before=LATER)
    zone_id = fleet[0].zone_id
    ZoneLease.objects.create(
        zone_id=zone_id, owner="worker", fence=1, taken_at=AT, heartbeat_at=AT,
        expires_at=AT + timedelta(days=36_500),
    )  # fmt: skip

    rows = rows_looked_at(
        getattr(statements, name),
        {"zone": zone_id, "owner": "worker", "fence": 1, "at": LATER,
         "until": LATER + timedelta(minutes=1)},
    )  # fmt: skip

    assert Counter(DeviceCommand.objects.values_list("status", flat=True)) == left
    assert rows < MOST_ROWS_EACH * 2 * FLEET
