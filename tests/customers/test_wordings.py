"""The utility's own words for notices: versions, facts, a look on a real case (CS-9)."""

from datetime import datetime

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from customers import services
from customers.channels import texts
from customers.models import Customer, Notice, NoticeWording
from customers.services.wordings import WordedMeanwhile, write_wording
from derms.accounts.models import User
from derms.lib.errors import InvalidInput
from tests.factories import make_customer

TEMPLATE = "application_submitted"
URL = f"/service/wordings/{TEMPLATE}"


def write(at: datetime, *, seen: int = 0, body: str = "Thank you for {reference}.") -> object:
    return write_wording(
        template=TEMPLATE, language="en", subject="Hello {reference}", body=body, reason="",
        seen=seen, at=at, by="cleo",
    )  # fmt: skip


def tell(customer: Customer, at: datetime, about: str) -> Notice:
    return services.queue_notice(
        customer=customer,
        template=TEMPLATE,
        about=about,
        context={"reference": about, "address": "1 Sunny Lane"},
        at=at,
    )


@pytest.fixture
def browser(cleo: User) -> Client:
    client = Client()
    client.force_login(cleo)
    return client


@pytest.mark.django_db
def test_new_words_are_used_from_now_on_and_old_notices_keep_theirs(at: datetime) -> None:
    customer = make_customer()
    before = tell(customer, at, "A-1")
    write(at)

    after = tell(customer, at, "A-2")

    assert (after.subject, after.body) == ("Hello A-2", "Thank you for A-2.")
    assert (before.wording_number, after.wording_number) == (0, 1)
    assert Notice.objects.get(pk=before.pk).subject == "We have your application A-1"
    with pytest.raises(DatabaseError), transaction.atomic():
        NoticeWording.objects.update(body="x")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    ["{nobody}", "{reference.__class__}", "{reference!r}", "{reference:>9}", "{", "{}", "{0}", " "],
)
def test_words_with_facts_that_are_not_there_are_refused(at: datetime, body: str) -> None:
    with pytest.raises(InvalidInput):
        write(at, body=body)

    assert not NoticeWording.objects.exists()


@pytest.mark.django_db
def test_who_writes_second_is_told_what_the_first_wrote(at: datetime) -> None:
    write(at)

    with pytest.raises(WordedMeanwhile, match="cleo wrote version 1 meanwhile: “Hello"):
        write(at)


def test_every_standard_wording_passes_its_own_check() -> None:
    problems = {name: texts.problem_with(name, words) for name, words in texts.WORDINGS.items()}

    assert set(problems.values()) == {""}


def test_a_look_on_a_real_case_keeps_nothing(browser: Client, at: datetime) -> None:
    tell(make_customer("Ada Lovelace"), at, "A-77")
    typed = {"subject": "New {reference}", "body": "Site: {address}", "seen": "0", "language": "en"}

    page = browser.post(URL, {**typed, "look": "1"}).content.decode()

    assert "New A-77" in page
    assert "Site: 1 Sunny Lane" in page
    assert not NoticeWording.objects.exists()
    wrong = browser.post(URL, {**typed, "body": "{street}", "use": "1"})
    assert wrong.status_code == 422
    assert "There is no fact {street} in this notice." in wrong.content.decode()


def test_words_are_used_by_the_page_and_a_second_writer_sees_the_first(browser: Client) -> None:
    typed = {"subject": "New {reference}", "body": "x", "seen": "0", "language": "en", "use": "1"}

    assert browser.post(URL, typed).status_code == 302
    second = browser.post(URL, typed)

    assert second.status_code == 409
    assert "cleo wrote version 1 meanwhile" in second.content.decode()
    assert "English version 1" in browser.get(reverse("service_wordings")).content.decode()
    assert browser.get("/service/wordings/nonsense").status_code == 404
