"""Compare a list of devices with the register, and apply it when asked to."""

from __future__ import annotations

import getpass
import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone
from typing_extensions import override

from derms.lib.errors import DermsError
from devices.models import ImportRow, ImportRun
from devices.register.columns import BY_KEY
from devices.register.table import LIMITS
from devices.selectors.importing import TO_CORRECT, import_runs, rows_of, run_counts
from devices.services import apply_list, ask_to_apply, check_list, receive_list
from devices.statuses import IMPORT_OPEN, ImportStatus

FAILED = 2
PATIENCE_S = 120.0


class Command(BaseCommand):
    """Read a CSV or an Excel workbook; without --apply nothing is written to the register."""

    help = (
        "Compare a list of devices (CSV or .xlsx) with the register, row by row. Without --apply "
        f"it is a dry run. {LIMITS} Exit code 2 when the file or any row is not accepted."
    )

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--dry-run", action="store_true", help="write nothing (the default)")
        how.add_argument("--apply", action="store_true", help="write the rows, all or none")
        parser.add_argument(
            "--leave-out",
            action="store_true",
            help="with --apply: leave out rows that are refused or not decided",
        )
        parser.add_argument("--by", default="", help="who does this, for the record")
        parser.add_argument("--json", action="store_true", help="print JSON instead of words")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        by = options["by"] or f"{getpass.getuser()} (command line)"
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        try:
            run = receive_list(content=content, file_name=path.name, at=timezone.now(), by=by[:150])
            check_list(run_id=run.pk, at=timezone.now())
            run = _settled(run)
            if options["apply"] and run.status == ImportStatus.READY:
                run = _apply(run, by=by[:150], leaves_out=options["leave_out"])
        except DermsError as refusal:
            raise CommandError(refusal.message, returncode=FAILED) from refusal
        self.stdout.write(_as_json(run) if options["json"] else _as_words(run))
        if _is_lacking(run, applied=options["apply"]):
            sys.exit(FAILED)


def _apply(run: ImportRun, *, by: str, leaves_out: bool) -> ImportRun:
    counts = run_counts(run)
    if any(counts.by_verdict[verdict] for verdict in TO_CORRECT) and not leaves_out:
        return run
    if counts.to_apply:
        ask_to_apply(run_id=run.pk, edition=run.edition, at=timezone.now(), by=by)
        apply_list(run_id=run.pk, at=timezone.now())
    return _settled(run)


def _settled(run: ImportRun) -> ImportRun:
    """The run when nobody works on it: a worker may have heard the bell before us."""
    until = time.monotonic() + PATIENCE_S
    while True:
        found = import_runs().get(pk=run.pk)
        if found.status not in IMPORT_OPEN or time.monotonic() > until:
            return found
        time.sleep(0.2)


def _is_lacking(run: ImportRun, *, applied: bool) -> bool:
    """Whether somebody has to look at it again."""
    counts = run_counts(run)
    if run.status == ImportStatus.APPLIED:
        return False
    if run.status != ImportStatus.READY or run.problem or (applied and counts.to_apply):
        return True
    return any(counts.by_verdict[verdict] for verdict in TO_CORRECT)


def _as_json(run: ImportRun) -> str:
    counts = run_counts(run)
    content = {
        "run": run.pk,
        "page": reverse("operations_import", args=[run.pk]),
        "file": run.file_name,
        "sha256": run.file_sha256,
        "read_as": run.read_as,
        "status": run.status,
        "problem": run.problem,
        "notes": run.notes,
        "counts": {**counts.by_verdict, "total": counts.total, "to_apply": counts.to_apply},
        "rows": [_row(row) for row in rows_of(run)],
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def _row(row: ImportRow) -> dict[str, Any]:
    return {
        "line": row.line,
        "serial_number": row.texts.get("serial_number", ""),
        "manufacturer": row.texts.get("manufacturer", ""),
        "verdict": row.verdict,
        "device": row.device_id,
        "is_applied": row.is_applied,
        "changes": row.changes,
        "findings": row.findings,
    }


def _as_words(run: ImportRun) -> str:
    counts = run_counts(run)
    lines = [f"{run.file_name}: {run.get_status_display().lower()}."]
    lines += [run.problem] if run.problem else []
    lines += list(run.notes)
    if counts.total:
        told = ", ".join(f"{count} {verdict}" for verdict, count in counts.by_verdict.items())
        lines.append(f"{counts.total} rows: {told}.")
    for row in rows_of(run).exclude(findings=[], changes=[]):
        said = [f"{BY_KEY[c['column']].label}: {c['old']} -> {c['new']}." for c in row.changes]
        said += [f"{BY_KEY[f['column']].label}: {f['what']} {f['advice']}" for f in row.findings]
        lines.append(f"line {row.line} ({row.verdict}): {' '.join(said)}")
    if run.status == ImportStatus.READY and counts.to_apply:
        page = reverse("operations_import", args=[run.pk])
        lines.append(f"Nothing is written. Look at it and apply it at {page}, or use --apply.")
    return "\n".join(lines)
