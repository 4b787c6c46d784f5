"""What a customer reads of her application: steps, dates, who acts next, the ask (IC-1)."""

from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Notice, ServiceOrder, TariffVersion, UsagePoint
from customers.services import open_service_order
from derms.accounts.models import User
from interconnection.models import (
    CommissioningOrder,
    Decision,
    InterconnectionApplication,
    NetworkUpgrade,
    ServiceConnection,
)
from interconnection.selectors.applications import applications
from interconnection.selectors.progress import Progress, progress_of
from interconnection.services import applications as services
from interconnection.statuses import ApplicationStatus as S
from tests.interconnection.applying import fill, send


@pytest.fixture
def browser(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


@pytest.fixture
def sent(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime
) -> InterconnectionApplication:
    return send(ada_point, tariff_version, ada, at)


def progress(application: InterconnectionApplication, today: date) -> Progress:
    return progress_of(applications().get(pk=application.pk), today=today)


def states(progress: Progress) -> list[str]:
    return [step.state for step in progress.steps]


def decide(
    application: InterconnectionApplication, enzo: User, olga: User, at: datetime, **fields: object
) -> None:
    Decision.objects.create(
        application=application,
        proposed_by=enzo,
        proposed_at=at,
        answered_by=olga,
        answered_at=at,
        status="confirmed",
        **fields,
    )


def test_after_sending_the_customer_sees_who_acts_and_by_when(
    sent: InterconnectionApplication, at: datetime
) -> None:
    now = progress(sent, at.date())

    assert states(now) == ["done", "current", "todo", "todo", "todo", "todo"]
    assert now.steps[0].note == "Done 15 June 2026"
    assert now.steps[1].note == "Expected by 29 June 2026"
    assert (now.next_actor, now.is_customers_turn) == ("Customer service", False)
    assert "by 29 June 2026" in now.next_words


def test_a_return_is_the_exact_ask_and_stops_the_clock(
    sent: InterconnectionApplication, at: datetime
) -> None:
    services.return_as_incomplete(
        application=sent, request_text="The data sheet, please.", at=at, by="cleo"
    )

    now = progress(sent, at.date() + timedelta(days=40))

    assert (now.next_actor, now.is_customers_turn) == ("You", True)
    assert now.next_words == "The data sheet, please."
    assert now.steps[1].note == "The clock stands still until you answer"


def test_every_later_status_says_what_happens(
    sent: InterconnectionApplication, enzo: User, olga: User, ada_point: UsagePoint, at: datetime
) -> None:
    row = services.forward_to_engineering(application=sent, at=at, by="cleo")
    assert "Expected by 6 July 2026" in progress(row, at.date()).next_words
    row.move(S.DECISION_PROPOSED, at=at, by="enzo")
    assert progress(row, at.date()).next_actor == "Operations"

    decide(row, enzo, olga, at, verdict="approve", conditions=["Export at most 5 kW."])
    row.move(S.APPROVED, at=at, by="olga")
    approved = progress(row, at.date())
    assert approved.next_words.endswith("Conditions: Export at most 5 kW.")

    order = open_service_order(
        kind=ServiceOrder.Kind.COMMISSIONING,
        usage_point=ada_point,
        summary="x",
        planned_from=at,
        planned_to=at + timedelta(hours=2),
        at=at,
        by="cleo",
    )
    CommissioningOrder.objects.create(application=row, service_order=order)
    row.move(S.COMMISSIONING, at=at, by="cleo")
    visit = progress(row, at.date())
    assert "on 15 June 2026 between 18:00 and 20:00" in visit.next_words
    assert states(visit) == ["done", "done", "done", "done", "current", "todo"]

    row.move(S.PERMITTED, at=at, by="enzo")
    over = progress(row, at.date())
    assert states(over) == ["done"] * 6
    assert over.next_words.startswith("You may switch on")


def test_a_hold_names_the_work_it_waits_for(
    sent: InterconnectionApplication, enzo: User, olga: User, ada_point: UsagePoint, at: datetime
) -> None:
    row = services.forward_to_engineering(application=sent, at=at, by="cleo")
    feeder = ServiceConnection.objects.get(usage_point=ada_point).transformer.bus.feeder
    upgrade = NetworkUpgrade.objects.create(
        feeder=feeder, name="New transformer", planned_in_service_date=date(2026, 11, 1)
    )
    row.move(S.DECISION_PROPOSED, at=at, by="enzo")
    decide(row, enzo, olga, at, verdict="hold", upgrade=upgrade, reasons="Transformer is full.")
    row.move(S.HELD, at=at, by="olga")

    words = progress(row, at.date()).next_words

    assert "New transformer, planned for 1 November 2026" in words
    assert "Transformer is full." in words


def test_a_rejection_gives_its_reasons_and_no_step_is_current(
    sent: InterconnectionApplication, enzo: User, olga: User, at: datetime
) -> None:
    row = services.forward_to_engineering(application=sent, at=at, by="cleo")
    row.move(S.DECISION_PROPOSED, at=at, by="enzo")
    decide(row, enzo, olga, at, verdict="reject", reasons="The line is full.")
    row.move(S.REJECTED, at=at, by="olga")

    now = progress(row, at.date())

    assert now.next_words == "Rejected. The line is full."
    assert "current" not in states(now)


def test_the_overview_shows_status_agreement_and_messages(
    browser: Client, sent: InterconnectionApplication
) -> None:
    page = browser.get(reverse("portal_home")).content.decode()

    for words in (
        sent.reference,
        "Customer service acts next.",
        "We have your application",
        reverse("portal_messages"),
        reverse("portal_agreement", args=[sent.agreement_id]),
    ):
        assert words in page


def test_a_draft_is_gone_on_with_from_the_overview(
    browser: Client, ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime
) -> None:
    draft = fill(ada_point, tariff_version, ada, at)

    page = browser.get(reverse("portal_home")).content.decode()

    assert reverse("portal_apply_tariff", args=[draft.reference]) in page
    assert "your turn" in " ".join(page.split())


def test_an_overview_without_anything_says_how_to_begin(browser: Client) -> None:
    page = browser.get(reverse("portal_home")).content.decode()

    assert "No customer account is linked" in page
    assert reverse("portal_apply") in page


def test_the_status_page_lists_what_was_asked_for_and_told(
    browser: Client, sent: InterconnectionApplication
) -> None:
    page = browser.get(reverse("portal_application", args=[sent.reference])).content.decode()

    assert "Helios H8" in page
    assert "We have your application" in page
    assert browser.get(reverse("portal_application", args=["A-1"])).status_code == 404


def test_a_customer_withdraws_with_a_reason(
    browser: Client, sent: InterconnectionApplication
) -> None:
    url = reverse("portal_withdraw", args=[sent.reference])

    assert browser.post(url, {"reason": ""}).status_code == 422
    browser.post(url, {"reason": "We move away."})
    sent.refresh_from_db()
    assert sent.status == S.WITHDRAWN
    assert Notice.objects.filter(template="application_withdrawn").exists()
    assert "cannot become withdrawn" in browser.post(url, {"reason": "Again"}).content.decode()


def test_finished_applications_are_listed_apart(
    browser: Client, sent: InterconnectionApplication, at: datetime
) -> None:
    services.withdraw_application(application=sent, reason="x", at=at, by="ada")

    page = browser.get(reverse("portal_home"))

    assert list(page.context["ended"]) == [sent]
    assert page.context["applications"] == []
    assert "Start an application" in page.content.decode()
