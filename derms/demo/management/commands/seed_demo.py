"""Fills an empty database with the demo town; does nothing when the town is already there."""

from argparse import ArgumentParser
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from derms.accounts.models import User
from derms.demo import (
    care,
    fleet_file,
    flexible,
    groups,
    network,
    past,
    people,
    premises,
    programmes,
    record,
    requests,
    stages,
    tariffs,
)


class Command(BaseCommand):
    """`manage.py seed_demo --fleet FILE`."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fleet", type=Path, required=True, help="description of the fleet")

    def handle(self, *_args: Any, fleet: Path, **_options: Any) -> None:
        if not settings.IS_DEMO:
            raise CommandError("This would fill a real installation. Set DERMS_DEMO=1 for a demo.")
        people.write_accounts(settings.VAR_DIR / "demo-accounts.json")
        if User.objects.exists():
            self.stdout.write("The demo town is already there.")
            return
        seed(fleet, at=timezone.now())


def seed(fleet: Path, *, at: datetime) -> None:
    """Everything in one transaction: half a town is no town."""
    houses = fleet_file.read(fleet)
    with transaction.atomic():
        accounts = people.seed_people(at=at)
        feeders = premises.seed_feeders(at=at)
        points = premises.seed_points(houses, feeders, accounts)
        network.seed_facts(feeders, at=at)
        network.seed_library()
        book = record.Book(
            tariffs=tariffs.seed_tariffs(active_from=at - timedelta(days=3 * 365)),
            equipment=tariffs.seed_equipment(houses),
            people=accounts,
        )
        premises.seed_third_party(points, houses, accounts["tara"], since=at - timedelta(days=200))
        devices = record.seed_running_der(houses, points, book, at=at)
        flexible.seed_flexible(houses, devices, accounts)
        roofs = groups.rooftops(houses, devices)
        roof_group = groups.form(
            "Millbrook rooftops",
            "Voltage at the end of the feeder",
            [roof.device for roof in roofs],
            feeders["MILLBROOK"],
            accounts["olga"],
            at=at,
        )
        groups.form(
            "Harbour storage",
            "Evening peak of the harbour",
            groups.storage(houses, devices),
            feeders["HARBOUR"],
            accounts["olga"],
            at=at,
        )
        past.make_history(fleet, devices, groups.past_limits(roofs, at=at), to=at)
        groups.record_past_dispatch(roof_group, roofs, at=at)
        stages.seed_stages(houses, points, feeders, book, at=at)
        programmes.seed_programmes(by=accounts["cleo"], at=at)
        tariffs.seed_next_version(book.tariffs["SOLAR-PARTNER"], at=at, by=accounts["cleo"])
        ben = premises.home_of_ben(houses)
        stages.seed_draft(ben, points[ben.key], feeders[ben.feeder], book, at=at)
        care.seed_care(devices, ben, at=at)
        others = [points[house.key] for house in houses if house.key not in {"ada", ben.key}]
        requests.seed_requests((others * 8)[:8], points["ada"], accounts, at=at)
