"""Papers that a tariff asks for are brought, looked at and accepted before it runs (CS-2, CS-5)."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse
from rest_framework.test import APIClient

from customers.models import Customer, Notice, UsagePoint
from derms.accounts.models import User
from derms.lib.errors import InvalidInput
from interconnection.models import DER, ApplicationPaper, CommissioningOrder
from interconnection.selectors.applications import application_by_reference
from interconnection.selectors.papers import papers_of
from interconnection.services.commissioning import (
    finish_commissioning,
    grant_permission_to_operate,
)
from interconnection.services.papers import (
    PaperIsThere,
    PapersMissing,
    accept_paper,
    return_paper,
    send_paper,
)
from interconnection.statuses import PaperStatus
from tests.factories import make_tariff_version, make_token
from tests.interconnection.commissioning import ordered, pass_live_tests, started, tick_all

pytestmark = pytest.mark.django_db
DIAGRAM, PLAN = "Single-line diagram", "Site plan"
PDF = b"%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


@pytest.fixture(autouse=True)
def private_folder(tmp_path: Path) -> Iterator[Path]:
    with override_settings(PRIVATE_DIR=str(tmp_path)):
        yield tmp_path


@pytest.fixture
def order(ada: User, ada_point: UsagePoint, enzo: User, olga: User) -> CommissioningOrder:
    tariff = make_tariff_version(required_forms=[DIAGRAM, PLAN])
    return ordered(ada, ada_point, tariff, engineer=enzo, operator=olga)


def sent(order: CommissioningOrder, name: str, at: datetime, content: bytes = PDF) -> str:
    application = application_by_reference(order.application.reference)
    send_paper(
        application=application, name=name, file_name="it.pdf", content=content, at=at, by="ada"
    )
    return name


def standing_of(order: CommissioningOrder) -> dict[str, str]:
    application = application_by_reference(order.application.reference)
    return {one.name: str(one.sent.status) if one.sent else "" for one in papers_of(application)}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_permission_names_each_paper_that_is_missing_and_who_brings_it(
    order: CommissioningOrder, tess: User, enzo: User, at: datetime
) -> None:
    started(order, tess)
    tick_all(order, tess)
    pass_live_tests(order, tess)
    finish_commissioning(order=order, at=at, by="tess")
    sent(order, DIAGRAM, at)

    with pytest.raises(PapersMissing) as refused:
        grant_permission_to_operate(application=order.application, at=at, by=enzo)

    customer = order.application.customer.name
    assert f"“{PLAN}” is missing; {customer} has to send it." in refused.value.message
    assert f"“{DIAGRAM}” was sent; customer service has to accept it." in refused.value.message
    assert DER.objects.count() == 0


def test_permission_is_given_when_every_paper_is_accepted(
    order: CommissioningOrder, tess: User, enzo: User, at: datetime
) -> None:
    started(order, tess)
    tick_all(order, tess)
    pass_live_tests(order, tess)
    finish_commissioning(order=order, at=at, by="tess")
    for name in (DIAGRAM, PLAN):
        sent(order, name, at)
    for paper in ApplicationPaper.objects.select_related("application"):
        accept_paper(paper=paper, at=at, by="cleo")

    assert grant_permission_to_operate(application=order.application, at=at, by=enzo)


def test_a_returned_paper_is_asked_for_again_with_its_reason(
    order: CommissioningOrder, at: datetime
) -> None:
    sent(order, DIAGRAM, at)
    with pytest.raises(PaperIsThere):
        sent(order, DIAGRAM, at, PDF + b"\n")
    return_paper(
        paper=ApplicationPaper.objects.get(), reason="The meter is not on it.", at=at, by="cleo"
    )

    told = Notice.objects.get(template="paper_returned")
    sent(order, DIAGRAM, at, PDF + b"\n")

    assert "The meter is not on it." in told.body
    assert standing_of(order) == {DIAGRAM: PaperStatus.SENT, PLAN: ""}
    assert ApplicationPaper.objects.count() == 2


def test_a_paper_that_the_tariff_does_not_ask_for_and_a_return_without_words_are_refused(
    order: CommissioningOrder, at: datetime
) -> None:
    sent(order, PLAN, at)

    with pytest.raises(InvalidInput, match="no paper of that name"):
        sent(order, "Birth certificate", at)
    with pytest.raises(InvalidInput, match="customer reads"):
        return_paper(paper=ApplicationPaper.objects.get(), reason=" ", at=at, by="cleo")


def test_the_approval_and_the_portal_ask_for_exactly_what_is_missing(
    order: CommissioningOrder, ada: User, at: datetime
) -> None:
    sent(order, PLAN, at)

    page = signed_in(ada).get(reverse("portal_application", args=[order.application.reference]))

    approved = Notice.objects.get(template="application_approved")
    assert f"Please send “{DIAGRAM}”." in approved.body
    assert page.context["progress"].papers_asked == (f"Please send “{DIAGRAM}”.",)
    assert f"Please send “{DIAGRAM}”." in page.content.decode()


def test_the_customer_sends_a_paper_and_the_desk_accepts_it(
    order: CommissioningOrder, ada: User, cem: User, cem_customer: Customer, cleo: User
) -> None:
    reference = order.application.reference
    url = reverse("portal_application_papers", args=[reference])

    others = signed_in(cem).post(url, {"paper": PLAN, "file": SimpleUploadedFile("a.pdf", PDF)})
    for content in (b"<script>", PDF):
        upload = SimpleUploadedFile("plan.pdf", content)
        signed_in(ada).post(url, {"paper": PLAN, "file": upload})
    paper = ApplicationPaper.objects.get()
    answer = reverse("service_paper_answer", args=[reference, paper.pk])
    by_customer = signed_in(ada).post(answer, {"verdict": "accept"})
    signed_in(cleo).post(answer, {"verdict": "accept"})

    assert others.status_code == 404
    assert by_customer.status_code == 403
    assert standing_of(order) == {DIAGRAM: "", PLAN: PaperStatus.ACCEPTED}


def test_the_desk_keeps_what_came_by_post_and_returns_it(
    order: CommissioningOrder, cleo: User, enzo: User
) -> None:
    reference = order.application.reference
    desk = signed_in(cleo)
    upload = SimpleUploadedFile("scan.pdf", PDF)
    desk.post(
        reverse("service_application_papers", args=[reference]), {"paper": PLAN, "file": upload}
    )
    paper = ApplicationPaper.objects.get()
    answer = reverse("service_paper_answer", args=[reference, paper.pk])
    desk.post(answer, {"verdict": "return", "reason": "It is of another house."})

    page = desk.get(reverse("service_application", args=[reference])).content.decode()
    engineer = signed_in(enzo).get(reverse("engineering_application", args=[reference]))

    assert "It is of another house." in page
    assert f"“{PLAN}” was returned (It is of another house.)" in engineer.content.decode()


def test_programs_send_papers_and_the_desks_answer_them(
    order: CommissioningOrder, ada: User, cem: User, cleo: User
) -> None:
    url = f"/api/v1/applications/{order.application.reference}/papers/"
    hers, his, desk = (program_of(person) for person in (ada, cem, cleo))

    asked = hers.get(url).json()
    sent = hers.post(url, {"name": DIAGRAM, "file": SimpleUploadedFile("d.pdf", PDF)})
    again = hers.post(url, {"name": DIAGRAM, "file": SimpleUploadedFile("d.pdf", PDF)})
    unknown = hers.post(url, {"name": "Passport", "file": SimpleUploadedFile("d.pdf", PDF)})
    script = hers.post(url, {"name": PLAN, "file": SimpleUploadedFile("d.pdf", b"#!/bin/sh")})
    paper = sent.json()[0]["id"]
    no_reason = desk.post(f"{url}{paper}/return", {}, format="json")
    returned = desk.post(f"{url}{paper}/return", {"reason": "Too small."}, format="json")
    anew = hers.post(url, {"name": DIAGRAM, "file": SimpleUploadedFile("e.pdf", PDF)}).json()
    accepted = desk.post(f"{url}{anew[0]['id']}/accept").json()

    assert [(one["name"], one["status"]) for one in asked] == [(DIAGRAM, None), (PLAN, None)]
    assert (sent.status_code, sent.json()[0]["status"]) == (201, "sent")
    assert (again.status_code, again.json()["code"]) == (409, "paper_is_there")
    assert "name" in unknown.json()["fields"]
    assert script.status_code == 400
    assert no_reason.status_code == 400
    assert returned.json()[0]["return_reason"] == "Too small."
    assert [one["status"] for one in accepted] == ["accepted", None]
    assert hers.post(f"{url}{paper}/accept").status_code == 403
    assert his.get(url).status_code == 404
    assert his.post(url, {"name": PLAN}).status_code in {400, 404}


def program_of(person: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {make_token(person)}")
    return client
