"""The register as a list is compared with it, and imports as people look at them (DV-6)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Upper

from customers.models import UsagePoint
from devices.models import Device, ImportRow, ImportRun, Zone
from devices.register.columns import COLUMNS
from devices.register.image import (
    OpenUnit,
    RegisteredDER,
    RegisteredDevice,
    RegisteredPoint,
    RegisterImage,
)
from devices.register.matching import Choice, Judged, Verdict, compare
from devices.register.spelling import looks
from devices.register.values import Entry, RowTexts, entry_of
from devices.selectors.commands import commands_in_force
from interconnection.models import DER, ApplicationUnit, ServiceConnection
from interconnection.statuses import APPLICATION_ENDED, Technology

KINDS: Mapping[str, str] = {
    Technology.PHOTOVOLTAIC.value: Device.Kind.INVERTER.value,
    Technology.BATTERY.value: Device.Kind.BATTERY.value,
}
APPLICABLE = (Verdict.NEW.value, Verdict.CHANGED.value)
TO_CORRECT = (Verdict.REFUSED.value, Verdict.UNDECIDED.value)
DEVICE_FIELDS = (
    "id", "serial_number", "manufacturer", "model", "kind", "usage_point_id",
    "usage_point__meter_number", "der_id", "host", "port", "unit", "zone__name", "poll_period_s",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RunCounts:
    """How many rows of an import came out how, and how many would be applied."""

    by_verdict: Mapping[str, int]
    total: int
    to_apply: int


def judge(rows: Sequence[RowTexts], choices: Mapping[int, Choice]) -> list[Judged]:
    """Read the rows and compare them with the register as it is now, in a fixed number of
    queries.
    """
    entries = [entry_of(row) for row in rows]
    return compare(entries, register_image(entries), choices)


def register_image(entries: Iterable[Entry]) -> RegisterImage:
    devices = tuple(
        RegisteredDevice(*values)
        for values in Device.objects.filter(active_to__isnull=True)
        .order_by("pk")
        .values_list(*DEVICE_FIELDS)
    )
    meters = {entry.meter_number.upper() for entry in entries if entry.meter_number}
    meters |= {device.meter_number.upper() for device in devices}
    return RegisterImage(
        devices=devices,
        points=_points(meters),
        zones=frozenset(Zone.objects.values_list("name", flat=True)),
        open_units=_open_units(),
        commanded=frozenset(
            commands_in_force([device.id for device in devices])
            .order_by()
            .values_list("device_id", flat=True)
            .distinct()
        ),
    )


def _points(meters: Collection[str]) -> dict[str, RegisteredPoint]:
    found = list(
        UsagePoint.objects.annotate(wanted=Upper("meter_number"))
        .filter(wanted__in=meters)
        .values_list("pk", "meter_number")
    )
    ids = [pk for pk, _ in found]
    zones = dict(
        ServiceConnection.objects.filter(usage_point__in=ids).values_list(
            "usage_point_id", "transformer__bus__feeder__name"
        )
    )
    ders = _ders(ids)
    return {
        meter.upper(): RegisteredPoint(
            pk, meter, zones.get(pk, "").lower(), tuple(ders.get(pk, ()))
        )
        for pk, meter in found
    }


def _ders(point_ids: Sequence[int]) -> dict[int, list[RegisteredDER]]:
    by_point: dict[int, list[RegisteredDER]] = defaultdict(list)
    rows = (
        DER.objects.filter(usage_point__in=point_ids, retired_at__isnull=True)
        .order_by("pk")
        .values_list(
            "pk", "mrid", "name", "unit__application__reference", "technology",
            "usage_point_id", "manufacturer", "serial_number",
        )
    )  # fmt: skip
    for pk, mrid, name, reference, technology, point, maker, serial in rows:
        kind = KINDS.get(technology, "")
        by_point[point].append(
            RegisteredDER(pk, str(mrid), name, reference or "", kind, point, maker, serial)
        )
    return by_point


def _open_units() -> dict[str, tuple[OpenUnit, ...]]:
    found: dict[str, tuple[OpenUnit, ...]] = {}
    units = (
        ApplicationUnit.objects.exclude(application__status__in=APPLICATION_ENDED)
        .exclude(serial_number="")
        .order_by("pk")
        .values_list("manufacturer", "serial_number", "application__reference")
    )
    for maker, serial, reference in units:
        similar = looks(serial)
        found[similar] = (*found.get(similar, ()), OpenUnit(maker, serial, reference))
    return found


def import_runs() -> QuerySet[ImportRun]:
    """Newest first, without the files."""
    return ImportRun.objects.defer("content").order_by("-pk")


def applied_before(run: ImportRun) -> ImportRun | None:
    """The last import of the very same file that was applied."""
    return import_runs().filter(
        file_sha256=run.file_sha256, applied_at__isnull=False
    ).exclude(pk=run.pk).first()  # fmt: skip


def run_counts(run: ImportRun) -> RunCounts:
    found = run.rows.values("verdict").annotate(
        count=Count("pk"), left_out=Count("pk", filter=Q(is_left_out=True))
    )
    by_verdict = {verdict.value: 0 for verdict in Verdict}
    to_apply = 0
    for row in found:
        by_verdict[row["verdict"]] = row["count"]
        if row["verdict"] in APPLICABLE:
            to_apply += row["count"] - row["left_out"]
    return RunCounts(by_verdict, sum(by_verdict.values()), to_apply)


def rows_of(run: ImportRun, verdict: str = "") -> QuerySet[ImportRow]:
    """In the order of the file; those of one verdict when it is named."""
    rows = ImportRow.objects.filter(run=run).select_related("device").order_by("line")
    return rows.filter(verdict=verdict) if verdict else rows


def texts_of(row: ImportRow) -> RowTexts:
    return RowTexts(row.line, row.texts, row.odd)


def zones_to_make(run: ImportRun) -> list[str]:
    """Zones that rows to be applied name and that are not there yet."""
    named: set[Any] = set(
        run.rows.filter(verdict__in=APPLICABLE, is_left_out=False).values_list(
            "texts__zone", flat=True
        )
    )
    wanted = {str(name).strip().casefold() for name in named if name}
    return sorted(wanted - set(Zone.objects.values_list("name", flat=True)))


HEADS = tuple(column.label for column in COLUMNS)
