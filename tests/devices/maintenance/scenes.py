"""A street of roofs whose quarters of an hour are in the database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from django.db import connection

from customers.models import TariffVersion
from derms.accounts.models import User
from derms.lib.days import midnight
from devices.maintenance import Place, sky_of_day
from devices.models import Device, HistoryProgress
from devices.services.partitions import QUARTER_HOURS, make_parts
from interconnection.models import DER
from tests.factories import (
    make_agreement,
    make_customer,
    make_der,
    make_device,
    make_usage_point,
)

PLACE = Place(37.0, -122.0)
COPY = """
copy devices_rollup_quarter_hour
    (device_id, begins_at, covered_s, count, good_count, power_mean_w, energy_injected_wh)
from stdin
"""
Part = HistoryProgress.Part
Share = Callable[[int, datetime], float]


@dataclass(frozen=True)
class Street:
    """Roofs next to each other, the first one is its owner's; `first` is the first day."""

    ders: Sequence[DER]
    devices: Sequence[Device]
    first: date

    def day(self, number: int) -> date:
        return self.first + timedelta(days=number)


def make_street(owner: User, tariff: TariffVersion, first: date, *, size: int = 7) -> Street:
    ders, devices = [], []
    for n in range(size):
        customer = make_customer(f"Owner {n}", user=owner if n == 0 else None)
        point = make_usage_point(customer, street=f"{n} Roof Road")
        point.location.latitude = PLACE.latitude + 0.001 * n
        point.location.longitude = PLACE.longitude
        point.location.save(update_fields=["latitude", "longitude"])
        der = make_der(point, make_agreement(point, tariff, accepted_by=owner))
        DER.objects.filter(pk=der.pk).update(permitted_at=midnight(first) - timedelta(days=5))
        ders.append(der)
        devices.append(make_device(der))
    return Street(ders, devices, first)


def all_give(_system: int, _at: datetime) -> float:
    return 1.0


def fill(
    street: Street,
    days: range,
    share: Share = all_give,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> None:
    """What each system gave in these days: one weather for all, `share` of it for each."""
    rows = []
    for number in days:
        rng = Random(number)  # noqa: S311 - no secret: a repeatable day
        begins_at = midnight(street.day(number))
        sky = sky_of_day(PLACE, begins_at, begins_at + timedelta(days=1))
        cloud = rng.choice((1.0, 0.8, 0.5))
        for at, wh in zip(sky.begins_at, sky.wh_per_w, strict=True):
            if until is not None and at >= until:
                break
            if since is not None and at < since:
                continue
            for n, device in enumerate(street.devices):
                energy_wh = 8_000 * wh * cloud * rng.gauss(1, 0.02) * share(n, at)
                rows.append((device.pk, at, 900, 60, 60, 4 * energy_wh, energy_wh))
    make_parts(QUARTER_HOURS, {row[1].date() for row in rows})
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        for row in rows:
            copy.write_row(row)
    done = until or midnight(street.day(days.stop)).astimezone(UTC)
    for part in (Part.MINUTE, Part.QUARTER_HOUR, Part.DAY, Part.STRIP):
        HistoryProgress.objects.update_or_create(
            part=part,
            defaults={
                "begun_at": midnight(street.first),
                "done_until": done if part != Part.DAY else midnight(done.date()),
                "zone": "UTC",
            },
        )
