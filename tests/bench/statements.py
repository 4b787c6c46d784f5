"""A month's statements: one roof and one meter each, from quarters of an hour to rows (CS-10)."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from customers.models import UsagePoint
from derms.lib.days import midnight, month_of
from devices.models import Device, HistoryProgress
from devices.services.partitions import QUARTER_HOURS, make_parts
from dispatch.services.statements import CHUNK, Period, issue_statements
from tests.bench.figures import Figure
from tests.bench.options import Options
from tests.bench.tables import empty_tables
from tests.factories import (
    make_agreement,
    make_customer,
    make_der,
    make_device,
    make_person,
    make_tariff_version,
    make_usage_point,
)

POINTS = 200
LEAST_A_MINUTE = 1_000
Part = HistoryProgress.Part
QUARTERS = """
insert into devices_rollup_quarter_hour (device_id, begins_at, covered_s, count, good_count,
    power_mean_w, energy_injected_wh, energy_absorbed_wh, is_injected_counted, is_absorbed_counted)
select device, at, 900, 180, 180, 1000, 100.25 + mod(device, 70), 7.5, true, true
from generate_series(%(begins)s::timestamptz, %(ends)s::timestamptz - interval '1 s',
    interval '15 min') at cross join unnest(%(devices)s::bigint[]) device
"""


def measure(options: Options) -> list[Figure]:
    today = datetime.now(tz=UTC).date()
    begins_on = month_of(today.replace(day=1) - timedelta(days=1))[0]
    ends_on = month_of(begins_on)[1]
    try:
        empty_tables()
        points = _points(POINTS // 4 if options.is_quick else POINTS)
        _fill({"begins": midnight(begins_on), "ends": midnight(ends_on)})
        at, period = datetime.now(tz=UTC), Period(begins_on=begins_on, ends_on=ends_on)
        began, used = time.perf_counter(), time.process_time()
        for first in range(0, len(points), CHUNK):
            chunk = points[first : first + CHUNK]
            issue_statements(points=chunk, period=period, at=at, by="bench")
        a_minute = 60 * len(points) / (time.perf_counter() - began)
        a_cpu_minute = 60 * len(points) / (time.process_time() - used)
    finally:
        empty_tables()
    return [
        Figure("statements_per_minute", a_minute, "issued by one process", target="≥ 1,000",
               is_met=a_minute >= LEAST_A_MINUTE),
        Figure("statements_per_cpu_minute", a_cpu_minute, "a minute of its own CPU"),
    ]  # fmt: skip


def _points(count: int) -> list[UsagePoint]:
    owner, version = make_person("owner"), make_tariff_version()
    points = []
    for number in range(count):
        point = make_usage_point(make_customer(f"Customer {number}"))
        device = make_device(make_der(point, make_agreement(point, version, accepted_by=owner)))
        Device.objects.create(
            kind=Device.Kind.METER, usage_point=point, zone=device.zone, host="127.0.0.1",
            port=50_000 + number, unit=1, serial_number=f"M{number}",
            active_from=device.active_from,
        )  # fmt: skip
        points.append(point)
    return points


def _fill(span: dict[str, Any]) -> None:
    with transaction.atomic():
        make_parts(QUARTER_HOURS, {span["begins"].date(), span["ends"].date()})
    devices = list(Device.objects.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(QUARTERS, span | {"devices": devices})
        cursor.execute("analyze devices_rollup_quarter_hour")
    for part in (Part.MINUTE, Part.QUARTER_HOUR, Part.DAY):
        HistoryProgress.objects.update_or_create(
            part=part, defaults={"begun_at": span["begins"], "done_until": span["ends"]}
        )
