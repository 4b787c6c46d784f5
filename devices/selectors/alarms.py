"""Which alarms stand."""

from django.db.models import QuerySet

from devices.models import Alarm
from devices.statuses import AlarmStatus


def alarms() -> "QuerySet[Alarm]":
    return Alarm.objects.select_related("device__zone", "feeder", "command").order_by(
        "-raised_at", "-pk"
    )


def open_alarms() -> "QuerySet[Alarm]":
    """Everything that still needs somebody: the most urgent first, then the newest."""
    return alarms().exclude(status=AlarmStatus.CLEARED).order_by("priority", "-raised_at", "-pk")
