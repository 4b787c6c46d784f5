"""Statements issued from what devices counted, corrected when more is known (CS-10, EPRI H)."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import ProgrammingError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from customers.models import Enrolment, Notice, Statement, TariffVersion, UsagePoint
from derms.accounts.models import User
from derms.lib.wire import from_data
from devices.models import ChangedSpan, Device, Reading
from devices.selectors import counted_energy
from devices.services import ReadingRow, import_readings
from devices.services.rolling import roll_up_until
from dispatch.services import (
    HistoryNotReady,
    PeriodNotOver,
    correct_statements,
    issue_due_statements,
    issue_statement,
)
from dispatch.statements import Content, Energy
from dispatch.statements.green_button import Metered, green_button
from dispatch.statements.packing import unpacked
from interconnection.models import DER
from tests.customers.programmes import make_programme
from tests.devices.walking import walking
from tests.factories import (
    make_agreement,
    make_customer,
    make_der,
    make_device,
    make_tariff_version,
    make_usage_point,
)
from tests.ui.reading import left_in_english

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Europe/Berlin")
# Three days, one of them 25 hours long.
BEGINS, ENDS = date(2026, 10, 24), date(2026, 10, 27)
LATER = datetime(2026, 11, 5, 8, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE)


def line(begins: str, name: str, export: str) -> dict[str, Any]:
    return {
        "season": "All year", "season_begins": "01-01", "days": "every_day",
        "begins": begins, "name": name, "import": "0.31000", "export": export,
    }  # fmt: skip


PEAK_HOURS = range(16, 20)
PRICES = {
    "lines": [
        line("00:00", "Off-peak", "0.07310"),
        line("16:00", "Peak", "0.15470"),
        line("20:00", "Off-peak", "0.07310"),
    ],
    "holidays": [],
}


@pytest.fixture(autouse=True)
def in_berlin(settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Berlin"


@pytest.fixture
def by_the_hour(db: None) -> TariffVersion:
    return make_tariff_version("BY-THE-HOUR", prices=PRICES)


@pytest.fixture
def point(ada: User, empty_history: None) -> UsagePoint:
    return make_usage_point(make_customer("Ada Lovelace", user=ada))


@pytest.fixture
def roof(point: UsagePoint, by_the_hour: TariffVersion, ada: User) -> Device:
    der: DER = make_der(point, make_agreement(point, by_the_hour, accepted_by=ada))
    DER.objects.filter(pk=der.pk).update(permitted_at=midnight(BEGINS) - timedelta(days=30))
    return begun(make_device(der))


@pytest.fixture
def meter(point: UsagePoint, roof: Device) -> Device:
    return begun(
        Device.objects.create(
            kind=Device.Kind.METER,
            usage_point=point,
            zone=roof.zone,
            host="127.0.0.1",
            port=roof.port + 5_000,
            serial_number="MTR-1",
            active_from=LATER,
        )
    )


def begun(device: Device) -> Device:
    Device.objects.filter(pk=device.pk).update(
        active_from=midnight(BEGINS) - timedelta(days=30), poll_period_s=60
    )
    return device


def quarters() -> list[datetime]:
    begins, ends = midnight(BEGINS).astimezone(UTC), midnight(ENDS).astimezone(UTC)
    return [begins + n * QUARTER for n in range(int((ends - begins) / QUARTER) + 1)]


def counted(device: Device, at: Sequence[datetime], factor: float = 1.0) -> list[ReadingRow]:
    """A reading at the end of each quarter, of counters that move a little more each time."""
    rows = []
    for moment in at:
        n = quarters().index(moment)
        rows.append(
            ReadingRow(
                device_id=device.pk,
                measured_at=moment,
                received_at=moment,
                active_power_w=400.0,
                energy_injected_wh=5_000 + factor * (100.37 * n + n * n / 8),
                energy_absorbed_wh=900 + 13.11 * n,
                interval_s=900,
            )
        )
    return rows


@pytest.fixture
def history(roof: Device, meter: Device) -> None:
    import_readings(counted(roof, quarters(), 1.7))
    import_readings(counted(meter, quarters()))
    assert roll_up_until(midnight(ENDS) + timedelta(days=2))


def issue(point: UsagePoint, at: datetime = LATER) -> Statement:
    return issue_statement(usage_point=point, begins_on=BEGINS, ends_on=ENDS, at=at, by="clock")


def content_of(row: Statement) -> Content:
    return from_data(Content, row.content)


def cents_from_raw_readings(meter: Device) -> Decimal:
    """What is paid, worked out from the counters alone: differences by the clock on the wall."""
    at_price: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    rows = Reading.objects.filter(device_id=meter.pk).order_by("measured_at")
    readings = [(r.measured_at, r.energy_injected_wh, r.energy_absorbed_wh) for r in rows]
    for (at, fed, taken), (_, fed_then, taken_then) in pairwise(readings):
        is_peak = at.astimezone(ZONE).hour in PEAK_HOURS
        at_price["fed", "0.15470" if is_peak else "0.07310"] += wh(fed_then, fed)
        at_price["taken", "peak" if is_peak else "off"] += wh(taken_then, taken)
    total = Decimal(0)
    for (what, price), energy_wh in at_price.items():
        each = Decimal("-0.31") if what == "taken" else Decimal(price)
        total += (energy_wh / 1000 * each).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return total


def wh(then: float | None, before: float | None) -> Decimal:
    assert then is not None
    assert before is not None
    return Decimal(repr(round(then - before, 6)))


@pytest.mark.usefixtures("history")
def test_a_statement_is_the_raw_readings_to_the_cent(point: UsagePoint, meter: Device) -> None:
    row = issue(point)
    it = content_of(row)

    assert it.is_complete
    assert len(it.days) == 3
    assert row.amount == it.amount == cents_from_raw_readings(meter)
    assert {line.price_name for line in it.lines} == {"All year, Off-peak", "All year, Peak"}
    assert (row.version, row.correction) == (1, "")


@pytest.mark.usefixtures("history")
def test_the_customer_is_told_once(point: UsagePoint) -> None:
    row = issue(point)
    issue(point, LATER + timedelta(days=1))

    (notice,) = Notice.objects.filter(customer=point.customer)
    assert notice.template == "statement_issued"
    assert row.number in notice.body
    assert Statement.objects.count() == 1


def test_what_comes_late_makes_a_new_version_and_leaves_the_old_one(
    point: UsagePoint, roof: Device, meter: Device
) -> None:
    import_readings(counted(roof, quarters(), 1.7))
    import_readings(counted(meter, quarters()[:200]))
    assert roll_up_until(midnight(ENDS) + timedelta(days=2))
    first = issue(point)
    import_readings(counted(meter, quarters()[200:]))
    assert roll_up_until(midnight(ENDS) + timedelta(days=3))

    second = issue(point, LATER + timedelta(days=2))

    assert (first.version, second.version) == (1, 2)
    assert not first.is_complete
    assert second.is_complete
    assert second.amount > first.amount
    assert "Fed in was" in second.correction
    assert f"amount was {first.amount}" in second.correction
    assert Statement.objects.get(pk=first.pk).amount == first.amount


@pytest.mark.usefixtures("history")
def test_an_issued_statement_cannot_be_changed(point: UsagePoint) -> None:
    row = issue(point)

    with pytest.raises(ProgrammingError, match="Cannot update"):
        Statement.objects.filter(pk=row.pk).update(amount=1000)


def test_a_period_that_is_not_over_or_not_added_up_is_refused(
    point: UsagePoint, roof: Device
) -> None:
    with pytest.raises(PeriodNotOver):
        issue(point, midnight(ENDS) - timedelta(seconds=1))
    with pytest.raises(HistoryNotReady):
        issue(point)
    assert not Statement.objects.exists()


@pytest.mark.usefixtures("history")
def test_the_clock_issues_last_month_once_for_everybody_with_der(point: UsagePoint) -> None:
    assert roll_up_until(midnight(date(2026, 11, 4)))

    assert issue_due_statements(at=midnight(date(2026, 11, 2))) == 0, "late data is waited for"
    assert issue_due_statements(at=LATER) == 1
    assert issue_due_statements(at=LATER) == 0

    row = Statement.objects.get()
    assert (row.begins_on, row.ends_on) == (date(2026, 10, 1), date(2026, 11, 1))
    assert row.usage_point == point


@pytest.mark.usefixtures("history")
def test_pages_and_files_are_the_customers_own(
    point: UsagePoint, ada: User, cem: User, client: Client
) -> None:
    row = issue(point)
    pages = [
        f"/portal/statements/{row.pk}",
        f"/portal/statements/{row.pk}/pdf",
        f"/portal/statements/{row.pk}/csv",
        f"/portal/statements/{row.pk}/green-button",
        f"/portal/statements/so-far/{point.pk}?from=2026-10-24&to=2026-10-26",
    ]

    client.force_login(cem)
    assert [client.get(page).status_code for page in pages] == [404] * 5
    client.force_login(ada)
    answers = [client.get(page) for page in pages]

    assert [answer.status_code for answer in answers] == [200] * 5
    page, pdf, csv, feed, so_far = answers
    assert str(row.amount) in page.content.decode()
    assert pdf.content.startswith(b"%PDF-")
    assert b"".join(csv.streaming_content).decode("utf-8-sig").startswith("day,produced_kwh")  # type: ignore[attr-defined]
    assert b"IntervalReading" in feed.content
    assert str(row.amount) in so_far.content.decode()
    listed = client.get("/portal/statements/").content.decode()
    assert row.number in listed


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("from=2026-10-26&to=2026-10-24", "lies before the first"),
        ("from=yesterday&to=2026-10-24", "two dates"),
        ("from=2026-02-30&to=2026-10-24", "two dates"),
        ("from=2020-01-01&to=2026-10-24", "more than a year"),
        ("from=2026-10-24&to=9999-12-31", "not come yet"),
    ],
)
def test_a_wrong_period_is_refused_in_words(
    point: UsagePoint, ada: User, client: Client, asked: str, words: str
) -> None:
    client.force_login(ada)

    answer = client.get(f"/portal/statements/so-far/{point.pk}?{asked}")

    assert answer.status_code == 422
    assert words in answer.content.decode()


@pytest.fixture
def issued_early(point: UsagePoint, roof: Device, meter: Device) -> Statement:
    """Issued while the end of the meter's readings had not come; it comes afterwards."""
    import_readings(counted(roof, quarters(), 1.7))
    import_readings(counted(meter, quarters()[:200]))
    assert roll_up_until(midnight(ENDS) + timedelta(days=2))
    row = issue(point)
    import_readings(counted(meter, quarters()[200:]))
    assert roll_up_until(midnight(ENDS) + timedelta(days=3))
    return row


def much_later() -> datetime:
    """After what came late was waited for; readings are noted by the database's own clock."""
    return max(timezone.now(), LATER) + timedelta(hours=2)


def test_the_clock_corrects_what_late_readings_changed_once(issued_early: Statement) -> None:
    assert correct_statements(at=timezone.now()) == 0, "more may come"
    assert correct_statements(at=much_later()) == 1
    assert correct_statements(at=much_later()) == 0

    second = Statement.objects.get(version=2)
    assert second.correction.startswith("Readings came late. ")
    assert "Fed in was" in second.correction
    assert not ChangedSpan.objects.exists()
    assert Notice.objects.filter(template="statement_corrected").count() == 1


@pytest.mark.usefixtures("history")
def test_what_changed_nothing_makes_no_version(point: UsagePoint, meter: Device) -> None:
    issue(point)
    ChangedSpan.objects.create(
        device_id=meter.pk, from_at=midnight(BEGINS), to_at=midnight(ENDS), noted_at=LATER
    )

    assert correct_statements(at=much_later()) == 0
    assert not ChangedSpan.objects.exists()


def test_the_green_button_file_of_a_version_stays_as_it_was_issued(
    issued_early: Statement, ada: User, client: Client
) -> None:
    client.force_login(ada)
    url = f"/portal/statements/{issued_early.pk}/green-button"
    before = client.get(url).content
    correct_statements(at=much_later())
    second = Statement.objects.get(version=2)

    assert client.get(url).content == before
    assert client.get(f"/portal/statements/{second.pk}/green-button").content != before


@pytest.mark.usefixtures("history")
def test_what_is_kept_of_the_meter_gives_the_same_file(point: UsagePoint, meter: Device) -> None:
    row = issue(point)
    begins_at, ends_at = midnight(BEGINS), midnight(ENDS)
    energy = [Energy(*one) for one in counted_energy([meter.pk], begins_at, ends_at)[meter.pk]]
    metered = Metered("M-1", "Ada", "A", begins_at, LATER, ZONE, energy)

    kept = replace(metered, energy=unpacked(bytes(row.metering.packed)))

    assert green_button(kept) == green_button(metered)


@pytest.mark.usefixtures("history")
def test_the_desk_reads_every_version_and_takes_the_same_paper(
    point: UsagePoint, cleo: User, ada: User, client: Client
) -> None:
    row = issue(point)
    urls = [
        f"/service/customers/{point.customer_id}/statements",
        f"/service/statements/{row.pk}",
        f"/service/statements/{row.pk}/pdf",
    ]

    client.force_login(ada)
    assert [client.get(url).status_code for url in urls] == [403] * 3
    hers = client.get(f"/portal/statements/{row.pk}/pdf").content
    client.force_login(cleo)
    listed, page, paper = (client.get(url) for url in urls)

    assert row.number in listed.content.decode()
    assert str(row.amount) in page.content.decode()
    assert paper.content == hers
    assert client.get("/service/statements/999999").status_code == 404


@pytest.mark.usefixtures("history")
def test_what_a_programme_pays_stands_in_the_statement(
    point: UsagePoint, ada: User, client: Client
) -> None:
    without = issue(point).amount
    version = make_programme(incentive_kind="once", incentive_amount=Decimal("25.00"))
    Enrolment.objects.create(
        programme=version.programme, version=version, customer=point.customer, usage_point=point,
        enrolled_at=midnight(BEGINS) + timedelta(hours=9), enrolled_by=ada,
    )  # fmt: skip

    row = issue(point, LATER + timedelta(days=1))

    assert (row.version, row.amount) == (2, without + 25)
    client.force_login(ada)
    page = client.get(f"/portal/statements/{row.pk}").content.decode()
    assert "once, joined on 24 October = 25.00" in page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("history")
def test_statements_are_accessible_and_fit_a_phone(
    point: UsagePoint, ada: User, cleo: User, live_server: Any
) -> None:
    row = issue(point)
    desk = [f"/service/customers/{point.customer_id}/statements", f"/service/statements/{row.pk}"]
    dated = f"/portal/statements/so-far/{point.pk}?from=2026-10-24&to=2026-10-26"

    with walking(live_server.url, ada) as walker:
        for path in ("/portal/statements/", f"/portal/statements/{row.pk}", dated):
            assert walker.look(path) == {}
            walker.picture(path.strip("/").replace("/", "-").partition("?")[0])
        assert walker.complaints == []
    with walking(live_server.url, cleo) as walker:
        for path in desk:
            assert walker.look(path) == {}
            walker.picture(path.strip("/").replace("/", "-"))


@pytest.mark.usefixtures("history")
def test_a_statement_is_read_in_spanish_and_its_files_for_programs_do_not_change(
    point: UsagePoint, ada: User
) -> None:
    row = issue(point)
    english, spanish = (Client(headers={"accept-language": one}) for one in ("en", "es"))
    for browser in (english, spanish):
        browser.force_login(ada)
    own = ("Ada", "Ada Lovelace", "By-The-Hour", "Off-peak", "Peak", row.number, *names_in(point))
    paths = [
        "/portal/statements/",
        f"/portal/statements/{row.pk}",
        f"/portal/statements/so-far/{point.pk}?from=2026-10-24&to=2026-10-26",
    ]

    left = {path: left_in_english(english, spanish, path, own) for path in paths}
    page = spanish.get(paths[1]).content.decode()
    files = [
        [read(browser.get(f"{paths[1]}/{file}")) for browser in (english, spanish)]
        for file in ("csv", "green-button")
    ]

    assert {path: texts for path, texts in left.items() if texts} == {}
    assert f"{row.amount}".replace(".", ",") in page
    assert "inyectados a 0,0731" in page
    assert re.search(r'y="\d+\.\d+"', page), "a picture has points, not commas"
    assert files[0][0] == files[0][1] != b""
    assert files[1][0] == files[1][1] != b""
    assert row.content == Statement.objects.get().content


def names_in(point: UsagePoint) -> list[str]:
    units = DER.objects.filter(usage_point=point).values_list("manufacturer", "model")
    return [
        str(point.location),
        point.location.street,
        point.meter_number,
        "der-help@utility.example",
        *(word for unit in units for word in unit),
    ]


def read(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("history")
def test_a_statement_in_spanish_is_accessible_and_fits_a_phone(
    point: UsagePoint, ada: User, live_server: Any
) -> None:
    row = issue(point)

    with walking(live_server.url, ada, locale="es") as walker:
        for path in ("/portal/statements/", f"/portal/statements/{row.pk}"):
            assert walker.look(path) == {}
            walker.picture(f"es-{path.strip('/').replace('/', '-')}")
        assert walker.page.locator("html").get_attribute("lang") == "es"
        assert walker.complaints == []
