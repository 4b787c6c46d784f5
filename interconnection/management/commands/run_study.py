"""Study one DER on a feeder's current model."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from derms.lib.errors import DermsError
from derms.lib.wire import to_data
from interconnection.services.studies import DoneStudy, run_study


class Command(BaseCommand):
    """Snapshots without and with the DER, its trip, and the hosting capacity at its point."""

    help = "Run a power-flow study of one DER."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--feeder", required=True)
        parser.add_argument("--bus", required=True)
        parser.add_argument("--phases", default="ABC")
        parser.add_argument("--kw", type=float, required=True)
        parser.add_argument("--kvar", type=float, default=0.0)
        parser.add_argument("--json", action="store_true")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = run_study(
                feeder=options["feeder"],
                bus=options["bus"],
                phases=options["phases"],
                power_w=options["kw"] * 1000,
                reactive_var=options["kvar"] * 1000,
            )
        except DermsError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(as_json(done)) if options["json"] else as_text(done))


def as_json(done: DoneStudy) -> dict[str, Any]:
    version = done.connected.version
    return {
        "feeder": version.name,
        "version": version.number,
        "circuit_sha256": version.circuit_sha256,
        "left_out": list(done.connected.left_out),
        **to_data(done.result),
    }


def as_text(done: DoneStudy) -> str:
    lines = [f"{done.connected.version}: {done.result.verdict.value}"]
    for scenario in done.result.scenarios:
        for one in scenario.criteria:
            figure = "" if one.value is None else f"{one.value:.5g} {one.unit}"
            limit = "" if one.limit is None else f" (limit {one.limit:.5g})"
            lines.append(
                f"{scenario.moment}: {one.name}: {one.verdict.value} {figure}{limit}"
                f" {one.where} {one.words}".rstrip()
            )
    found = done.result.hosting
    if found is not None:
        lines.append(
            f"hosting capacity here: {found.capacity_w / 1000:.0f} kW, "
            f"bound by {found.binding} {found.where}".rstrip()
        )
    return "\n".join(lines)
