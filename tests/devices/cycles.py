"""How regularly devices were polled, by the history that keeps every poll."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from devices.models import Device, Reading


def p95_cycle_s(devices: Sequence[Device], begins: datetime, ends: datetime) -> float:
    """The 95th percentile of the time between two polls, over all these devices."""
    cycles = []
    for device in devices:
        times = Reading.objects.filter(
            device_id=device.pk, measured_at__gte=begins, measured_at__lt=ends
        ).order_by("measured_at")
        moments = list(times.values_list("measured_at", flat=True))
        assert len(moments) > (ends - begins).total_seconds() / 2, f"{device} was hardly polled"
        cycles += [(b - a).total_seconds() for a, b in pairwise(moments)]
    return sorted(cycles)[int(len(cycles) * 0.95)]
