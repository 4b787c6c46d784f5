"""Shelved: put aside for a limited time, with a reason, by somebody; back by itself."""

from datetime import timedelta

import pytest

from derms.lib.errors import NotFound
from devices.models import Alarm, Device
from devices.selectors import announced_alarms, search_alarms
from devices.selectors.alarm_timeline import timeline_of
from devices.selectors.alarms import AlarmFilter
from devices.services import (
    acknowledge_alarm,
    acknowledge_alarms,
    record_alarm,
    return_alarm,
    shelve_alarm,
    shelve_alarms,
    unshelve_alarm,
)
from devices.services.shelving import ShelvingInvalid
from devices.statuses import AlarmStatus
from tests.devices.alarms.scenes import NOW, after, heard, look

UNTIL = after(hours=2)


@pytest.fixture
def alarm(inverter: Device) -> Alarm:
    heard(inverter, operating_state="fault")
    look(NOW)
    return Alarm.objects.get()


def shelve(alarm: Alarm) -> Alarm:
    return shelve_alarm(alarm_id=alarm.pk, until=UNTIL, reason="  fan ordered ", at=NOW, by="olga")


def test_a_shelved_alarm_leaves_the_list_and_says_who_why_and_until_when(alarm: Alarm) -> None:
    shelved = shelve(alarm)

    assert (shelved.status, shelved.shelved_by, shelved.shelved_reason) == (
        AlarmStatus.SHELVED, "olga", "fan ordered",
    )  # fmt: skip
    assert shelved.shelved_until == UNTIL
    assert not announced_alarms()
    assert list(search_alarms(AlarmFilter(show="shelved"), NOW)) == [alarm]


def test_it_comes_back_by_itself_when_its_time_is_over(alarm: Alarm, inverter: Device) -> None:
    shelve(alarm)
    heard(inverter, UNTIL - timedelta(seconds=1), operating_state="fault")
    look(UNTIL - timedelta(seconds=1))
    assert not announced_alarms()

    heard(inverter, UNTIL, operating_state="fault")
    look(UNTIL)

    (back,) = announced_alarms()
    assert back.status == AlarmStatus.UNACKNOWLEDGED
    assert back.announced_at == UNTIL


def test_an_acknowledged_one_has_to_be_seen_anew(alarm: Alarm) -> None:
    acknowledge_alarm(alarm_id=alarm.pk, at=NOW, by="olga")
    shelve(alarm)

    back = unshelve_alarm(alarm_id=alarm.pk, at=after(60), by="otto")

    assert (back.status, back.acknowledged_by) == (AlarmStatus.UNACKNOWLEDGED, "")


def test_a_cause_that_went_meanwhile_leaves_nothing_to_come_back(
    alarm: Alarm, inverter: Device
) -> None:
    shelve(alarm)
    heard(inverter, after(60))
    look(after(60))

    heard(inverter, UNTIL)
    look(UNTIL)

    alarm.refresh_from_db()
    assert alarm.status == AlarmStatus.CLEARED
    assert alarm.returned_at == after(60)


def test_a_cause_that_comes_again_meanwhile_stays_on_the_shelf(
    alarm: Alarm, inverter: Device
) -> None:
    shelve(alarm)
    for seconds, state in ((60, "producing"), (120, "fault")):
        heard(inverter, after(seconds), operating_state=state)
        look(after(seconds))

    assert not announced_alarms()
    assert Alarm.objects.count() == 1
    heard(inverter, UNTIL, operating_state="fault")
    look(UNTIL)
    assert announced_alarms().get() == alarm


@pytest.mark.parametrize(
    ("until", "reason", "field"),
    [
        (UNTIL, "   ", "reason"),
        (NOW, "known", "until"),
        (after(-60), "known", "until"),
        (after(hours=8, seconds=1), "known", "until"),
    ],
)
def test_without_reason_or_for_too_long_nothing_is_shelved(
    alarm: Alarm, until: object, reason: str, field: str
) -> None:
    with pytest.raises(ShelvingInvalid) as refused:
        shelve_alarms(alarm_ids=[alarm.pk], until=until, reason=reason, at=NOW, by="olga")  # type: ignore[arg-type]  # parametrized

    assert list(refused.value.fields) == [field]
    alarm.refresh_from_db()
    assert alarm.status == AlarmStatus.UNACKNOWLEDGED


def test_what_is_over_is_not_shelved_and_what_is_shelved_is_not_acknowledged(
    alarm: Alarm, inverter: Device
) -> None:
    shelve(alarm)
    assert acknowledge_alarms(alarm_ids=[alarm.pk], at=NOW, by="otto") == 0

    over = record_alarm(kind="overload", device=inverter, priority=3, message="x", at=NOW)
    assert over is not None
    acknowledge_alarm(alarm_id=over.pk, at=NOW, by="olga")
    return_alarm(kind="overload", device=inverter, at=NOW)
    moved = shelve_alarms(alarm_ids=[over.pk], until=UNTIL, reason="known", at=NOW, by="olga")
    assert moved == 0


def test_several_are_shelved_in_one_deed(alarm: Alarm, inverter: Device) -> None:
    other = record_alarm(kind="overload", device=inverter, priority=3, message="x", at=NOW)
    assert other is not None

    moved = shelve_alarms(
        alarm_ids=[alarm.pk, other.pk], until=UNTIL, reason="works", at=NOW, by="olga"
    )

    assert moved == 2


def test_an_alarm_that_is_not_there_cannot_be_shelved(db: None) -> None:
    with pytest.raises(NotFound):
        shelve_alarm(alarm_id=0, until=UNTIL, reason="x", at=NOW, by="olga")
    with pytest.raises(NotFound):
        unshelve_alarm(alarm_id=0, at=NOW, by="olga")


def test_the_timeline_tells_all_of_it(alarm: Alarm, inverter: Device) -> None:
    shelve(alarm)
    unshelve_alarm(alarm_id=alarm.pk, at=after(60), by="otto")
    acknowledge_alarm(alarm_id=alarm.pk, at=after(90), by="otto")
    heard(inverter, after(120))
    look(after(120))

    alarm.refresh_from_db()
    told = [(entry.what, entry.who, entry.reason) for entry in reversed(timeline_of(alarm))]

    assert told == [
        ("Raised", "alarm watch", ""),
        ("Shelved", "olga", "Until 2026-06-15 20:05 UTC. fan ordered"),
        ("Back from the shelf, its cause still there", "otto", "Taken from the shelf."),
        ("Acknowledged", "otto", ""),
        ("Returned and cleared", "alarm watch", "The cause is gone."),
    ]
