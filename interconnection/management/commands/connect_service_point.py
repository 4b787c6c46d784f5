"""Connect a meter to a bus or a service transformer of a feeder's model."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from typing_extensions import override

from customers.models import UsagePoint
from derms.lib.errors import DermsError
from interconnection.models import Feeder
from interconnection.services.missing_network import connect_and_look_again


class Command(BaseCommand):
    """A meter that is connected already stays where it is."""

    help = "Connect a service point, by its meter, to a bus or transformer of a feeder."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("meter")
        parser.add_argument("--feeder", required=True)
        parser.add_argument("--bus", default="", help="any with room unless given")
        parser.add_argument("--transformer", default="")
        parser.add_argument("--phases", help="those of the service point unless given")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        point = UsagePoint.objects.filter(meter_number=options["meter"]).first()
        feeder = Feeder.objects.filter(name=options["feeder"]).first()
        if point is None or feeder is None:
            missing = f"meter {options['meter']}" if point is None else options["feeder"]
            raise CommandError(f"There is no {missing}.")
        try:
            connection = connect_and_look_again(
                usage_point=point,
                feeder=feeder,
                phases=options["phases"] or point.phases,
                transformer=options["transformer"],
                bus=options["bus"],
                at=timezone.now(),
                by="command line",
            )
        except DermsError as error:
            raise CommandError(error.message) from error
        place = connection.transformer
        self.stdout.write(f"{point.meter_number} hangs on {place.name} at bus {place.bus.name}.")
