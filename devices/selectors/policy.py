"""The figures of this installation for its alarms and for the care of PV systems."""

from typing import Any

from django.conf import settings

from devices.alarming.policy import Policy
from devices.maintenance import course


def policy() -> Policy:
    figures: dict[str, Any] = settings.ALARM_POLICY
    return Policy(**figures)


def care_policy() -> course.Policy:
    figures: dict[str, Any] = settings.CARE_POLICY
    return course.Policy(**figures)
