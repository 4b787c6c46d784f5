"""Alarms: one per cause and place, returned at return, seen by a person (DV-5)."""

import pytest

from derms.lib.errors import NotFound
from devices.models import Alarm, Device
from devices.selectors import open_alarms
from devices.services import acknowledge_alarm, record_alarm, return_alarm
from tests.devices.alarms.scenes import NOW
from tests.factories import AT


def raised(device: Device) -> Alarm:
    alarm = record_alarm(
        kind="lost_communication", device=device, priority=3, message="silent", at=AT
    )
    assert alarm is not None
    return alarm


def test_the_same_cause_is_raised_once(inverter: Device) -> None:
    first = raised(inverter)

    again = record_alarm(
        kind="lost_communication", device=inverter, priority=3, message="silent", at=NOW
    )

    assert again is None
    assert list(open_alarms()) == [first]


def test_acknowledged_and_then_returned_is_cleared(inverter: Device) -> None:
    alarm = acknowledge_alarm(alarm_id=raised(inverter).pk, at=AT, by="olga")
    assert (alarm.status, alarm.acknowledged_by) == ("acknowledged", "olga")

    return_alarm(kind="lost_communication", device=inverter, at=NOW)

    alarm.refresh_from_db()
    assert alarm.status == "cleared"
    assert [c.new_status for c in alarm.status_changes.order_by("pk")] == [
        "unacknowledged",
        "acknowledged",
        "cleared",
    ]


def test_returned_unseen_stays_until_somebody_has_seen_it(inverter: Device) -> None:
    alarm = raised(inverter)
    return_alarm(kind="lost_communication", device=inverter, at=NOW)
    alarm.refresh_from_db()
    assert alarm.status == "returned"

    acknowledge_alarm(alarm_id=alarm.pk, at=NOW, by="olga")

    alarm.refresh_from_db()
    assert alarm.status == "cleared"


def test_a_returned_cause_that_comes_back_is_the_same_alarm(inverter: Device) -> None:
    alarm = raised(inverter)
    return_alarm(kind="lost_communication", device=inverter, at=NOW)

    back = record_alarm(
        kind="lost_communication", device=inverter, priority=3, message="silent", at=NOW
    )

    assert back is not None
    assert back.pk == alarm.pk
    assert back.status == "unacknowledged"


def test_acknowledging_twice_changes_nothing_and_nothing_cannot_be_seen(
    inverter: Device,
) -> None:
    alarm = raised(inverter)
    acknowledge_alarm(alarm_id=alarm.pk, at=AT, by="olga")

    twice = acknowledge_alarm(alarm_id=alarm.pk, at=NOW, by="otto")

    assert twice.acknowledged_by == "olga"
    with pytest.raises(NotFound):
        acknowledge_alarm(alarm_id=0, at=NOW, by="olga")
