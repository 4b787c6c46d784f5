"""Bring a list of certified equipment in from a CSV file."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from typing_extensions import override

from derms.lib.errors import DermsError
from interconnection.services.equipment_list import (
    ListImport,
    check_list,
    compare_list,
    put_list_in_force,
)

FAULTY = 1


class Command(BaseCommand):
    """Compare with the list in force, then take it into force unless --dry-run."""

    help = "Import the list of certified equipment (CSV: manufacturer, model, kW, certification)."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="compare, keep nothing")
        parser.add_argument("--skip-faulty", action="store_true", help="leave faulty lines out")
        parser.add_argument("--json", action="store_true", help="print everything as JSON")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            content = path.read_bytes()
            found = compare_list(content=content, file_name=path.name)
            is_refused = bool(found.faults) and not options["skip_faulty"]
            if not options["dry_run"] and not is_refused:
                at, by = timezone.now(), "command line"
                checked = check_list(content=content, file_name=path.name, at=at, by=by)
                found = put_list_in_force(
                    equipment_list=checked, skips_faults=options["skip_faulty"], at=at, by=by
                )
        except (DermsError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(asdict(found)) if options["json"] else as_text(found))
        if is_refused:
            self.stderr.write("Nothing was kept: correct the lines, or leave them out.")
            sys.exit(FAULTY)


def as_text(found: ListImport) -> str:
    lines = [f"line {fault.line}: {fault.words}" for fault in found.faults]
    counts = (len(found.added), len(found.changed), len(found.withdrawn), found.same)
    return "\n".join([*lines, "{} added, {} changed, {} withdrawn, {} the same".format(*counts)])
