"""The figures of this installation for its alarms."""

from typing import Any

from django.conf import settings

from devices.alarming.policy import Policy


def policy() -> Policy:
    figures: dict[str, Any] = settings.ALARM_POLICY
    return Policy(**figures)
