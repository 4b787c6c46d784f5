"""A company acts for a customer as far and as long as she lets it (TP-1)."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer, Letter, Notice, Representation, Right, ThirdParty
from customers.selectors import customers_for
from customers.services.consents import PlannedAlready, Terms, end_consent, give_consent
from customers.services.letters import send_letters
from derms.accounts.models import User
from derms.lib.errors import Conflict, InvalidInput
from tests.factories import make_company, make_representation

ALL = ("may_see_readings", "may_file", "may_enrol")


@pytest.fixture
def sunpool(tara: User) -> ThirdParty:
    return make_company("Sunpool", tara)


def consent(
    customer: Customer, company: ThirdParty, at: datetime, *scopes: str, **days: date
) -> Representation:
    terms = Terms(
        third_party=company,
        scopes=scopes or ALL,
        begins_on=days.get("begins_on", timezone.localdate(at)),
        last_day=days.get("last_day"),
    )
    return give_consent(customer=customer, terms=terms, given_name="Ada", at=at, by="ada")


def rights(user: User, at: datetime) -> set[Right]:
    return {right for right in Right if customers_for(user, at, right).exists()}


def test_a_consent_gives_what_it_names_and_nothing_else(
    sunpool: ThirdParty, tara: User, ada_customer: Customer, cem_customer: Customer, at: datetime
) -> None:
    consent(ada_customer, sunpool, at, "may_see_readings")

    assert rights(tara, at) == {Right.KNOW, Right.READINGS}
    assert list(customers_for(tara, at)) == [ada_customer]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("may_file", {Right.KNOW, Right.CASES, Right.FILE}),
        ("may_enrol", {Right.KNOW, Right.PROGRAMMES, Right.ENROL}),
    ],
)
def test_each_scope_opens_its_own_doors(
    scope: str,
    expected: set[Right],
    sunpool: ThirdParty,
    tara: User,
    ada_customer: Customer,
    at: datetime,
) -> None:
    consent(ada_customer, sunpool, at, scope)

    assert rights(tara, at) == expected


def test_the_words_agreed_to_are_kept_and_both_are_told(
    sunpool: ThirdParty, ada_customer: Customer, at: datetime
) -> None:
    made = consent(ada_customer, sunpool, at, "may_file")

    assert "allow Sunpool from 15 June 2026 until I end it" in made.text
    assert "accept a tariff in my name" in made.text
    assert "my equipment produces" not in made.text
    assert Notice.objects.get(template="consent_given").customer == ada_customer
    assert Letter.objects.get().email == sunpool.email


def test_a_new_company_takes_over_on_its_day_and_the_old_one_loses_sight_then(
    sunpool: ThirdParty, tara: User, ben: User, ada_customer: Customer, at: datetime
) -> None:
    old = consent(ada_customer, sunpool, at)
    other = make_company("Otherpool", ben)
    day = timezone.localdate(at) + timedelta(days=10)

    new = consent(ada_customer, other, at, begins_on=day)

    old.refresh_from_db()
    assert old.active_to == new.active_from
    assert rights(tara, new.active_from - timedelta(seconds=1))
    assert rights(tara, new.active_from) == set()
    assert Notice.objects.filter(template="consent_ended", customer=ada_customer).count() == 1


def test_a_company_that_is_to_follow_must_be_ended_before_another_comes_first(
    sunpool: ThirdParty, ada_customer: Customer, at: datetime
) -> None:
    later = consent(
        ada_customer, sunpool, at, begins_on=timezone.localdate(at) + timedelta(days=10)
    )
    other = make_company("Otherpool")

    with pytest.raises(PlannedAlready, match="Sunpool is to begin on 25 Jun 2026"):
        consent(ada_customer, other, at)

    end_consent(representation=later, last_day=None, reason="", at=at, by="ada")
    consent(ada_customer, other, at)
    later.refresh_from_db()
    assert later.active_to == later.active_from


def test_a_consent_ends_at_once_or_after_a_day_and_only_once(
    sunpool: ThirdParty, tara: User, ada_customer: Customer, at: datetime
) -> None:
    made = consent(ada_customer, sunpool, at)
    tomorrow = timezone.localdate(at) + timedelta(days=1)

    end_consent(representation=made, last_day=tomorrow, reason="moved", at=at, by="ada")
    assert rights(tara, at + timedelta(days=1))
    assert rights(tara, at + timedelta(days=2)) == set()

    soon = at + timedelta(minutes=1)
    end_consent(representation=made, last_day=None, reason="now", at=soon, by="ada")
    assert rights(tara, soon) == set()
    with pytest.raises(Conflict):
        end_consent(representation=made, last_day=None, reason="", at=soon, by="ada")


@pytest.mark.parametrize(
    ("begins", "last", "scopes", "field"),
    [
        (-1, None, ALL, "begins_on"),
        (400, None, ALL, "begins_on"),
        (3, 2, ALL, "last_day"),
        (0, None, ("everything",), "scopes"),
    ],
)
def test_a_consent_that_makes_no_sense_is_refused_beside_its_field(
    begins: int,
    last: int | None,
    scopes: tuple[str, ...],
    field: str,
    sunpool: ThirdParty,
    ada_customer: Customer,
    at: datetime,
) -> None:
    today = timezone.localdate(at)
    terms = Terms(
        third_party=sunpool,
        scopes=scopes,
        begins_on=today + timedelta(days=begins),
        last_day=None if last is None else today + timedelta(days=last),
    )
    with pytest.raises(InvalidInput) as refusal:
        give_consent(customer=ada_customer, terms=terms, given_name="Ada", at=at, by="ada")

    assert set(refusal.value.fields) == {field}


def test_the_database_keeps_two_companies_apart(
    sunpool: ThirdParty, ada_customer: Customer, at: datetime
) -> None:
    make_representation(third_party=sunpool, customer=ada_customer, active_from=at)
    other = make_company("Otherpool")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_representation(
            third_party=other, customer=ada_customer, active_from=at + timedelta(days=9)
        )


def test_the_customer_reads_the_words_types_her_name_and_ends_it_again(
    sunpool: ThirdParty, ada: User, tara: User, ada_customer: Customer
) -> None:
    client = Client()
    client.force_login(ada)
    typed = {
        "third_party": sunpool.pk,
        "scopes": ["may_file", "may_enrol"],
        "begins_on": timezone.localdate().isoformat(),
        "last_day": "",
    }

    page = client.post(reverse("portal_consent"), typed)
    assert "allow Sunpool from" in page.content.decode()
    assert not Representation.objects.exists()
    client.post(reverse("portal_consent"), {**typed, "given_name": "Ada Lovelace"})

    made = Representation.objects.get()
    assert (made.given_name, made.may_file, made.may_see_readings) == ("Ada Lovelace", True, False)
    assert "Sunpool" in client.get(reverse("portal_access")).content.decode()
    client.post(reverse("portal_consent_end", args=[made.pk]), {"last_day": "", "reason": ""})
    assert rights(tara, timezone.now()) == set()


def test_nobody_ends_a_consent_of_another_customer(
    sunpool: ThirdParty, ada_customer: Customer, cem: User, cem_customer: Customer, at: datetime
) -> None:
    made = make_representation(third_party=sunpool, customer=ada_customer, active_from=at)
    client = Client()
    client.force_login(cem)

    assert client.get(reverse("portal_consent_end", args=[made.pk])).status_code == 404
    assert client.post(reverse("portal_consent_end", args=[made.pk]), {}).status_code == 404


def test_customer_service_writes_down_a_paper_and_ends_it_with_a_reason(
    sunpool: ThirdParty, cleo: User, ada_customer: Customer
) -> None:
    client = Client()
    client.force_login(cleo)
    url = reverse("service_consents", args=[ada_customer.pk])
    paper = {
        "third_party": sunpool.pk,
        "scopes": ["may_file"],
        "begins_on": timezone.localdate().isoformat(),
        "last_day": "",
        "given_name": "Ada Lovelace",
        "paper_reference": "",
    }

    assert client.post(url, paper).status_code == 422
    client.post(url, {**paper, "paper_reference": "Archive 12/7"})

    made = Representation.objects.get()
    assert (made.paper_reference, made.given_by) == ("Archive 12/7", "cleo")
    end = reverse("service_consent_end", args=[made.pk])
    assert client.post(end, {"last_day": "", "reason": ""}).status_code == 422
    client.post(end, {"last_day": "", "reason": "Called, number known."})
    made.refresh_from_db()
    assert made.active_to is not None
    assert "Called, number known." in client.get(url).content.decode()


def test_letters_go_out_once(
    sunpool: ThirdParty, ada_customer: Customer, at: datetime, mailoutbox: list[object]
) -> None:
    consent(ada_customer, sunpool, at)

    assert send_letters(at=at) == 1
    assert send_letters(at=at) == 0
    assert len(mailoutbox) == 1
