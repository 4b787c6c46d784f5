"""The desk's queue at work: board, moves, bulk assigning, other people's changes (CS-1, CS-5)."""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.models import TariffVersion, UsagePoint
from customers.selectors.requests import working_days
from derms.accounts.models import ExportRecord, User
from derms.accounts.roles import Role
from interconnection.models import InterconnectionApplication
from interconnection.screening.clock import add_business_days
from interconnection.selectors import queue
from interconnection.services import applications
from interconnection.services.assigning import assign_application, assign_many
from interconnection.services.turns import ChangedMeanwhile
from interconnection.statuses import ApplicationStatus
from tests.factories import (
    make_agreement,
    make_application,
    make_customer,
    make_person,
    make_usage_point,
)
from tests.interconnection.applying import send

COUNTS = Path(__file__).with_name("query_counts.json")


@pytest.fixture
def browser(cleo: User) -> Client:
    client = Client()
    client.force_login(cleo)
    return client


@pytest.fixture
def sent(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime
) -> InterconnectionApplication:
    return send(ada_point, tariff_version, ada, at)


def fresh(application: InterconnectionApplication) -> InterconnectionApplication:
    return InterconnectionApplication.objects.get(pk=application.pk)


def chosen(application: InterconnectionApplication) -> str:
    return f"{application.reference}:{fresh(application).version}"


def test_every_move_sets_the_day_on_which_its_clock_is_over(
    sent: InterconnectionApplication, at: datetime
) -> None:
    assert fresh(sent).due_date == add_business_days(at.date(), 10)

    row = applications.return_as_incomplete(application=sent, request_text="x", at=at, by="cleo")
    assert fresh(row).due_date is None

    later = at + timedelta(days=7)
    row = applications.submit_application(application=fresh(row), at=later, by="ada")
    assert fresh(row).due_date == add_business_days(later.date(), 10)
    row = applications.forward_to_engineering(application=fresh(row), at=later, by="cleo")
    assert fresh(row).due_date == add_business_days(later.date(), 15)


def test_the_board_shows_lanes_with_counts_risk_and_moves(
    browser: Client, sent: InterconnectionApplication, cleo: User, at: datetime
) -> None:
    late = queue.lanes(
        queue.QueueFilter(), user=cleo, days=working_days(at.date() + timedelta(days=20))
    )
    lanes = {lane.status: lane for lane in late}
    page = browser.get(reverse("service_queue"), {"as": "board"}).content.decode()

    assert (lanes["submitted"].count, lanes["submitted"].at_risk, lanes["held"].count) == (1, 1, 0)
    assert "Move to…" in page
    assert reverse("service_forward", args=[sent.reference]) in page
    assert f"{reverse('service_application', args=[sent.reference])}#return" in page


def test_a_lane_shows_its_first_cards_and_how_many_more(
    cleo: User, tariff_version: TariffVersion, at: datetime, db: None
) -> None:
    person = make_person("zoe", Role.CUSTOMER)
    for n in range(3):
        point = make_usage_point(make_customer("Zoe Test"), street=f"{n} Sunny Lane")
        make_application(
            point,
            agreement=make_agreement(point, tariff_version, accepted_by=person),
            status=ApplicationStatus.APPROVED,
        )
    few = queue.CARDS_IN_LANE
    lane = next(
        one
        for one in queue.lanes(queue.QueueFilter(), user=cleo, days=working_days(at.date()))
        if one.status == ApplicationStatus.APPROVED
    )

    assert (lane.count, len(lane.rows), lane.more) == (3, min(3, few), 0)


def test_ticked_applications_go_to_one_person_at_once(
    browser: Client, cleo: User, sent: InterconnectionApplication
) -> None:
    url, other = reverse("service_assign_chosen"), make_person("cora", Role.CUSTOMER_SERVICE)

    answer = browser.post(
        url, {"chosen": [chosen(sent)], "to": other.pk, "query": "show=submitted"}
    )

    assert answer["Location"] == f"{reverse('service_queue')}?show=submitted"
    assert fresh(sent).assigned_to == other
    browser.post(url, {"chosen": [chosen(sent)], "to": "me"})
    assert fresh(sent).assigned_to == cleo
    browser.post(url, {"chosen": [chosen(sent)], "to": "nobody"})
    assert fresh(sent).assigned_to is None


def test_who_was_second_sees_what_the_first_changed(
    browser: Client, cleo: User, sent: InterconnectionApplication
) -> None:
    read, dora = chosen(sent), make_person("dora", Role.CUSTOMER_SERVICE)
    other = Client()
    other.force_login(dora)
    other.post(reverse("service_assign_chosen"), {"chosen": [read], "to": "me"})

    page = browser.post(
        reverse("service_assign_chosen"), {"chosen": [read], "to": "me"}, follow=True
    ).content.decode()

    assert fresh(sent).assigned_to == dora
    assert "was not assigned. Dora changed assigned to from “nothing” to “dora”" in page
    page = browser.post(
        reverse("service_assign", args=[sent.reference]),
        {"version": read.rpartition(":")[2]},
        follow=True,
    ).content.decode()
    assert "Dora changed assigned to" in page
    assert fresh(sent).assigned_to == dora


def test_a_version_that_is_present_lets_the_deed_happen(
    cleo: User, sent: InterconnectionApplication
) -> None:
    row = fresh(sent)
    assign_application(application=row, to=cleo, version=row.version)

    assert fresh(sent).version == row.version + 1
    with pytest.raises(ChangedMeanwhile):
        assign_application(application=row, to=None, version=row.version)
    came = assign_many(chosen=[("A-1999-0001", 1), (sent.reference, row.version)], to=None)
    assert (came.count, len(came.refusals)) == (0, 2)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"to": "me"}, "Tick rows first."),
        ({"chosen": ["nonsense", "A-1:x"], "to": "me"}, "Tick rows first."),
        ({"chosen": ["A-1999-0001:1"], "to": "99999"}, "Choose a person of customer service."),
        (
            {"chosen": ["A-1999-0001:1"], "to": "me"},
            "There is nothing with the number A-1999",
        ),
    ],
)
def test_nonsense_assigns_nothing_and_says_why(
    browser: Client, typed: dict[str, object], words: str
) -> None:
    page = browser.post(reverse("service_assign_chosen"), typed, follow=True)

    assert words in page.content.decode()


def test_the_queue_is_taken_as_csv_and_written_down(
    browser: Client, sent: InterconnectionApplication
) -> None:
    answer = browser.get(reverse("service_queue"), {"format": "csv", "show": "nobodys"})

    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert sent.reference in text
    assert ExportRecord.objects.get().list_name == "service_queue"


def test_pages_of_the_desk_ask_the_database_as_often_as_the_baseline_says(
    browser: Client,
    ada: User,
    ada_point: UsagePoint,
    ben: User,
    ben_point: UsagePoint,
    tariff_version: TariffVersion,
    at: datetime,
) -> None:
    """Rewrite it with UPDATE_QUERY_COUNTS=1, then read the difference."""

    def counted() -> dict[str, int]:
        found = {}
        for name in json.loads(COUNTS.read_text()):
            page, _, query = name.partition("?")
            with CaptureQueriesContext(connection) as asked:
                browser.get(f"{reverse(page)}?{query}")
            found[name] = len(asked)
        return found

    send(ada_point, tariff_version, ada, at, serial_number="1")
    counted()
    one = counted()
    send(ben_point, tariff_version, ben, at, serial_number="2")
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        COUNTS.write_text(json.dumps(one, indent=1) + "\n")

    assert counted() == one == json.loads(COUNTS.read_text())
