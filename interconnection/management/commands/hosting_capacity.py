"""How much each point of a feeder could host."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from derms.lib.errors import DermsError
from derms.lib.wire import to_data
from interconnection.services.studies import hosting_capacity


class Command(BaseCommand):
    """One point at a time, with what binds there."""

    help = "Find the hosting capacity at every bus of a feeder."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--feeder", required=True)
        parser.add_argument("--json", action="store_true")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = hosting_capacity(feeder=options["feeder"])
        except DermsError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            version = found.connected.version
            content = {
                "feeder": version.name,
                "version": version.number,
                "left_out": list(found.connected.left_out),
                "points": to_data(found.points),
            }
            self.stdout.write(json.dumps(content))
            return
        for point in found.points:
            phases = "".join("?ABC"[node] for node in point.nodes)
            self.stdout.write(
                f"{point.bus} {phases}: {point.capacity_w / 1000:.0f} kW, "
                f"{point.binding} {point.where} {point.moment}".rstrip()
            )
