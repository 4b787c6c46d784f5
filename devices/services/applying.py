"""A checked list of devices goes into the register: all chosen rows, or nothing (DV-6)."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pghistory
from django.db import IntegrityError, connection, transaction

from derms.lib.errors import Conflict, Refused
from derms.lib.jobs import run_after_commit
from devices.models import Device, ImportRow, ImportRun, Zone
from devices.register.matching import Choice, Judged, Verdict
from devices.selectors.importing import APPLICABLE, judge, texts_of
from devices.services.importing import (
    WORKER,
    alone_with,
    check_list,
    compare_again,
    outcome,
    outcome_of_row,
    preview_as_seen,
    unfinished_lists,
)
from devices.services.registration import tell_gateway
from devices.statuses import ImportStatus

ROWS_AT_ONCE = 1000
NAMED_MAX = 5
# Devices that leave an address which another one of the list takes: out of the way first.
PARK = """
update devices_device set host = 'moving-' || id
where id = any(%s) and active_to is null
"""
CHANGE = """
update devices_device d set
    manufacturer = w.manufacturer, model = w.model, serial_number = w.serial_number,
    host = w.host, port = w.port, unit = w.unit, zone_id = w.zone_id,
    poll_period_s = w.poll_period_s
from jsonb_to_recordset(%s::jsonb) as w(
    id bigint, manufacturer text, model text, serial_number text, host text, port int,
    unit smallint, zone_id bigint, poll_period_s float8)
where d.id = w.id and d.active_to is null
"""
BECAME = """
update devices_importrow r set is_applied = true, device_id = w.device_id
from jsonb_to_recordset(%s::jsonb) as w(line int, device_id bigint)
where r.run_id = %s and r.line = w.line
"""


class NothingToApply(Refused):
    """No row of the list would change the register."""

    code = "nothing_to_apply"


class RegisterChanged(Conflict):
    """The register is not what the preview was made of."""

    code = "register_changed"


def ask_to_apply(*, run_id: int, edition: int, at: datetime, by: str) -> ImportRun:
    """Take the person's word for the preview as it stands; a worker applies it."""
    with transaction.atomic():
        run = preview_as_seen(run_id, edition)
        if not _chosen(run).exists():
            raise NothingToApply("No row would change the register. Decide or correct rows first.")
        run.move(
            ImportStatus.APPLYING, at=at, by=by, applied_by=by, began_at=None, uploaded_at=at,
            problem="",
        )  # fmt: skip
        run_after_commit("devices.tasks.apply_list", run=run.pk)
    return run


def apply_list(*, run_id: int, at: datetime) -> ImportRun | None:
    """Judge the chosen rows against the register as it is now and write them in one transaction.

    When a single one comes out otherwise than in the preview, nothing is written, and the run is
    a preview again that says why. None when there is nothing to do or another worker does it.
    """
    with alone_with(run_id) as is_mine:
        run = ImportRun.objects.filter(pk=run_id, status=ImportStatus.APPLYING).first()
        if not is_mine or run is None:
            return None
        ImportRun.objects.filter(pk=run.pk).update(began_at=at)
        try:
            with transaction.atomic():
                _say_in_history(by=run.applied_by, import_run=run.pk)
                _apply(run, at)
                return run.move(ImportStatus.APPLIED, at=at, by=run.applied_by, applied_at=at)
        except RegisterChanged as refusal:
            words = refusal.message
        except IntegrityError:
            words = (
                "Somebody registered one of these devices or addresses at the same moment. "
                "Nothing was written."
            )
        return _back_to_preview(run, words, at)


def continue_lists(*, at: datetime) -> int:
    """Do what a lost bell or a lost worker left undone; the number of lists taken up."""
    lists = unfinished_lists(at=at)
    for run in lists:
        if run.status == ImportStatus.APPLYING:
            apply_list(run_id=run.pk, at=at)
        else:
            check_list(run_id=run.pk, at=at)
    return len(lists)


def _say_in_history(**facts: object) -> None:
    """Who and why, for every event of this transaction.

    The context is set by one statement and lasts until the transaction ends; left open, it would
    write itself and all parameters into each of the large statements that follow.
    """
    with pghistory.context(**facts), connection.cursor() as cursor:
        cursor.execute("values (1)")


def _chosen(run: ImportRun) -> Any:  # noqa: ANN401  a queryset of rows
    return run.rows.filter(verdict__in=APPLICABLE, is_left_out=False).order_by("line")


def _apply(run: ImportRun, at: datetime) -> None:
    rows: list[ImportRow] = list(_chosen(run))
    held = [row.device_id for row in rows if row.device_id is not None]
    # Whoever changes one of these now waits until the list is in, or the list until they are.
    list(Device.objects.filter(pk__in=held).select_for_update().order_by("pk").values_list("pk"))
    choices = {row.line: Choice(row.choice) for row in rows if row.choice}
    judged = judge([texts_of(row) for row in rows], choices)
    _refuse_other_outcomes(rows, judged)
    zones = _zones({row.resolved.zone for row in judged if row.resolved})
    left = _zones_left(judged)
    changed = [row for row in judged if row.verdict == Verdict.CHANGED]
    _change(changed, zones)
    made = _register(
        [row for row in judged if row.verdict == Verdict.NEW], zones, by=run.applied_by, at=at
    )
    became = {row.entry.line: row.device.id for row in changed if row.device} | made
    with connection.cursor() as cursor:
        content = [{"line": line, "device_id": pk} for line, pk in became.items()]
        cursor.execute(BECAME, [json.dumps(content), run.pk])
    for zone in {*zones.values(), *left}:
        tell_gateway(zone)


def _refuse_other_outcomes(rows: Sequence[ImportRow], judged: Sequence[Judged]) -> None:
    """Compare what would be written with what the person saw."""
    shown = {row.line: outcome_of_row(row) for row in rows}
    other = [
        row
        for row in judged
        if any(
            value != shown[row.entry.line][name]
            for name, value in outcome(row).items()
            if name != "findings"
        )
    ]
    if other:
        named = " ".join(_words(row) for row in other[:NAMED_MAX])
        more = f" And {len(other) - NAMED_MAX} more." if len(other) > NAMED_MAX else ""
        raise RegisterChanged(
            f"The register has changed since the preview, or rows depend on others that are left "
            f"out. Nothing was written. {named}{more} Look at the preview again."
        )


def _words(row: Judged) -> str:
    reasons = " ".join(finding.what for finding in row.findings if finding.level != "warning")
    return f"Line {row.entry.line} is {row.verdict} now. {reasons}".strip()


def _zones(names: set[str]) -> dict[str, Zone]:
    Zone.objects.bulk_create((Zone(name=name) for name in sorted(names)), ignore_conflicts=True)
    return {zone.name: zone for zone in Zone.objects.filter(name__in=names)}


def _zones_left(judged: Sequence[Judged]) -> list[Zone]:
    """Zones that devices move out of: their gateways drop them."""
    names = {row.device.zone for row in judged if row.device}
    return list(Zone.objects.filter(name__in=names))


def _change(rows: Sequence[Judged], zones: dict[str, Zone]) -> None:
    taken = {row.place for row in rows}
    leaving = [
        row.device.id for row in rows
        if row.device and row.device.place in taken and row.device.place != row.place
    ]  # fmt: skip
    with connection.cursor() as cursor:
        if leaving:
            cursor.execute(PARK, [leaving])
        cursor.execute(CHANGE, [json.dumps([_changed(row, zones) for row in rows])])
        if cursor.rowcount != len(rows):
            raise RegisterChanged(
                "A device of the list went out of service meanwhile. Nothing was written."
            )


def _changed(row: Judged, zones: dict[str, Zone]) -> dict[str, Any]:
    """The whole row of a registered device, with the changes in it."""
    device, resolved = row.device, row.resolved
    if device is None or resolved is None or resolved.place is None:
        raise RegisterChanged(f"Line {row.entry.line} has lost its device. Nothing was written.")
    new = {change.column: change.new for change in row.changes}
    _, port, unit = resolved.place
    return {
        "id": device.id,
        "manufacturer": new.get("manufacturer", device.manufacturer),
        "model": new.get("model", device.model),
        "serial_number": new.get("serial_number", device.serial_number),
        "host": new.get("host", device.host),
        "port": port,
        "unit": unit,
        "zone_id": zones[resolved.zone].pk,
        "poll_period_s": resolved.poll_period_s,
    }


def _register(
    rows: Sequence[Judged], zones: dict[str, Zone], *, by: str, at: datetime
) -> dict[int, int]:
    """New devices, by the line each came from."""
    fresh = [_device(row, zones, by, at) for row in rows]
    made = Device.objects.bulk_create(fresh, batch_size=ROWS_AT_ONCE)
    return {row.entry.line: device.pk for row, device in zip(rows, made, strict=True)}


def _device(row: Judged, zones: dict[str, Zone], by: str, at: datetime) -> Device:
    entry, resolved = row.entry, row.resolved
    if resolved is None or resolved.place is None or resolved.usage_point_id is None:
        raise RegisterChanged(f"Line {entry.line} has lost its place. Nothing was written.")
    host, port, unit = resolved.place
    return Device(
        kind=entry.kind,
        der_id=resolved.der_id,
        usage_point_id=resolved.usage_point_id,
        zone=zones[resolved.zone],
        host=host,
        port=port,
        unit=unit,
        serial_number=entry.serial_number,
        manufacturer=entry.manufacturer,
        model=entry.model,
        poll_period_s=resolved.poll_period_s,
        registered_by=by,
        active_from=at,
    )


def _back_to_preview(run: ImportRun, words: str, at: datetime) -> ImportRun:
    with transaction.atomic():
        run.move(ImportStatus.READY, at=at, by=WORKER, reason=words)
        compare_again(run, at)
        ImportRun.objects.filter(pk=run.pk).update(problem=words)
        run.problem = words
    return run
