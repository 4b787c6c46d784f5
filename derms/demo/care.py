"""Two months of days of the demo town's roofs, one of which lost a string; who repairs them."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from random import Random

from django.utils import timezone

from customers.models import ServiceProvider
from derms.demo.fleet_file import House
from derms.lib.days import midnight
from devices.maintenance import sky_of_day
from devices.models import Device, MaintenanceRun, SystemDay
from devices.selectors.maintenance import Fleet, pv_in_service
from devices.services.output import JUDGED_DAYS, judge_some

DAYS, BROKEN_DAYS = 60, 9
STRING_LEFT = 0.68
SEED = 11
PROVIDERS: tuple[tuple[str, str, list[str], list[str]], ...] = (
    ("Millbrook Roof & Wire", "+1 555 0171", ["1302"], ["solar", "wiring"]),
    ("Sunrise Solar Care", "+1 555 0172", [], ["solar", "inverter"]),
    ("Harbour Battery Service", "+1 555 0173", ["1303"], ["battery", "inverter"]),
)


def seed_care(devices: Mapping[str, Device], house: House, *, at: datetime) -> None:
    """What the daily look has kept and found until this morning; the string is this house's."""
    broken = next(devices[one.key] for one in house.machines if one.kind == "pv")
    today = timezone.localdate(at)
    for name, phone, postcodes, skills in PROVIDERS:
        ServiceProvider.objects.create(
            name=name, phone=phone, postcodes=postcodes, skills=skills,
            checked_on=today - timedelta(days=20), checked_by="cleo",
        )  # fmt: skip
    fleet = pv_in_service(at)
    for back in range(DAYS, 0, -1):
        day = today - timedelta(days=back)
        kept_at = midnight(day + timedelta(days=1)) + timedelta(hours=1)
        share = {broken.der_id: STRING_LEFT} if back <= BROKEN_DAYS else {}
        SystemDay.objects.bulk_create(_days(fleet, day, share))
        run = MaintenanceRun.objects.create(
            day=day, kept_at=kept_at, systems=len(fleet.systems), judged_at=kept_at
        )
        if back <= JUDGED_DAYS:
            MaintenanceRun.objects.filter(pk=run.pk).update(judged_at=None)
            judge_some(run.pk, kept_at)


def _days(fleet: Fleet, day: date, share: Mapping[int | None, float]) -> list[SystemDay]:
    """One weather for the town, each roof in its own way."""
    weather = Random(f"{SEED} {day}")  # noqa: S311 - no secret: the same town each time
    cloud = weather.choice((0.95, 0.9, 0.75, 0.5))
    begins_at, ends_at = midnight(day), midnight(day + timedelta(days=1))
    place = next(iter(fleet.systems.values())).place
    sun_h = sky_of_day(place, begins_at, ends_at).total
    rows = []
    for one in fleet.systems.values():
        roof = 0.85 + Random(one.der_id).random() * 0.2  # noqa: S311 - as above
        clear_wh = sun_h * one.rated_w
        given = cloud * roof * weather.gauss(1, 0.02) * share.get(one.der_id, 1.0)
        rows.append(
            SystemDay(
                der_id=one.der_id,
                day=day,
                energy_wh=clear_wh * given,
                clear_wh=clear_wh,
                counted_share=1.0,
                shift_h=0.0,
            )
        )
    return rows
