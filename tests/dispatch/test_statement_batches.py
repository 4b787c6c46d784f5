"""Many statements at once say the same as each alone, and ask no more for it (CS-10)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from customers.models import Notice, Statement, StatementMetering, UsagePoint
from customers.services.numbering import next_number
from customers.tariffs.pricing import MeteredEnergy, energy_by_price
from derms.accounts.models import User
from derms.lib.days import midnight
from derms.lib.wire import from_data
from devices.models import Device
from devices.services import ReadingRow, import_readings
from devices.services.rolling import roll_up_until
from dispatch.services.statements import (
    LOCK,
    Period,
    draw_up,
    issue_due_statements,
    issue_statements,
)
from dispatch.statements import Content, Contract, Energy, Source, StatementFacts, compose
from interconnection.models import DER
from tests.customers.tariff_schedules import time_of_use_schedule
from tests.factories import (
    make_agreement,
    make_customer,
    make_der,
    make_device,
    make_tariff_version,
    make_usage_point,
)

BEGINS, ENDS = date(2026, 10, 24), date(2026, 10, 26)
LATER = datetime(2026, 11, 5, 8, tzinfo=UTC)
PERIOD = Period(begins_on=BEGINS, ends_on=ENDS)
NEW_YORK = ZoneInfo("America/New_York")
QUARTER = timedelta(minutes=15)


@pytest.fixture
def points(ada: User, empty_history: None) -> list[UsagePoint]:
    """Three with a roof that gives more from one to the next; readings on both days."""
    tariff, found, rows = make_tariff_version(), [], []
    for number in range(1, 4):
        point = make_usage_point(make_customer(f"Customer {number}"))
        der = make_der(point, make_agreement(point, tariff, accepted_by=ada))
        DER.objects.filter(pk=der.pk).update(permitted_at=midnight(BEGINS) - timedelta(days=9))
        device = make_device(der)
        since = midnight(BEGINS) - timedelta(days=9)
        Device.objects.filter(pk=device.pk).update(active_from=since, poll_period_s=60)
        at = midnight(BEGINS)
        while at <= midnight(ENDS):
            counter = 1000 + number * 0.37 * (at - midnight(BEGINS)).total_seconds()
            rows.append(
                ReadingRow(
                    device_id=device.pk, measured_at=at, received_at=at, active_power_w=400.0,
                    energy_injected_wh=counter, energy_absorbed_wh=7.0, interval_s=900,
                )
            )  # fmt: skip
            at += QUARTER
        found.append(point)
    import_readings(rows)
    assert roll_up_until(midnight(ENDS) + timedelta(days=2))
    return found


@pytest.mark.django_db
def test_statements_of_one_batch_say_what_each_says_alone(points: list[UsagePoint]) -> None:
    rows = issue_statements(points=points, period=PERIOD, at=LATER, by="clock")

    alone = [draw_up(point, midnight(BEGINS), midnight(ENDS)) for point in points]
    assert [from_data(Content, row.content) for row in rows] == alone
    assert len({content.produced_wh for content in alone}) == 3
    assert [row.usage_point_id for row in rows] == [point.pk for point in points]
    assert [row.number for row in rows] == ["M-2026-0001", "M-2026-0002", "M-2026-0003"]
    assert next_number(letter="M", at=LATER) == "M-2026-0004"
    told = Notice.objects.filter(template="statement_issued").order_by("pk")
    assert [one.about for one in told] == [f"statement-{row.number}" for row in rows]
    assert {one.customer_id for one in told} == {point.customer_id for point in points}
    assert not StatementMetering.objects.exists()  # no meter of ours


@pytest.mark.django_db
def test_a_batch_leaves_what_says_the_same_as_it_is(points: list[UsagePoint]) -> None:
    first = issue_statements(points=points[1:2], period=PERIOD, at=LATER, by="clock")

    rows = issue_statements(points=points, period=PERIOD, at=LATER, by="clock")

    assert rows[1] == first[0]
    assert Statement.objects.count() == 3


@pytest.mark.django_db
def test_three_statements_ask_the_database_as_often_as_one(points: list[UsagePoint]) -> None:
    issue_statements(points=points[:1], period=PERIOD, at=LATER, by="clock")
    earlier = Period(begins_on=BEGINS, ends_on=ENDS - timedelta(days=1))
    with CaptureQueriesContext(connection) as one:
        issue_statements(points=points[:1], period=earlier, at=LATER, by="clock")
    with CaptureQueriesContext(connection) as three:
        issue_statements(points=points, period=earlier, at=LATER, by="clock")

    assert len(three) <= len(one)


@pytest.mark.django_db
def test_the_clock_stops_when_its_time_is_up_and_goes_on_where_it_was(
    points: list[UsagePoint],
) -> None:
    assert roll_up_until(midnight(date(2026, 11, 4)))
    answers = iter([True, False])

    first = issue_due_statements(at=LATER, has_time=lambda: next(answers), at_once=1)
    then = issue_due_statements(at=LATER, at_once=2)
    at_last = issue_due_statements(at=LATER)

    assert (first, then, at_last) == (1, 2, 0)
    issued = Statement.objects.order_by("number").values_list("usage_point", flat=True)
    assert list(issued) == [point.pk for point in points]


@pytest.mark.django_db
def test_two_processes_never_issue_at_the_same_time(points: list[UsagePoint]) -> None:
    assert roll_up_until(midnight(date(2026, 11, 4)))
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [LOCK])

    assert issue_due_statements(at=LATER) == 0
    other.close()
    assert issue_due_statements(at=LATER) == 3


@given(st.lists(st.tuples(st.floats(0, 9_999), st.floats(0, 9_999)), min_size=1, max_size=200))
def test_adding_up_before_pricing_changes_no_cent(counted: list[tuple[float, float]]) -> None:
    """Over a night of the clock's change, a quarter missing now and then."""
    begins_at = datetime(2026, 3, 7, 20, tzinfo=NEW_YORK)
    energy, singly, at = [], [], begins_at.astimezone(UTC)
    for n, (fed, used) in enumerate(counted):
        length = QUARTER if n % 7 else timedelta(hours=2)
        energy.append(Energy(at, at + length, fed, used, length.total_seconds()))
        exact = (Decimal(round(one * 1000)) / 1000 for one in (fed, used))
        singly.append(MeteredEnergy(at, at + length, *exact))
        at += length + (QUARTER if n % 11 == 0 else timedelta(0))
    schedule = time_of_use_schedule()
    contract = Contract("Flex, version 1", begins_at, at, schedule)
    source = Source("Meter", None, begins_at, energy)

    lines = compose(StatementFacts(begins_at, at, NEW_YORK, (source,), (contract,), ())).lines

    expected = []
    for priced in energy_by_price(schedule, singly, NEW_YORK):
        expected += [one.formula for one in (priced.exported, priced.imported) if one is not None]
    assert [line.formula for line in lines] == expected
