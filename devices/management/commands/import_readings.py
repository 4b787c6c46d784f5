"""Bring readings in from a file: a logger's or a meter's past."""

import getpass
import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from typing_extensions import override

from derms.lib.errors import DermsError
from devices.services import FileReport, import_reading_file

FAILED = 2


class Command(BaseCommand):
    """Read each file, and store what is new in it unless --dry-run; all of a file or none."""

    help = (
        "Import readings from CSV files with the columns device, time and values. A file with a "
        "wrong row stores nothing, a file that was stored before changes nothing. Exit code 2 "
        "when a file was not accepted."
    )

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", metavar="FILE", type=Path, nargs="+")
        parser.add_argument("--dry-run", action="store_true", help="check only, store nothing")
        parser.add_argument("--by", default="", help="who does this, for the log")
        parser.add_argument("--json", action="store_true", help="print JSON instead of words")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        by = options["by"] or f"{getpass.getuser()} (command line)"
        is_dry_run: bool = options["dry_run"]
        reports = {
            path.name: _imported(path, by, is_dry_run=is_dry_run) for path in options["files"]
        }
        if options["json"]:
            told = {name: asdict(report) for name, report in reports.items()}
            self.stdout.write(json.dumps(told, indent=2, cls=DjangoJSONEncoder))
        else:
            for name, report in reports.items():
                self.stdout.write(_as_words(name, report, is_dry_run=is_dry_run))
        if any(report.error_count for report in reports.values()):
            sys.exit(FAILED)


def _imported(path: Path, by: str, *, is_dry_run: bool) -> FileReport:
    try:
        return import_reading_file(
            content=path.read_bytes(),
            file_name=path.name,
            at=timezone.now(),
            by=by,
            is_dry_run=is_dry_run,
        )
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    except DermsError as refusal:
        raise CommandError(f"{path.name}: {refusal.message}", returncode=FAILED) from refusal


def _as_words(name: str, report: FileReport, *, is_dry_run: bool) -> str:
    if report.error_count:
        lines = [f"{name}: nothing is stored, {report.error_count} rows are wrong."]
        lines += [f"line {error.line}: {error.words}" for error in report.errors]
        more = report.error_count - len(report.errors)
        return "\n".join(lines + ([f"and {more} more."] if more else []))
    done = "would be stored" if is_dry_run else "stored"
    span = f" from {report.first_at} to {report.last_at}" if report.first_at else ""
    return (
        f"{name}: {report.rows} readings of {report.devices} devices{span}; "
        f"{report.stored} {done}, {report.already_there} were there already."
    )
