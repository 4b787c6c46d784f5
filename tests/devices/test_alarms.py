"""Alarms: one per cause and place, returned at return, seen by a person (DV-5)."""

from datetime import timedelta
from typing import Any

import pytest

from derms.lib.errors import NotFound
from devices.models import Alarm, Device, DeviceCommand, LatestReading, ZoneLease
from devices.selectors import open_alarms
from devices.services import (
    acknowledge_alarm,
    record_alarm,
    return_alarm,
    watch_devices,
)
from tests.factories import AT, make_feeder

NOW = AT + timedelta(minutes=5)


def raised(device: Device) -> Alarm:
    alarm = record_alarm(
        kind="lost_communication", device=device, priority=3, message="silent", at=AT
    )
    assert alarm is not None
    return alarm


def served(device: Device) -> None:
    ZoneLease.objects.create(
        zone=device.zone, owner="gw", fence=1, expires_at=NOW, heartbeat_at=NOW
    )


def heard(device: Device, at: Any = NOW, **values: Any) -> None:
    facts = {"measured_at": at, "received_at": at, "quality": "good", "operating_state": "off"}
    LatestReading.objects.update_or_create(device=device, defaults=facts | values)


def commanded(device: Device, sequence: int, status: str, **facts: Any) -> DeviceCommand:
    return DeviceCommand.objects.create(
        device=device, idempotency_key=f"k{sequence}", sequence=sequence,
        function="limit_active_power", value_w=1, reversion_s=60, not_before=AT,
        expires_at=NOW + timedelta(hours=1), requested_at=AT, requested_by="olga", status=status,
        **facts,
    )  # fmt: skip


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


def test_missed_polls_raise_lost_communication_and_an_answer_returns_it(
    inverter: Device,
) -> None:
    served(inverter)
    heard(inverter, AT)

    assert watch_devices(at=NOW).raised == 1
    assert watch_devices(at=NOW).raised == 0
    heard(inverter)
    assert watch_devices(at=NOW).returned == 1

    alarm = Alarm.objects.get()
    assert alarm.kind == "lost_communication"
    assert alarm.status == "returned"
    assert "silent since" in alarm.message


def test_a_device_that_never_answered_is_lost_too(inverter: Device) -> None:
    served(inverter)

    watch_devices(at=NOW)

    assert "never answered" in Alarm.objects.get().message


def test_a_silent_gateway_is_one_alarm_and_not_one_for_each_device(inverter: Device) -> None:
    feeder = make_feeder("F12")

    assert watch_devices(at=NOW).raised == 0, "a start-up is no alarm"
    later = NOW + timedelta(seconds=31)
    assert watch_devices(at=later).raised == 1
    assert watch_devices(at=later).raised == 0

    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.feeder, alarm.priority) == ("gateway_silent", feeder, 1)
    served(inverter)
    heard(inverter)
    assert watch_devices(at=NOW).returned == 1


def test_a_gateway_that_has_just_begun_loses_nobody(inverter: Device) -> None:
    served(inverter)
    heard(inverter, AT)
    ZoneLease.objects.update(taken_at=NOW - timedelta(seconds=20))
    assert watch_devices(at=NOW).raised == 0

    ZoneLease.objects.update(taken_at=NOW - timedelta(seconds=40))

    assert watch_devices(at=NOW).raised == 1


def test_fault_bits_raise_and_return(inverter: Device) -> None:
    served(inverter)
    heard(inverter, alarm_bits=0x40)

    watch_devices(at=NOW)

    assert Alarm.objects.get().kind == "device_fault"
    assert "0x40" in Alarm.objects.get().message
    heard(inverter, alarm_bits=0)
    assert watch_devices(at=NOW).returned == 1


def test_a_failed_command_raises_until_a_newer_one_is_verified(inverter: Device) -> None:
    served(inverter)
    heard(inverter)
    failed = commanded(inverter, 1, "failed", ended_at=AT, fault="no answer")

    assert watch_devices(at=NOW).raised == 1
    assert watch_devices(at=NOW).raised == 0

    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.command) == ("command_failed", failed)
    commanded(inverter, 2, "verified", verified_at=NOW)
    assert watch_devices(at=NOW).returned == 1
    assert watch_devices(at=NOW).raised == 0


def test_what_a_device_still_holds_after_its_time_is_released(inverter: Device) -> None:
    served(inverter)
    held = commanded(inverter, 1, "verified", verified_at=AT)
    late = held.expires_at + timedelta(seconds=10)
    heard(inverter, late)

    assert watch_devices(at=late).released == 1
    assert watch_devices(at=late).released == 0

    release = DeviceCommand.objects.get(is_release=True)
    assert release.status == "queued"
    assert release.requested_by == "clock"
