"""A list of devices is received, read and compared with the register; nothing is applied (DV-6)."""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from django.db import connection, transaction

from derms.lib.errors import Conflict, NotFound
from derms.lib.jobs import run_after_commit
from devices.models import ImportRow, ImportRun
from devices.register.matching import Choice, Judged
from devices.register.reading import DeviceList, read_list
from devices.register.resolving import Resolved
from devices.register.table import FileRefused, check_size
from devices.selectors.importing import applied_before, judge, rows_of, texts_of
from devices.statuses import IMPORT_OPEN, ImportStatus

WORKER = "import"
ROWS_AT_ONCE = 1000
ATTEMPTS_MAX = 3
BELL_LOST_AFTER = timedelta(seconds=5)
WORKER_LOST_AFTER = timedelta(seconds=45)
LOCK_SPACE = 0x1157
JUDGED = """
update devices_importrow r set
    verdict = w.verdict, findings = w.findings, changes = w.changes, resolved = w.resolved,
    device_id = w.device_id, has_likeness = w.has_likeness
from jsonb_to_recordset(%s::jsonb) as w(
    line int, verdict text, findings jsonb, changes jsonb, resolved jsonb, device_id bigint,
    has_likeness boolean)
where r.run_id = %s and r.line = w.line
"""


class PreviewOutdated(Conflict):
    """The import is not as the person saw it, or not where this can be done."""

    code = "preview_outdated"


def receive_list(*, content: bytes, file_name: str, at: datetime, by: str) -> ImportRun:
    """Keep the file and let a worker read it; raises FileRefused when it is empty or too large."""
    check_size(content)
    name = "".join(c if c.isprintable() else " " for c in PurePath(file_name).name).strip()
    with transaction.atomic():
        run = ImportRun.objects.create(
            file_name=name[-200:] or "unnamed",
            file_sha256=hashlib.sha256(content).hexdigest(),
            file_size=len(content),
            content=content,
            uploaded_at=at,
            uploaded_by=by,
            waiting_since=at,
        )
        run.status_changes.create(old_status="", new_status=run.status, at=at, by=by)
        run_after_commit("devices.tasks.check_list", run=run.pk)
    return run


def check_list(*, run_id: int, at: datetime) -> ImportRun | None:
    """Read a received file and compare it with the register: a preview, or a refusal in words.

    None when there is nothing to do or another worker does it. A worker that dies leaves the run
    as it is; the next one begins from the file again.
    """
    with alone_with(run_id) as is_mine:
        waiting = (ImportStatus.RECEIVED, ImportStatus.CHECKING)
        run = ImportRun.objects.filter(pk=run_id, status__in=waiting).first()
        if not is_mine or run is None:
            return None
        _begin(run, at)
        if run.attempts > ATTEMPTS_MAX:
            words = "It could not be read in time, three times over. Split the file and try again."
            return _refuse(run, words, at)
        try:
            found = read_list(bytes(run.content or b""))
        except FileRefused as refusal:
            return _refuse(run, refusal.message, at)
        ImportRun.objects.filter(pk=run.pk).update(rows_total=len(found.rows))
        _store(run, found, judge(found.rows, {}))
        return _present(run, found, at)


def review_list(*, run: ImportRun, at: datetime) -> ImportRun:
    """Compare the rows of a preview with the register as it is now."""
    with transaction.atomic():
        locked = ImportRun.objects.select_for_update().defer("content").get(pk=run.pk)
        if locked.status != ImportStatus.READY:
            raise PreviewOutdated(f"{run} is no preview any more. Reload the page.")
        compare_again(locked, at)
    return locked


def choose_rows(
    *,
    run_id: int,
    edition: int,
    choices: Mapping[int, str],
    left_out: Mapping[int, bool],
    at: datetime,
) -> ImportRun:
    """Keep what a person decided of some rows, by line, and judge the whole list with it."""
    with transaction.atomic():
        run = preview_as_seen(run_id, edition)
        for choice in Choice:
            lines = [line for line, chosen in choices.items() if chosen == choice]
            run.rows.filter(line__in=lines).update(choice=choice)
        for is_out in (True, False):
            lines = [line for line, out in left_out.items() if out == is_out]
            run.rows.filter(line__in=lines).update(is_left_out=is_out)
        compare_again(run, at)
    return run


def discard_list(*, run_id: int, at: datetime, by: str) -> ImportRun:
    """Give a list up; its rows stay as a record."""
    run = ImportRun.objects.defer("content").filter(pk=run_id).first()
    if run is None:
        raise NotFound(f"There is no import {run_id}.")
    return run.move(ImportStatus.DISCARDED, at=at, by=by, content=None)


def unfinished_lists(*, at: datetime) -> list[ImportRun]:
    """Those whose bell was lost or whose worker was."""
    runs = ImportRun.objects.filter(status__in=IMPORT_OPEN).defer("content").order_by("pk")
    return [
        run
        for run in runs
        if (run.began_at is None and run.waiting_since < at - BELL_LOST_AFTER)
        or (run.began_at is not None and run.began_at < at - WORKER_LOST_AFTER)
    ]


@contextlib.contextmanager
def alone_with(run_id: int) -> Iterator[bool]:
    """Whether this worker is the only one with the run; a dead worker's lock is gone with it."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s, %s)", [LOCK_SPACE, run_id])
        is_mine = bool(cursor.fetchone()[0])
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s, %s)", [LOCK_SPACE, run_id])


def preview_as_seen(run_id: int, edition: int) -> ImportRun:
    """The run, locked, when it still is the preview that the person saw."""
    run = ImportRun.objects.select_for_update().defer("content").filter(pk=run_id).first()
    if run is None:
        raise NotFound(f"There is no import {run_id}.")
    if run.status != ImportStatus.READY:
        raise PreviewOutdated(f"{run} is {run.get_status_display().lower()} by now.")
    if run.edition != edition:
        raise PreviewOutdated("The preview has changed since you looked. Look at it again.")
    return run


def compare_again(run: ImportRun, at: datetime) -> list[Judged]:
    """Judge every row anew and keep what came out; the run is locked by the caller."""
    rows = list(rows_of(run))
    choices = {row.line: Choice(row.choice) for row in rows if row.choice}
    judged = judge([texts_of(row) for row in rows], choices)
    before = {row.line: outcome_of_row(row) for row in rows}
    fresh = [row for row in judged if outcome(row) != before[row.entry.line]]
    with connection.cursor() as cursor:
        cursor.execute(JUDGED, [json.dumps([_kept(row) for row in fresh]), run.pk])
    run.edition, run.checked_at, run.problem = run.edition + 1, at, ""
    run.save(update_fields=["edition", "checked_at", "problem"])
    return judged


def outcome(row: Judged) -> dict[str, Any]:
    """What came out for a row, as it is kept."""
    return {
        "verdict": row.verdict.value,
        "findings": [asdict(finding) for finding in row.findings],
        "changes": [asdict(change) for change in row.changes],
        "resolved": _as_json(row.resolved),
        "device_id": row.device.id if row.device else None,
        "has_likeness": bool(row.like),
    }


def _as_json(resolved: Resolved | None) -> dict[str, Any]:
    if resolved is None:
        return {}
    return asdict(resolved) | {"place": list(resolved.place) if resolved.place else None}


def outcome_of_row(row: ImportRow) -> dict[str, Any]:
    return {
        "verdict": row.verdict,
        "findings": row.findings,
        "changes": row.changes,
        "resolved": row.resolved,
        "device_id": row.device_id,
        "has_likeness": row.has_likeness,
    }


def _kept(row: Judged) -> dict[str, Any]:
    return {"line": row.entry.line, **outcome(row)}


def _begin(run: ImportRun, at: datetime) -> None:
    with transaction.atomic():
        run.rows.all().delete()
        facts: dict[str, Any] = {"attempts": run.attempts + 1, "began_at": at, "rows_done": 0}
        if run.status == ImportStatus.RECEIVED:
            run.move(ImportStatus.CHECKING, at=at, by=WORKER, **facts)
        else:
            ImportRun.objects.filter(pk=run.pk).update(**facts)
            run.attempts += 1


def _refuse(run: ImportRun, words: str, at: datetime) -> ImportRun:
    return run.move(
        ImportStatus.REFUSED, at=at, by=WORKER, reason=words, problem=words, content=None
    )


def _store(run: ImportRun, found: DeviceList, judged: Sequence[Judged]) -> None:
    """Keep the rows, a thousand at a time, so that the page can say how far it is."""
    texts = {row.line: row for row in found.rows}
    for first in range(0, len(judged), ROWS_AT_ONCE):
        some = judged[first : first + ROWS_AT_ONCE]
        with transaction.atomic():
            ImportRow.objects.bulk_create(
                ImportRow(
                    run=run,
                    line=row.entry.line,
                    texts=dict(texts[row.entry.line].texts),
                    odd=dict(texts[row.entry.line].odd),
                    **outcome(row),
                )
                for row in some
            )
            ImportRun.objects.filter(pk=run.pk).update(rows_done=first + len(some))


def _present(run: ImportRun, found: DeviceList, at: datetime) -> ImportRun:
    notes = list(found.notes)
    before = applied_before(run)
    if before is not None and before.applied_at is not None:
        notes.append(
            f"This very file was applied on {before.applied_at:%d %b %Y %H:%M} UTC by "
            f"{before.applied_by}."
        )
    return run.move(
        ImportStatus.READY, at=at, by=WORKER, read_as=found.read_as, notes=notes, checked_at=at,
        edition=1, content=None, rows_total=len(found.rows),
    )  # fmt: skip
