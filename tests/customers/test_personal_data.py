"""Contact, export and erasure of a customer's personal data (CS-1)."""

import io
import json
import uuid
import zipfile
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from customers import services
from customers.models import (
    Customer,
    CustomerErasure,
    Notice,
    ServiceOrder,
    ServiceRequest,
    UsagePoint,
    VisitPhoto,
)
from customers.selectors.search import search
from customers.services.files import keep_file, path_of, write_note
from customers.services.privacy import StillNeeded, erase_customer, what_keeps
from customers.services.visits import Report, record_visit
from derms.accounts.models import ExportRecord, User
from derms.accounts.roles import Role
from tests.factories import make_agreement, make_person, make_tariff_version

JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 20
PDF = b"%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def queue(customer: Customer, at: datetime) -> Notice:
    return services.queue_notice(
        customer=customer,
        template="application_submitted",
        about="A-1/1",
        context={"reference": "A-1", "address": "1 Sunny Lane"},
        at=at,
    )


def contact(customer: Customer, **changed: object) -> dict[str, object]:
    return {
        "name": customer.name,
        "email": customer.email,
        "phone": customer.phone,
        "preferred_channel": customer.preferred_channel,
        "language": customer.language,
        "version": Customer.objects.get(pk=customer.pk).version,
        **changed,
    }


def test_who_changes_the_contact_second_sees_the_other_change_and_decides(
    cleo: User, ada_customer: Customer
) -> None:
    url, dora = reverse("service_contact", args=[ada_customer.pk]), "dora"
    read = contact(ada_customer, phone="+1 555 1111")
    other = signed_in(make_person(dora, Role.CUSTOMER_SERVICE))
    other.post(url, contact(ada_customer, phone="+1 555 2222"))

    page = signed_in(cleo).post(url, read)

    ada_customer.refresh_from_db()
    text = page.content.decode()
    assert (page.status_code, ada_customer.phone) == (409, "+1 555 2222")
    assert "Dora changed phone from “nothing” to “+1 555 2222”" in text
    assert 'value="+1 555 1111"' in text
    again = signed_in(cleo).post(url, {**read, "version": ada_customer.version})
    ada_customer.refresh_from_db()
    assert (again.status_code, ada_customer.phone) == (302, "+1 555 1111")


def test_a_channel_needs_its_address(cleo: User, ada_customer: Customer) -> None:
    url = reverse("service_contact", args=[ada_customer.pk])

    page = signed_in(cleo).post(url, contact(ada_customer, preferred_channel="text"))

    assert page.status_code == 422
    assert "The channel that is preferred needs it." in page.content.decode()
    wrong = signed_in(cleo).post(url, contact(ada_customer, email="nonsense", version="x"))
    assert wrong.status_code == 422


def test_a_customer_takes_her_own_data_and_nobody_elses(
    ada: User, ada_point: UsagePoint, cem_point: UsagePoint, at: datetime
) -> None:
    queue(ada_point.customer, at)
    browser = signed_in(ada)

    page = browser.get(reverse("portal_data")).content.decode()
    answer = browser.post(reverse("portal_data_export"))

    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    held = json.loads(archive.read("customer.json"))
    assert "Why it stays after an erasure" in page
    assert held["customer"][0]["name"] == "Ada Lovelace"
    assert [row["meter_number"] for row in held["usagepoint"]] == [ada_point.meter_number]
    assert "notice.csv" in archive.namelist()
    assert cem_point.meter_number not in archive.read("customer.json").decode()
    (record,) = ExportRecord.objects.all()
    assert (record.by, record.list_name) == ("ada", "customer_data")


def test_the_desk_hands_data_out_and_it_is_written_down(cleo: User, ada_point: UsagePoint) -> None:
    url = reverse("service_customer_export", args=[ada_point.customer_id])

    assert signed_in(cleo).post(url).headers["Content-Type"] == "application/zip"
    assert ExportRecord.objects.get().by == "cleo"
    assert signed_in(cleo).get(url).status_code == 405


def test_while_a_contract_runs_nobody_is_forgotten(
    ada: User, ada_point: UsagePoint, at: datetime
) -> None:
    make_agreement(ada_point, make_tariff_version(), accepted_by=ada)

    with pytest.raises(StillNeeded, match="An agreement is in force"):
        erase_customer(customer=ada_point.customer, reason="She wrote.", at=at, by="cleo")

    assert Customer.objects.get(pk=ada_point.customer_id).name == "Ada Lovelace"


def test_personal_data_goes_from_history_too_and_records_stay(
    cleo: User, ada: User, ada_point: UsagePoint, at: datetime
) -> None:
    customer = ada_point.customer
    agreement = make_agreement(ada_point, make_tariff_version(), accepted_by=ada)
    services.end_agreement(agreement=agreement, at=at + timedelta(days=1))
    queue(customer, at)
    url = reverse("service_customer_erase", args=[customer.pk])
    typed = {"account_number": customer.account_number, "reason": "A letter, signed."}
    browser = signed_in(cleo)

    assert browser.post(url, {**typed, "account_number": "x"}).status_code == 422
    assert browser.post(url, {**typed, "reason": ""}).status_code == 422
    assert browser.post(url, typed).status_code == 302

    customer.refresh_from_db()
    ada.refresh_from_db()
    notice = Notice.objects.get()
    assert (customer.name, customer.email, customer.user) == ("Erased customer", "", None)
    assert (ada.is_active, ada.email, ada.first_name) == (False, "", "")
    assert (notice.subject, notice.facts) == ("Erased", {})
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from customers_customerevent where name like '%Lovelace%'")
        assert cursor.fetchone() == (0,)
    assert search("lovelace").count == 0
    assert agreement.accepted_name == "Ada Lovelace"
    erasure = CustomerErasure.objects.get()
    assert any("Proof of a contract" in one for one in erasure.kept)
    assert what_keeps(customer) == "This customer's personal data is erased already."
    page = browser.get(reverse("service_customer_data", args=[customer.pk])).content.decode()
    assert "Erased" in page
    assert "A letter, signed." in page


def test_answers_notes_and_files_go_from_history_and_disk_too(
    ada_customer: Customer, at: datetime, django_capture_on_commit_callbacks: Any
) -> None:
    row = ServiceRequest.objects.create(
        number="R-1", kind="account", customer=ada_customer, answers={"what": "My secret"},
        step="open", waiting_on="customer_service", ask="Ask Ada of her secret", opened_at=at,
        opened_by="Ada Lovelace", due_date=at.date(),
    )  # fmt: skip
    write_note(request=row, text="Her secret", is_internal=True, at=at, by="cleo")
    file = keep_file(request=row, name="secret.pdf", content=PDF, at=at, by="ada")
    row.passages.create(step="open", waiting_on="customer_service", entered_at=at, by="ada",
                        words="secret")  # fmt: skip
    row.status_changes.create(old_status="", new_status="open", at=at, by="ada", reason="secret")
    row.move("done", at=at, by="cleo", waiting_on="nobody", closed_at=at, due_date=None,
             reason="The secret is safe.")  # fmt: skip

    with django_capture_on_commit_callbacks(execute=True):
        erase_customer(customer=ada_customer, reason="She wrote.", at=at, by="cleo")

    assert not path_of(file.key).exists()
    with connection.cursor() as cursor:
        for table in (
            "servicerequest", "servicerequestevent", "requestnote", "requestfile",
            "requestpassage", "servicerequeststatuschange",
        ):  # fmt: skip
            cursor.execute(f"select count(*) from customers_{table} t where t::text ilike %s",  # noqa: S608  our names
                           ["%secret%"])  # fmt: skip
            assert cursor.fetchone() == (0,), table
    assert ServiceRequest.objects.get().number == "R-1"
    assert any("files of every request" in one for one in CustomerErasure.objects.get().erased)


def test_photos_and_words_of_visits_go_and_what_was_measured_stays(
    ada_point: UsagePoint, tess: User, at: datetime, django_capture_on_commit_callbacks: Any
) -> None:
    order = services.open_service_order(
        kind=ServiceOrder.Kind.CONNECTION, usage_point=ada_point, summary="Turn on", at=at,
        by="cleo",
        planned_from=at, planned_to=at + timedelta(hours=2),
    )  # fmt: skip
    with pytest.raises(StillNeeded, match="field order is open"):
        erase_customer(customer=ada_point.customer, reason="She wrote.", at=at, by="cleo")
    services.start_service_order(order=order, at=at, by="tess")
    answers = {"safe": "on", "installation": "on", "voltage": "121", "reading": "7", "on": "on"}
    record_visit(
        order=order,
        report=Report(
            key=uuid.uuid4(), answers={**answers, "seal": "secret S-7"}, is_final=True,
            result="Her secret cellar.", photos=[("secret.jpg", JPEG)],
        ),
        at=at, by="tess",
    )  # fmt: skip
    photo = VisitPhoto.objects.get()
    assert path_of(photo.key).exists()

    with django_capture_on_commit_callbacks(execute=True):
        erase_customer(customer=ada_point.customer, reason="She wrote.", at=at, by="cleo")

    assert not path_of(photo.key).exists()
    with connection.cursor() as cursor:
        for table in ("serviceorder", "serviceorderstatuschange", "visitreport", "visitphoto"):
            cursor.execute(f"select count(*) from customers_{table} t where t::text ilike %s",  # noqa: S608  our names
                           ["%secret%"])  # fmt: skip
            assert cursor.fetchone() == (0,), table
    order.refresh_from_db()
    assert (order.answers, order.status) == (answers, "done")
    erasure = CustomerErasure.objects.get()
    assert any("words of every visit" in one for one in erasure.erased)
    assert any("what was measured" in one for one in erasure.kept)


def test_customers_open_no_pages_of_the_desk_about_data(ada: User, cem_customer: Customer) -> None:
    browser = signed_in(ada)

    for name in ("service_contact", "service_customer_data"):
        assert browser.get(reverse(name, args=[cem_customer.pk])).status_code == 403
    assert (
        browser.post(reverse("service_customer_export", args=[cem_customer.pk])).status_code == 403
    )
