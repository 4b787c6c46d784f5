"""Notices in the customer's language: standard and own wordings, letters, calls (CS-9)."""

from datetime import datetime

import pytest
from django.test import Client
from django.utils import translation

from customers import services
from customers.channels import phone, texts
from customers.models import Customer, Notice, NoticeWording
from customers.selectors.wordings import wording_rows
from customers.services.wordings import write_wording
from derms.accounts.models import User
from derms.lib.words import Later, day
from tests.factories import make_customer

TEMPLATE = "application_submitted"


def tell(customer: Customer, at: datetime, about: str) -> Notice:
    return services.queue_notice(
        customer=customer,
        template=TEMPLATE,
        about=about,
        context={"reference": about, "address": Later(lambda: day(at))},
        at=at,
    )


@pytest.fixture
def lupe(db: None) -> Customer:
    customer = make_customer("Lupe Ortiz")
    Customer.objects.filter(pk=customer.pk).update(language="es")
    customer.refresh_from_db()
    return customer


def test_a_notice_speaks_the_customer_s_language_whoever_causes_it(
    lupe: Customer, at: datetime
) -> None:
    with translation.override("en"):
        notice = tell(lupe, at, "A-1")
    with translation.override("es"):
        other = tell(make_customer(), at, "A-2")

    assert notice.language == "es"
    assert notice.subject == "Recibimos su solicitud A-1"
    assert "15 de junio de 2026" in notice.body
    assert other.subject == "We have your application A-2"
    assert "15 June 2026" in other.body


def test_own_words_of_one_language_leave_the_other_s_standard(lupe: Customer, at: datetime) -> None:
    for language, subject in (("en", "Hello {reference}"), ("es", "Hola {reference}")):
        write_wording(
            template=TEMPLATE,
            language=language,
            subject=subject,
            body="{address}",
            reason="",
            seen=0,
            at=at,
            by="cleo",
        )
        told = tell(lupe, at, f"A-{language}")
        assert told.subject.startswith("Hola" if language == "es" else "Recibimos")

    assert NoticeWording.objects.count() == 2
    row = next(row for row in wording_rows() if row.template == TEMPLATE)
    assert row.own == [("English", 1), ("Español", 1)]


def test_the_desk_sees_the_words_and_the_preview_in_each_language(
    lupe: Customer, cleo: User, at: datetime
) -> None:
    tell(lupe, at, "A-77")
    browser = Client()
    browser.force_login(cleo)

    page = browser.get(f"/service/wordings/{TEMPLATE}?language=es").content.decode()

    assert '<html lang="en"' in page
    assert "Recibimos su solicitud A-77" in page
    assert "Recibimos su solicitud {reference}" in page


def test_every_standard_wording_has_the_same_facts_in_spanish() -> None:
    with translation.override("es"):
        spoken = {name: texts.spoken(name) for name in texts.WORDINGS}

    assert {name: texts.problem_with(name, one) for name, one in spoken.items()} == dict.fromkeys(
        texts.WORDINGS, ""
    )
    assert all(spoken[name] != texts.standard(name) for name in spoken)


def test_a_call_is_spoken_by_a_voice_of_its_language() -> None:
    with translation.override("es"):
        said = phone.spoken("Lupe", "Visita", "Mañana", language="es")

    assert said.startswith('<Response><Say language="es-MX">Hola, Lupe.')
    assert "<Say>Hello Ada." in phone.spoken("Ada", "Visit", "Tomorrow")
