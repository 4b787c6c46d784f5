"""Bring a feeder's model in from an OpenDSS or CIM file or archive."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from typing_extensions import override

from derms.lib.errors import DermsError
from derms.lib.wire import to_data
from interconnection.services.network_versions import NetworkImport, import_network

NOT_USABLE = 1


class Command(BaseCommand):
    """Read, check, compare with the current version, and keep a new one unless --dry-run."""

    help = "Import a network model (.dss, CIM100 .xml, or a .zip of a folder with Master.dss)."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--name", help="the feeder's name; the file's name unless given")
        parser.add_argument("--dry-run", action="store_true", help="keep nothing")
        parser.add_argument("--json", action="store_true", help="print everything as JSON")
        parser.add_argument(
            "--allow-loops", action="store_true", help="the network is meant to be meshed"
        )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            result = import_network(
                name=options["name"] or path.stem,
                file_name=path.name,
                content=path.read_bytes(),
                at=timezone.now(),
                by="command line",
                is_dry_run=options["dry_run"],
                allows_loops=options["allow_loops"],
            )
        except (DermsError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(as_json(result)) if options["json"] else as_text(result))
        if not result.is_usable:
            sys.exit(NOT_USABLE)


def as_json(result: NetworkImport) -> dict[str, Any]:
    circuit = result.found.circuit
    return {
        "name": result.name,
        "usable": result.is_usable,
        "version": result.version.number if result.version else None,
        "outcome": result.found.outcome,
        "difference_pu": result.found.difference_pu,
        "counts": _counts(result),
        "load_w": circuit.load_w if circuit else None,
        "dead_buses": list(result.found.dead),
        "baseline": to_data(result.found.baseline),
        "errors": to_data(result.found.faults),
        "notes": to_data(result.found.notes),
        "remarks": to_data(result.remarks),
        "changes": to_data(result.changes),
        "tables": to_data(result.tables),
    }


def _counts(result: NetworkImport) -> dict[str, int]:
    circuit = result.found.circuit
    if circuit is None:
        return {}
    kinds = ("buses", "lines", "transformers", "regulators", "capacitors", "loads", "inverters")
    return {kind: len(getattr(circuit, kind)) for kind in kinds}


def as_text(result: NetworkImport) -> str:
    lines = [f"{kind}: {count}" for kind, count in _counts(result).items()]
    lines += [f"error {f.file}:{f.line}: {f.words}" for f in result.found.faults]
    lines += [f"note {f.file}:{f.line}: {f.words}" for f in result.found.notes]
    lines += [f"{r.weight.value} {r.element}: {r.words}" for r in result.remarks]
    for change in result.changes:
        moved = (len(change.added), len(change.removed), len(change.changed))
        if any(moved):
            lines.append("{}: {} added, {} removed, {} changed".format(change.kind, *moved))
    for table in result.tables:
        if table.added or table.removed or table.kept:
            counts = f"{len(table.added)} added, {len(table.removed)} removed"
            lines.append(f"tables, {table.kind}: {counts}")
        lines += [f"  no longer in the model: {name}" for name in table.removed]
        lines += [f"  kept, it still feeds service points: {name}" for name in table.kept]
    if result.found.difference_pu is not None:
        lines.append(f"largest voltage difference to the file: {result.found.difference_pu:.2g} pu")
    kept = f"kept as {result.version}" if result.version else "nothing kept"
    return "\n".join([*lines, kept if result.is_usable else "not usable as it is; nothing kept"])
