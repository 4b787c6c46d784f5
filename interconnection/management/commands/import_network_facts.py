"""Bring in what the screens need to know of the network, from a CSV file."""

import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from typing_extensions import override

from derms.lib.errors import DermsError
from interconnection.services.network_facts import COLUMNS, NetworkFact, record_facts


class Command(BaseCommand):
    """All of the file or none; each fault is told with its line."""

    help = f"Set facts of the network from a CSV file with the columns {', '.join(COLUMNS)}."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="check, keep nothing")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        is_dry_run = options["dry_run"]
        try:
            facts = read_facts(options["file"])
            count = record_facts(
                facts=facts, at=timezone.now(), by="command line", is_dry_run=is_dry_run
            )
        except (DermsError, OSError, UnicodeDecodeError, csv.Error) as error:
            raise CommandError(str(error)) from error
        verb = "would change" if is_dry_run else "changed"
        self.stdout.write(f"{len(facts)} facts read, {count} elements {verb}.")


def read_facts(path: Path) -> list[NetworkFact]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise CommandError(f"{path} has no column {', '.join(missing)}.")
        return [
            NetworkFact(
                **{name: (row[name] or "").strip() for name in COLUMNS},
                line=rows.line_num,
            )
            for row in rows
        ]
