"""Show what a SunSpec device tells about itself, without touching the database."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from typing_extensions import override

from devices.capabilities import DriverFault, Endpoint
from devices.gateway import Inspection, inspect

MODBUS_PORT = 502
FAILED = 2


class Command(BaseCommand):
    """Discover one device over Modbus TCP and print its models and points."""

    help = "Show what a SunSpec device behind Modbus TCP tells about itself. Needs no database."
    requires_system_checks = ()

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", metavar="HOST:PORT", type=_address)
        parser.add_argument("--unit", type=_unit, default=1, help="Modbus unit id (default 1)")
        parser.add_argument(
            "--timeout", type=_seconds, default=3.0, help="seconds to wait for each reply"
        )
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["address"]
        endpoint = Endpoint(host, port, options["unit"])
        try:
            inspection = asyncio.run(
                inspect(endpoint, timeout_s=options["timeout"], now=timezone.now)
            )
        except DriverFault as fault:
            self.stderr.write(f"{fault}.")
            sys.exit(FAILED)
        self.stdout.write(as_json(inspection) if options["json"] else as_table(inspection))


def as_json(inspection: Inspection) -> str:
    found = inspection.discovery
    content = {
        "base": found.base,
        "unit": found.unit,
        "identity": asdict(found.identity),
        "models": [{"id": m.id, "addr": m.addr, "len": m.length} for m in found.models],
        "points": inspection.points,
        "kind": inspection.kind,
        "functions": sorted(inspection.functions),
        "nameplate": asdict(inspection.nameplate),
        "flags": list(inspection.flags),
    }
    return json.dumps(content, indent=2, allow_nan=False)


def as_table(inspection: Inspection) -> str:
    found = inspection.discovery
    who = found.identity
    lines = [
        f"{who.manufacturer} {who.model}, version {who.version}, serial number"
        f" {who.serial_number}".strip(),
        f"SunSpec base {found.base}, unit {found.unit}, {len(found.models)} models",
    ]
    lines += [f"note: {flag}" for flag in inspection.flags]
    keys = iter(inspection.points)
    for model in found.models:
        lines += ["", f"model {model.id} at {model.addr}, length {model.length}"]
        points = inspection.points[next(keys)]
        width = max((len(name) for name in points), default=0)
        lines += [
            f"  {name:<{width}}  {'-' if value is None else value}"
            for name, value in points.items()
            if name not in {"ID", "L", "Pad"}
        ]
        if not points:
            lines.append("  (no definition known)")
    return "\n".join(lines)


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, str(MODBUS_PORT)
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host.strip("[]"), int(port)


def _unit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 255:
        raise ArgumentTypeError(f"{text!r} is not a unit id from 0 to 255")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 600:
        raise ArgumentTypeError(f"{text!r} is not a number of seconds from 0 to 600")
    return seconds
