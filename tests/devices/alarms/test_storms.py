"""The watch and the list cost the same few statements however many devices cry at once (DV-5)."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from derms.accounts.models import User
from devices.models import Alarm, Device
from devices.services import acknowledge_alarms, watch_devices
from devices.services.watching import LOOK
from devices.statuses import AlarmStatus
from tests.devices.alarms.scenes import NOW, after, all_served, hear_all, make_meters
from tests.factories import make_feeder

FEW, MANY = 3, 1500
# Of a whole look, savepoints left out; each new cause adds one or two.
MOST_STATEMENTS = 70


def statements(at: datetime) -> int:
    with CaptureQueriesContext(connection) as asked:
        watch_devices(at=at)
    return sum("SAVEPOINT" not in one["sql"] for one in asked)


@pytest.fixture
def power_failed(db: None) -> list[Device]:
    """A few meters first, in a quiet town."""
    make_feeder("F12")
    devices = make_meters(FEW)
    Device.objects.update(discovery={"models": [{"id": 203}]})
    hear_all(devices, NOW - timedelta(minutes=5))
    watch_devices(at=NOW - timedelta(minutes=5))
    return devices


def test_a_storm_costs_no_statement_more_than_a_single_alarm(power_failed: list[Device]) -> None:
    hear_all(power_failed, NOW, alarm_bits=0b100)
    for_few = statements(NOW)

    many = make_meters(MANY)
    Device.objects.update(discovery={"models": [{"id": 203}]})
    hear_all(many, after(60), alarm_bits=0b1111100)
    for_many = statements(after(60))

    of_many = Alarm.objects.filter(device__in=many)
    assert of_many.count() == 5 * MANY
    assert for_many == for_few <= MOST_STATEMENTS

    hear_all(many, after(120))
    assert statements(after(120)) == for_few
    assert of_many.filter(status=AlarmStatus.RETURNED).count() == 5 * MANY


def test_the_list_stays_short_and_quick_in_a_storm(power_failed: list[Device], olga: User) -> None:
    client = Client()
    client.force_login(olga)
    with CaptureQueriesContext(connection) as asked:
        client.get("/operations/alarms/")
    for_none = len(asked)

    many = make_meters(MANY)
    all_served(after(60))
    hear_all(power_failed, after(60))
    watch_devices(at=after(60))
    assert Alarm.objects.filter(device__in=many).count() == MANY

    with CaptureQueriesContext(connection) as asked:
        page = client.get("/operations/alarms/")
    assert [one.message for one, _ in page.context["rows"]] == [f"Feeder F12: {MANY} devices lost"]
    assert len(asked) <= for_none + 1

    history = client.get("/operations/alarms/?show=history")
    assert len(history.context["rows"]) == 50
    assert len(history.content) < 150_000


def test_a_storm_is_acknowledged_with_one_press(power_failed: list[Device]) -> None:
    make_meters(MANY)
    all_served(after(60))
    hear_all(power_failed, after(60))
    watch_devices(at=after(60))
    group = Alarm.objects.get(is_group=True)

    with CaptureQueriesContext(connection) as asked:
        moved = acknowledge_alarms(alarm_ids=[group.pk], at=after(70), by="olga")

    assert moved == MANY + 1
    assert sum("SAVEPOINT" not in one["sql"] for one in asked) == 1


def test_only_one_look_happens_at_a_time(db: None) -> None:
    """Another connection holds the look: this one leaves it to that one."""
    devices = make_meters(FEW)
    hear_all(devices, NOW, alarm_bits=0b100)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("begin")
            cursor.execute("select pg_advisory_xact_lock(%s)", [LOOK])
            assert watch_devices(at=NOW).raised == 0
            cursor.execute("rollback")
    finally:
        other.close()

    assert watch_devices(at=NOW).raised == FEW
