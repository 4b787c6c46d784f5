"""Customer service orders the commissioning visit once it is approved (CS-6, IC-6)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Notice, TariffVersion, UsagePoint
from derms.accounts.models import User
from interconnection.models import CommissioningOrder, Decision, InterconnectionApplication
from interconnection.services import applications
from interconnection.statuses import ApplicationStatus
from tests.interconnection.applying import send

TOMORROW = datetime.now(UTC).date() + timedelta(days=1)
VISIT = {"day": TOMORROW.isoformat(), "begins": "09:00", "ends": "11:00"}


@pytest.fixture
def browser(cleo: User) -> Client:
    client = Client()
    client.force_login(cleo)
    return client


@pytest.fixture
def approved(
    ada: User,
    ada_point: UsagePoint,
    tariff_version: TariffVersion,
    enzo: User,
    olga: User,
    at: datetime,
) -> InterconnectionApplication:
    sent = send(ada_point, tariff_version, ada, at)
    row = applications.forward_to_engineering(application=sent, at=at, by="cleo")
    Decision.objects.create(
        application=row,
        verdict="approve",
        proposed_by=enzo,
        proposed_at=at,
        answered_by=olga,
        answered_at=at,
        status="confirmed",
    )
    row.move(ApplicationStatus.DECISION_PROPOSED, at=at, by="enzo")
    return row.move(ApplicationStatus.APPROVED, at=at, by="olga")


def order(browser: Client, approved: InterconnectionApplication, **typed: Any) -> Any:
    seen = approved.status_changes.latest("pk").pk
    url = reverse("service_order_visit", args=[approved.reference])
    return browser.post(url, {"seen": seen, **VISIT, **typed})


def test_the_visit_is_ordered_for_a_technician_and_the_customer_told(
    browser: Client, approved: InterconnectionApplication, tess: User
) -> None:
    page = browser.get(reverse("service_application", args=[approved.reference]))
    assert "Order the commissioning visit" in page.content.decode()

    order(browser, approved, technician=tess.pk)

    approved.refresh_from_db()
    visit = CommissioningOrder.objects.get(application=approved).service_order
    assert approved.status == ApplicationStatus.COMMISSIONING
    assert visit.assigned_to == tess
    assert visit.planned_from == datetime.combine(
        TOMORROW, datetime.min.time(), tzinfo=UTC
    ) + timedelta(hours=9)
    assert Notice.objects.filter(template="commissioning_planned").exists()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"day": ""}, "Choose the day of the visit."),
        ({"day": "soon"}, "year-month-day"),
        ({"day": date(2020, 1, 1).isoformat()}, "must lie in the future"),
        ({"begins": "12:00"}, "The visit must end after it begins."),
        ({"ends": "late"}, "hours and minutes"),
        ({"technician": "0"}, "Choose a technician of the list."),
    ],
)
def test_a_visit_that_cannot_be_is_refused_and_what_was_typed_kept(
    browser: Client, approved: InterconnectionApplication, typed: dict[str, str], words: str
) -> None:
    response = order(browser, approved, **typed)

    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert 'value="09:00"' in page or 'value="12:00"' in page
    assert not CommissioningOrder.objects.exists()


def test_who_comes_second_orders_nothing(
    browser: Client, approved: InterconnectionApplication, at: datetime
) -> None:
    seen = approved.status_changes.earliest("pk").pk

    response = order(browser, approved, seen=seen)

    assert response.status_code == 409
    assert "olga moved it to" in response.content.decode()
    assert not CommissioningOrder.objects.exists()
