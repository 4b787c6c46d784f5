"""DER through a company, which the customer changes half way, in a real browser (TP-1, TP-2)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from customers.models import CustomerAgreement, Representation, TariffVersion, UsagePoint
from customers.services import start_service_order
from derms.accounts.models import User
from derms.accounts.roles import Role
from interconnection.models import DER, ApplicationUnit, InterconnectionApplication
from interconnection.selectors.commissioning import order_of, site_checks
from interconnection.services.commissioning import (
    finish_commissioning,
    grant_permission_to_operate,
    order_commissioning,
    record_commissioning_test,
    tick_checklist,
)
from interconnection.services.decisions import Proposal, confirm_decision, propose_decision
from interconnection.services.judging import Seen
from interconnection.statuses import DecisionVerdict
from tests.devices.walking import walking
from tests.factories import make_company, make_equipment, make_person
from tests.interconnection.applying import serve
from tests.interconnection.commissioning import as_registered

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def let_act(page: Page, company: str) -> None:
    """The customer chooses a company, reads the words and types her name."""
    page.locator("#id_third_party").select_option(label=company)
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Read what you agree to").click()
    expect(page.get_by_text(f"allow {company} from")).to_be_visible()
    page.get_by_label("Type your name to agree").fill("Ada Lovelace")
    page.get_by_role("button", name="I agree").click()
    expect(page.get_by_role("heading", name="Companies that act for you")).to_be_visible()


def apply_for(page: Page, version: int, equipment: int) -> str:
    """Service point, tariff, unit, day, sent; what the company's person does in the portal."""
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/tariff")
    root = page.url.removesuffix("/tariff")
    page.goto(f"{root}/tariff/{version}")
    page.locator("#id_accepted_name").fill("Ada Lovelace")
    page.get_by_role("button", name="I accept these terms").click()
    page.goto(f"{root}/equipment/new?equipment={equipment}")
    page.locator("#id_serial_number").fill("HX-77")
    page.get_by_role("button", name="Save this unit").click()
    page.wait_for_url("**/equipment")
    day = timezone.localdate() + timedelta(days=90)
    page.goto(f"{root}/date")
    page.locator("input[type=date]").fill(day.isoformat())
    page.locator("main button.go").click()
    page.wait_for_url("**/review")
    page.locator("main button.go").click()
    expect(page.get_by_role("heading", name="What happens next")).to_be_visible()
    return root.rpartition("/")[2]


def begin(address: str, ada: User) -> dict[str, list[str]]:
    """The customer lets the first company act; what is wrong with her pages."""
    with walking(address, ada) as walker:
        found = walker.look("/portal/access/companies/new")
        found |= walker.look("/portal/access/people/new") | walker.look("/tokens/")
        walker.open("/portal/access/companies/new")
        let_act(walker.page, "Sunpool")
        found |= walker.look("/portal/access/")
        walker.picture("access")
        assert walker.complaints == []
    return found


def apply_through(
    address: str, tara: User, version: int, equipment: int, customer: int
) -> tuple[str, dict[str, list[str]]]:
    """The company's person applies; the reference, and what is wrong with her pages."""
    with walking(address, tara) as walker:
        found = walker.look("/portal/customers/") | walker.look("/portal/company")
        walker.open("/portal/applications/new")
        reference = apply_for(walker.page, version, equipment)
        found |= walker.look(f"/portal/customers/{customer}")
        walker.picture("company_customer")
    return reference, found


def send_on(address: str, cleo: User, reference: str) -> None:
    with walking(address, cleo) as walker:
        walker.open(f"/service/applications/{reference}")
        expect(walker.page.get_by_text("Sunpool").first).to_be_visible()
        walker.page.get_by_role("button", name="Send to engineering").first.click()
        expect(walker.page.get_by_text("In engineering review").first).to_be_visible()


def sees_nothing(address: str, person: User, path: str) -> None:
    with walking(address, person) as walker:
        answer = walker.page.goto(f"{address}{path}")
        assert answer is not None
        assert answer.status == 404


def follows(address: str, tom: User, reference: str, customer: str, der: DER) -> None:
    """The second company finds what the first one began, and the DER."""
    with walking(address, tom) as walker:
        walker.open(f"/portal/applications/{reference}")
        expect(walker.page.get_by_text("Otherpool, since")).to_be_visible()
        expect(walker.page.get_by_role("cell", name="Sunpool")).to_be_visible()
        walker.open(customer)
        expect(walker.page.get_by_text(der.name)).to_be_visible()


def finish(application: InterconnectionApplication, at: datetime, *people: User) -> DER:
    """From the decision to permission to operate, by the utility's people."""
    enzo, edda, olga, tess = people
    proposal = Proposal(verdict=DecisionVerdict.APPROVE, reasons="All screens pass.")
    decision = propose_decision(application=application, proposal=proposal, at=at, by=enzo)
    confirm_decision(decision=decision, at=at, by=olga)
    application.refresh_from_db()
    order = order_commissioning(
        application=application,
        planned_from=at,
        planned_to=at + timedelta(hours=2),
        at=at,
        by="cleo",
    )
    start_service_order(order=order.service_order, at=at, by="tess")
    for check in site_checks(order):
        if not check.is_live_test:
            tick_checklist(order=order, key=check.key, is_done=True, at=at, by="tess")
    unit = ApplicationUnit.objects.get(application=application)
    seen = Seen("127.0.0.1", 15_502, 1, as_registered(unit))
    record_commissioning_test(order=order, unit=unit, seen=seen, at=at, by=tess)
    found = order_of(application)
    assert found is not None
    finish_commissioning(order=found, at=at, by="tess")
    application.refresh_from_db()
    grant_permission_to_operate(application=application, at=at, by=edda)
    return DER.objects.get()


def test_a_company_is_changed_in_the_middle_of_an_application(
    live_server: Any,
    ada: User,
    tara: User,
    cleo: User,
    enzo: User,
    olga: User,
    tess: User,
    ada_point: UsagePoint,
    tariff_version: TariffVersion,
) -> None:
    tom, edda = make_person("tom", Role.THIRD_PARTY), make_person("edda", Role.ENGINEER)
    make_company("Sunpool", tara)
    make_company("Otherpool", tom)
    serve()
    equipment = make_equipment()
    customer = ada_point.customer_id
    found = begin(live_server.url, ada)
    reference, seen = apply_through(
        live_server.url, tara, tariff_version.pk, equipment.pk, customer
    )
    found |= seen
    application = InterconnectionApplication.objects.get(reference=reference)
    assert application.third_party is not None
    send_on(live_server.url, cleo, reference)

    with walking(live_server.url, ada) as walker:
        walker.open("/portal/access/companies/new")
        expect(walker.page.get_by_text("Sunpool acts for you now")).to_be_visible()
        let_act(walker.page, "Otherpool")
    sees_nothing(live_server.url, tara, f"/portal/applications/{reference}")
    sees_nothing(live_server.url, tara, f"/portal/customers/{customer}")
    with walking(live_server.url, cleo) as walker:
        found |= walker.look(f"/service/customers/{customer}/consents")
        found |= walker.look("/service/")
        walker.picture("queue")
    application.refresh_from_db()
    der = finish(application, timezone.now(), enzo, edda, olga, tess)
    follows(live_server.url, tom, reference, f"/portal/customers/{customer}", der)
    assert found == {}
    agreement = CustomerAgreement.objects.get()
    assert (der.agreement, agreement.ended_at) == (agreement, None)
    assert [str(one.third_party) for one in Representation.objects.order_by("active_from")] == [
        "Sunpool",
        "Otherpool",
    ]
    moves = list(application.status_changes.order_by("pk").values_list("new_status", flat=True))
    assert moves[:3] == ["draft", "submitted", "in_review"]
    assert moves[-1] == "permitted"
