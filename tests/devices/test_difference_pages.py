"""The list of differences: found, narrowed, drawn, exported, decided by the right roles (DV-6)."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from derms.accounts.models import ExportRecord, User
from derms.ui import scatter
from devices.models import Device, RegisterDifference
from devices.services import find_differences
from devices.services.differences import mark_of
from interconnection.models import DER
from tests.devices.conftest import make_devices
from tests.devices.test_differences import says
from tests.factories import make_application, make_unit

pytestmark = pytest.mark.django_db
LIST, DECIDE = "operations_differences", "operations_difference_decide"


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def operator(olga: User) -> Client:
    return signed_in(olga)


@pytest.fixture
def engineer(enzo: User) -> Client:
    return signed_in(enzo)


@pytest.fixture
def rating(inverter: Device) -> RegisterDifference:
    says(inverter, active_power_max_w=7_000.0)
    look()
    return RegisterDifference.objects.get()


@pytest.fixture
def model(inverter: Device) -> RegisterDifference:
    says(inverter, identity={"model": "H8b"})
    look()
    return RegisterDifference.objects.get()


def look() -> None:
    at = timezone.now()
    find_differences(at=at, today=timezone.localdate(at))


def page_of(client: Client, **query: str) -> str:
    return str(client.get(reverse(LIST), query).content.decode())


def decide(client: Client, *rows: RegisterDifference, query: str = "", **posted: str) -> Any:
    facts: dict[str, Any] = {"reason": "Read on site.", "chosen": [str(row.pk) for row in rows]}
    facts |= {f"seen-{row.pk}": mark_of(row) for row in rows}
    return client.post(f"{reverse(DECIDE)}{query}", facts | posted)


def tomorrow(days: int = 1) -> str:
    return str(timezone.localdate(timezone.now()) + timedelta(days=days))


def test_a_rating_is_shown_with_how_far_it_is_apart_and_drawn(
    operator: Client, rating: RegisterDifference
) -> None:
    page = page_of(operator)

    assert "8.00\u00a0kW" in page
    assert "7.00\u00a0kW" in page
    assert "\u221212.5 %, 1 % would pass" in page
    assert "registered 8000 W, device says 7000 W</title>" in page
    assert "1 to decide" in page


def test_the_list_is_narrowed_by_everything_it_offers(
    operator: Client, rating: RegisterDifference
) -> None:
    serial = rating.device.serial_number
    fitting = (
        {"attribute": "active_power"}, {"kind": "inverter"}, {"zone": "f12"}, {"text": serial},
        {"status": "standing"}, {"status": "all"}, {"sort": "-apart"},
    )  # fmt: skip
    missing = (
        {"attribute": "firmware"}, {"kind": "meter"}, {"text": "nowhere"}, {"status": "kept"},
    )  # fmt: skip
    for query in fitting:
        assert serial in page_of(operator, **query), query
    for query in missing:
        assert "No difference here" in page_of(operator, **query), query
    assert serial in page_of(operator, status="x", kind="toaster", zone="\0", sort="y", page="z")


def test_an_engineer_accepts_a_rating(engineer: Client, rating: RegisterDifference) -> None:
    answer = decide(engineer, rating, decision="accept", query="?kind=inverter&page=3")

    assert answer["Location"] == f"{reverse(LIST)}?kind=inverter"
    assert DER.objects.get().active_power_rating_at_unity_power_factor_w == 7_000
    assert "enzo" in page_of(engineer, status="accepted")


def test_an_operator_accepts_identities_but_not_ratings(
    operator: Client, rating: RegisterDifference
) -> None:
    says(rating.device, active_power_max_w=7_000.0, identity={"model": "H8b"})
    look()
    model = RegisterDifference.objects.get(attribute="model")

    refused = decide(operator, rating, model, decision="accept")
    accepted = decide(operator, model, decision="accept")

    assert refused.status_code == 409
    assert "only an engineer corrects them" in refused.content.decode()
    assert accepted.status_code == 302
    rating.device.refresh_from_db()
    assert rating.device.model == "H8b"
    assert RegisterDifference.objects.get(pk=rating.pk).status == "open"


def test_a_visit_is_ordered_and_shown_with_its_number(
    operator: Client, rating: RegisterDifference
) -> None:
    answer = decide(operator, rating, decision="send", visit_on=tomorrow())

    rating.refresh_from_db()
    assert answer.status_code == 302
    assert rating.service_order is not None
    assert f"order {rating.service_order.number}, olga" in page_of(operator, status="kept")


def test_what_is_ignored_leaves_the_list_until_its_day(
    operator: Client, model: RegisterDifference
) -> None:
    decide(operator, model, decision="ignore", until=tomorrow(10))

    assert "No difference here" in page_of(operator)
    assert "1 ignored for now" in page_of(operator)
    assert "Read on site." in page_of(operator, status="ignored")


@pytest.mark.parametrize(
    ("posted", "words"),
    [
        ({"decision": ""}, "Choose what to do."),
        ({"decision": "burn"}, "Choose what to do."),
        ({"decision": "accept", "reason": " "}, "Say why"),
        ({"decision": "accept", "reason": "x" * 301}, "at most 300"),
        ({"decision": "send", "visit_on": ""}, "Choose a day."),
        ({"decision": "send", "visit_on": "2020-01-01"}, "must lie in the future"),
        ({"decision": "send", "visit_on": "soon"}, "Enter a valid date"),
        ({"decision": "ignore", "until": ""}, "Choose a day."),
        ({"decision": "ignore", "until": "2020-01-01"}, "Choose a day after today."),
        ({"decision": "accept", "chosen": ""}, "Tick at least one"),
        ({"decision": "accept", "chosen": "9" * 40}, "Tick at least one"),
    ],
)
def test_a_decision_that_cannot_be_taken_says_why_and_keeps_what_was_typed(
    engineer: Client, model: RegisterDifference, posted: dict[str, str], words: str
) -> None:
    answer = decide(engineer, model, **{"reason": "Told by phone.", **posted})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    if "reason" not in posted:
        assert "Told by phone." in page
    if "chosen" not in posted:
        assert f'value="{model.pk}" checked' in page
    assert RegisterDifference.objects.get().status == "open"


def test_a_difference_that_changed_meanwhile_is_not_decided(
    engineer: Client, rating: RegisterDifference
) -> None:
    says(rating.device, active_power_max_w=6_000.0)
    look()

    answer = decide(engineer, rating, decision="accept")

    assert answer.status_code == 409
    assert "not as you saw it" in answer.content.decode()
    assert DER.objects.get().active_power_rating_at_unity_power_factor_w == 8_000


def test_more_than_was_approved_is_marked(operator: Client, inverter: Device) -> None:
    unit = make_unit(make_application(inverter.usage_point))
    DER.objects.update(unit=unit)
    says(inverter, active_power_max_w=10_000.0)
    look()

    assert "more than approved" in page_of(operator)


def test_the_file_holds_what_is_filtered_and_is_written_down(
    operator: Client, rating: RegisterDifference
) -> None:
    content = b"".join(operator.get(reverse(LIST), {"format": "csv", "attribute": "active_power"}))
    nothing = b"".join(operator.get(reverse(LIST), {"format": "csv", "attribute": "firmware"}))

    (only,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert (only["Registered"], only["Device says"], only["Apart, %"]) == (
        "8000.0", "7000.0", "-12.5",
    )  # fmt: skip
    assert len(nothing.decode().splitlines()) == 1
    assert [record.rows for record in ExportRecord.objects.order_by("pk")] == [1, 0]


def test_who_may_look_and_who_may_decide(
    cem: User, tess: User, audrey: User, rating: RegisterDifference
) -> None:
    auditor = signed_in(audrey)
    assert rating.device.serial_number in page_of(auditor)
    assert "Accept the device" not in page_of(auditor)
    for person in (cem, tess, audrey):
        assert decide(signed_in(person), rating, decision="accept").status_code == 403
    for person in (cem, tess):
        assert signed_in(person).get(reverse(LIST)).status_code == 403


def test_the_number_of_queries_does_not_grow_with_the_list(operator: Client) -> None:
    counts = []
    for size in (2, 30):
        for device in make_devices(size):
            says(device, active_power_max_w=10_000.0)
        look()
        with CaptureQueriesContext(connection) as queries:
            page_of(operator)
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 12


def test_points_on_the_picture_lie_where_their_figures_are() -> None:
    pairs = [scatter.Pair(1_000, 10_000, "more"), scatter.Pair(10_000, 1_000, "less"),
             scatter.Pair(0, 5, "cannot be drawn")]  # fmt: skip

    drawn = scatter.draw(pairs)

    assert drawn is not None
    more, less = drawn.marks
    assert (drawn.more, drawn.less) == (1, 1)
    assert (more.x, more.y) == (drawn.left, drawn.top)
    assert (less.x, less.y) == (drawn.right, drawn.foot)
    assert [tick.label for tick in drawn.across_ticks] == ["1k", "10k"]
    assert scatter.draw([]) is None
