"""PV systems and what they gave, for the look at their output; findings as pages show them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connection
from django.db.models import Q, QuerySet

from customers.models import Customer
from devices.capabilities import Function
from devices.maintenance import Mask, OfflineNow, OutputDay, Place, Quarter, System
from devices.models import (
    Device,
    DeviceCommand,
    HistoryProgress,
    MaintenanceFinding,
    MaintenanceFindingStatusChange,
    MaintenanceRun,
    SystemDay,
    UncountedDays,
)
from devices.statuses import MAINTENANCE_STANDING, MaintenanceStatus
from interconnection.models import DER
from interconnection.statuses import Technology

# Orders that change how much a system gives; the others shape voltage and reactive power.
HOLDING = (Function.LIMIT_ACTIVE_POWER, Function.SET_ACTIVE_POWER, Function.CONNECT)
# A device comes back by a ramp.
RECOVERY = timedelta(minutes=15)
Span = tuple[datetime, datetime]

QUARTERS = """
select device_id, begins_at, energy_injected_wh, covered_s from devices_rollup_quarter_hour
where device_id = any(%s::bigint[]) and begins_at >= %s and begins_at < %s
"""
LAST_HOURS = """
select device_id, count(*), min(power_mean_w), max(power_mean_w) from devices_rollup_quarter_hour
where device_id = any(%s::bigint[]) and begins_at >= %s and begins_at < %s
  and covered_s >= 720 and power_mean_w is not null
group by device_id
"""


@dataclass(frozen=True, slots=True)
class InService:
    """A PV system in service; `devices` has carried it since when and until when."""

    der_id: int
    rated_w: int
    place: Place
    postcode: str
    devices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fleet:
    """All that can be watched, and how many have no coordinates."""

    systems: Mapping[int, InService]
    without_place: int

    def device_ids(self) -> list[int]:
        return [device for one in self.systems.values() for device in one.devices]


def pv_in_service(at: datetime) -> Fleet:
    """PV systems with permission to operate at this moment; two questions."""
    ders = DER.objects.filter(
        Q(retired_at=None) | Q(retired_at__gt=at),
        technology=Technology.PHOTOVOLTAIC,
        permitted_at__lte=at,
    ).values_list(
        "pk",
        "active_power_rating_at_unity_power_factor_w",
        "usage_point__location__latitude",
        "usage_point__location__longitude",
        "usage_point__location__postcode",
    )
    devices: dict[int, list[int]] = defaultdict(list)
    carried = Device.objects.filter(der__technology=Technology.PHOTOVOLTAIC)
    for device, der in carried.order_by("pk").values_list("pk", "der_id"):
        if der is not None:
            devices[der].append(device)
    found, without = {}, 0
    for der_id, rated_w, latitude, longitude, postcode in ders.order_by("pk"):
        if latitude is None or longitude is None:
            without += 1
            continue
        place = Place(latitude, longitude)
        found[der_id] = InService(der_id, rated_w, place, postcode, tuple(devices[der_id]))
    return Fleet(found, without)


def quarters_of(
    device_ids: Collection[int], begins_at: datetime, ends_at: datetime
) -> dict[int, dict[datetime, Quarter]]:
    """Quarters of an hour of each device, by their beginning in UTC."""
    found: dict[int, dict[datetime, Quarter]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(QUARTERS, [list(device_ids), begins_at, ends_at])
        for device, at, energy_wh, heard_s in cursor:
            found[device][at.astimezone(UTC)] = Quarter(energy_wh, heard_s)
    return found


def held_spans(
    device_ids: Collection[int], begins_at: datetime, ends_at: datetime
) -> dict[int, list[Span]]:
    """When any order held each device, until its output had come back."""
    found: dict[int, list[Span]] = defaultdict(list)
    rows = DeviceCommand.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=begins_at - RECOVERY),
        device__in=list(device_ids),
        function__in=HOLDING,
        is_release=False,
        sent_at__lt=ends_at,
        expires_at__gt=begins_at - RECOVERY,
    ).values_list("device", "sent_at", "expires_at", "ended_at")
    for device, sent_at, expires_at, ended_at in rows:
        until = min(expires_at, ended_at) if ended_at else expires_at
        if sent_at is not None:
            found[device].append((sent_at, until + RECOVERY))
    return found


def output_now(fleet: Fleet, begins_at: datetime, ends_at: datetime) -> list[OfflineNow]:
    """Each system over the last hours."""
    devices = fleet.device_ids()
    held = held_spans(devices, begins_at, ends_at)
    with connection.cursor() as cursor:
        cursor.execute(LAST_HOURS, [devices, begins_at, ends_at])
        said = {device: (count, least, most) for device, count, least, most in cursor}
    found = []
    for one in fleet.systems.values():
        for device in one.devices[-1:]:
            count, least_w, most_w = said.get(device, (0, 0.0, 0.0))
            is_held = bool(held.get(device))
            found.append(OfflineNow(one.der_id, one.rated_w, count, least_w, most_w, is_held))
    return found


def systems_with_days(
    fleet: Fleet, der_ids: Collection[int], first: date, last: date
) -> dict[int, System]:
    """These systems with their days from first to last."""
    days: dict[int, dict[date, OutputDay]] = {der_id: {} for der_id in der_ids}
    rows = SystemDay.objects.filter(
        der__in=list(der_ids), day__gte=first, day__lte=last
    ).values_list("der_id", "day", "energy_wh", "clear_wh", "counted_share", "shift_h", "mask")
    for der_id, day, energy_wh, clear_wh, share, shift_h, mask in rows.iterator(chunk_size=10_000):
        days[der_id][day] = OutputDay(
            day, energy_wh, clear_wh, share, shift_h, Mask(mask) if mask else None
        )
    return {
        der_id: System(der_id, fleet.systems[der_id].place, known) for der_id, known in days.items()
    }


def declared_days(first: date, last: date) -> dict[str, frozenset[date]]:
    """Days that do not count by postcode; "" holds everywhere."""
    found: dict[str, set[date]] = defaultdict(set)
    for row in UncountedDays.objects.filter(begins_on__lte=last, ends_on__gte=first):
        begins, ends = max(first, row.begins_on), min(last, row.ends_on)
        found[row.postcode] |= {begins + timedelta(days=n) for n in range((ends - begins).days + 1)}
    return {postcode: frozenset(days) for postcode, days in found.items()}


def history_began() -> datetime | None:
    """Since when there are quarters of an hour."""
    return _quarters("begun_at")


def quarters_until() -> datetime | None:
    """Up to where quarters of an hour are worked out."""
    return _quarters("done_until")


def _quarters(name: str) -> datetime | None:
    part = HistoryProgress.Part.QUARTER_HOUR
    return HistoryProgress.objects.filter(part=part).values_list(name, flat=True).first()


# What pages show ----------------------------------------------------------------------------------
def findings() -> QuerySet[MaintenanceFinding]:
    return MaintenanceFinding.objects.select_related(
        "der__usage_point__customer",
        "der__usage_point__location",
        "der__agreement__tariff_version__tariff",
    ).order_by("-found_at", "-pk")


def find_findings(*, show: str, kind: str) -> QuerySet[MaintenanceFinding]:
    """`show`: a status, "all", or nothing for those that stand."""
    found = findings()
    if show in MaintenanceStatus.values:
        found = found.filter(status=show)
    elif show != "all":
        found = found.filter(status__in=MAINTENANCE_STANDING)
    return found.filter(kind=kind) if kind else found


def moves_of(finding: MaintenanceFinding) -> QuerySet[MaintenanceFindingStatusChange]:
    """Newest first."""
    return MaintenanceFindingStatusChange.objects.filter(finding=finding).order_by("-pk")


def told_findings(customers: Iterable[Customer]) -> QuerySet[MaintenanceFinding]:
    """What these customers were told and still holds."""
    return findings().filter(
        der__usage_point__customer__in=customers, status=MaintenanceStatus.TOLD
    )


def standing_findings(customers: Iterable[Customer]) -> QuerySet[MaintenanceFinding]:
    return findings().filter(
        der__usage_point__customer__in=customers, status__in=MAINTENANCE_STANDING
    )


def last_run() -> MaintenanceRun | None:
    return MaintenanceRun.objects.exclude(judged_at=None).order_by("-day").first()
