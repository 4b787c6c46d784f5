"""Requests of every kind stand in the queue of applications, by deadline (CS-4, ui C1)."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import ServiceRequest, TariffVersion, UsagePoint
from customers.selectors.requests import working_days
from customers.services.requests import take_way
from derms.accounts.models import User
from interconnection.models import InterconnectionApplication
from interconnection.selectors.queue import QueueFilter
from interconnection.selectors.waiting import keys, lanes
from tests.customers.asking import DESK, asked
from tests.interconnection.applying import send


@pytest.fixture
def browser(cleo: User) -> Client:
    client = Client()
    client.force_login(cleo)
    return client


@pytest.fixture
def both(
    ada: User,
    ada_point: UsagePoint,
    ben_point: UsagePoint,
    tariff_version: TariffVersion,
    at: datetime,
) -> tuple[InterconnectionApplication, ServiceRequest]:
    """An application due in ten working days, and a request due in fewer."""
    return send(ada_point, tariff_version, ada, at), asked(ben_point, at, kind="turn_on")


def numbers(user: User, at: datetime, **wanted: str) -> list[str]:
    found = keys(QueueFilter(**wanted), user=user, days=working_days(timezone.localdate(at)))
    return [str(key[2]) for key in found]


def test_what_is_due_first_stands_first_whatever_it_is(
    both: tuple[InterconnectionApplication, ServiceRequest],
    browser: Client,
    cleo: User,
    at: datetime,
) -> None:
    application, request = both

    assert numbers(cleo, at) == [request.number, application.reference]
    page = browser.get(reverse("service_queue")).content.decode()
    assert page.index(request.number) < page.index(application.reference)
    assert reverse("service_request", args=[request.number]) in page
    assert "Turn service on" in page


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"kind": "applications"}, {"A"}),
        ({"kind": "turn_on"}, {"R"}),
        ({"kind": "turn_off"}, set()),
        ({"show": "desk"}, {"A", "R"}),
        ({"show": "mine"}, set()),
        ({"show": "nobodys"}, {"A", "R"}),
        ({"show": "submitted"}, {"A", "R"}),
        ({"show": "in_review"}, set()),
        ({"text": "franklin"}, {"R"}),
        ({"text": "lovelace"}, {"A"}),
    ],
)
def test_every_filter_means_the_same_for_both(
    wanted: dict[str, str],
    expected: set[str],
    both: tuple[InterconnectionApplication, ServiceRequest],
    browser: Client,
    cleo: User,
    at: datetime,
) -> None:
    assert {number[0] for number in numbers(cleo, at, **wanted)} == expected
    asked_for = {("q" if name == "text" else name): value for name, value in wanted.items()}
    for view in ({}, {"as": "board"}, {"format": "csv"}):
        assert browser.get(reverse("service_queue"), {**asked_for, **view}).status_code == 200


def test_a_request_stands_in_the_lane_of_whom_it_waits_for(
    both: tuple[InterconnectionApplication, ServiceRequest],
    browser: Client,
    cleo: User,
    at: datetime,
) -> None:
    application, request = both

    def placed() -> dict[str, set[str]]:
        board = lanes(QueueFilter(), user=cleo, days=working_days(timezone.localdate(at)))
        return {lane.status: {row.reference for row in lane.rows} for lane in board if lane.rows}

    assert placed() == {"submitted": {application.reference, request.number}}
    take_way(request=request, way="ask", actors=DESK, at=at, by="cleo", words="When?")
    assert placed() == {"submitted": {application.reference}, "incomplete": {request.number}}
    assert request.number in browser.get(f"{reverse('service_queue')}?as=board").content.decode()


def test_ticked_requests_go_to_a_person_with_the_applications(
    both: tuple[InterconnectionApplication, ServiceRequest], browser: Client, cleo: User
) -> None:
    application, request = both
    application.refresh_from_db()
    request.refresh_from_db()
    ticked = [
        f"{request.number}:{request.version}",
        f"{application.reference}:{application.version}",
    ]

    browser.post(reverse("service_assign_chosen"), {"chosen": ticked, "to": "me", "query": ""})

    application.refresh_from_db()
    request.refresh_from_db()
    assert (application.assigned_to, request.assigned_to) == (cleo, cleo)


def test_what_is_over_and_what_mirrors_an_application_is_not_shown_twice(
    both: tuple[InterconnectionApplication, ServiceRequest], cleo: User, at: datetime
) -> None:
    application, request = both
    assert ServiceRequest.objects.filter(mirrors=application.reference).exists()
    take_way(
        request=request, way="decline", actors=DESK, at=at + timedelta(days=1), by="cleo", words="x"
    )

    assert numbers(cleo, at) == [application.reference]
