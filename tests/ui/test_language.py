"""Which language pages speak, and that programs never hear another one."""

import re
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer
from derms.accounts.models import User

CONNECT = "/portal/connect"
CHOOSE = "/portal/language"


def language_of(page: str) -> str:
    return re.search(r'<html lang="([^"]+)"', page)[1]  # type: ignore[index]  # fails by name


def browser_of(person: User | None = None, **headers: str) -> Client:
    client = Client(headers=headers or None)
    if person is not None:
        client.force_login(person)
    return client


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("", "en"),
        ("es", "es"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("de,es;q=0.5", "es"),
        ("de", "en"),
        ("en;q=0.9,es;q=0.4", "en"),
        ("*", "en"),
        ("\x00;;q=,", "en"),
    ],
)
def test_before_sign_in_a_page_speaks_what_the_browser_asks_for(asked: str, spoken: str) -> None:
    answer = browser_of(accept_language=asked).get(CONNECT)

    assert language_of(answer.content.decode()) == spoken
    assert answer["Content-Language"] == spoken
    assert "Accept-Language" in answer["Vary"]


@pytest.mark.django_db
def test_a_choice_before_sign_in_stays_with_the_browser() -> None:
    browser = browser_of(accept_language="en")

    answer = browser.post(CHOOSE, {"language": "es", "next": f"{CONNECT}?meter=1"})

    assert answer["Location"] == f"{CONNECT}?meter=1"
    assert language_of(browser.get(CONNECT).content.decode()) == "es"


def test_a_customer_s_choice_holds_on_every_device_and_for_her_notices(
    ada: User, ada_customer: Customer
) -> None:
    browser_of(ada).post(CHOOSE, {"language": "es", "next": "/portal/"})

    elsewhere = browser_of(User.objects.get(pk=ada.pk), accept_language="en")

    assert language_of(elsewhere.get("/portal/").content.decode()) == "es"
    ada_customer.refresh_from_db()
    assert ada_customer.language == "es"


@pytest.mark.django_db
@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "", "x:y"])
def test_a_choice_leads_to_no_other_site_and_an_unknown_language_changes_nothing(back: str) -> None:
    browser = browser_of()

    answer = browser.post(CHOOSE, {"language": "xx", "next": back})

    assert answer["Location"] == "/"
    assert not answer.cookies


def test_staff_read_english_whatever_they_or_their_browsers_chose(cleo: User) -> None:
    User.objects.filter(pk=cleo.pk).update(language="es")
    browser = browser_of(User.objects.get(pk=cleo.pk), accept_language="es")

    for name in ("service_queue", "account_change_password"):
        assert language_of(browser.get(reverse(name)).content.decode()) == "en"


def test_customer_service_sets_the_language_a_customer_is_written_to_in(
    cleo: User, ada: User, ada_customer: Customer
) -> None:
    customer = Customer.objects.get(pk=ada_customer.pk)
    typed = {"name": customer.name, "email": "a@b.example", "phone": "", "language": "es"}
    typed |= {"preferred_channel": "email", "version": str(customer.version)}

    browser_of(cleo).post(reverse("service_contact", args=[customer.pk]), typed)

    customer.refresh_from_db()
    assert customer.language == "es"
    assert User.objects.get(pk=ada.pk).language == "es"


def test_programs_hear_english_numbers_whatever_language_is_asked_for(
    ada: User, at: datetime
) -> None:
    User.objects.filter(pk=ada.pk).update(language="es")
    browser = browser_of(User.objects.get(pk=ada.pk), accept_language="es")

    answer = browser.get("/api/v1/usage-points/")

    assert "Content-Language" not in answer
    assert answer["Content-Type"] == "application/json"
