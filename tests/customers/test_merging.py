"""Doubled accounts and meters: offered, compared, merged by a person (CS-1)."""

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer, CustomerMerge, Representation, ThirdParty, UsagePoint
from customers.selectors import agreements_of
from customers.selectors.duplicates import account_pairs, meter_pairs
from customers.selectors.search import search
from customers.services.merging import (
    CannotMerge,
    ChangedBeforeMerge,
    merge_customers,
    merge_points,
)
from derms.accounts.models import User
from interconnection.models import InterconnectionApplication
from tests.factories import (
    make_agreement,
    make_application,
    make_customer,
    make_representation,
    make_tariff_version,
    make_usage_point,
)


@pytest.fixture
def kept(db: None) -> Customer:
    return make_customer("Ada Lovelace")


@pytest.fixture
def other(db: None) -> Customer:
    return make_customer("ada  Lovelace")


def merge(kept: Customer, other: Customer, at: datetime) -> CustomerMerge:
    versions = tuple(Customer.objects.get(pk=one.pk).version for one in (kept, other))
    return merge_customers(kept=kept, other=other, versions=versions, at=at, by="cleo")  # type: ignore[arg-type]  # two of them


def test_accounts_of_one_name_and_mail_telephone_or_address_are_offered(
    kept: Customer, other: Customer
) -> None:
    make_customer("Ben Franklin")
    for customer in (kept, other):
        make_usage_point(customer, street="1 Sunny Lane")

    (pair,) = account_pairs()

    assert (pair.kept, pair.other) == (kept, other)
    assert pair.why == "same name and e-mail address and same name and address"


def test_everything_moves_and_what_was_signed_stays_as_it_was_signed(
    kept: Customer, other: Customer, cleo: User, at: datetime
) -> None:
    point = make_usage_point(other, street="5 Dark Road")
    agreement = make_agreement(point, make_tariff_version(), accepted_by=cleo)
    application = make_application(point, agreement=agreement)

    merge(kept, other, at)

    point.refresh_from_db()
    agreement.refresh_from_db()
    assert point.customer == kept
    assert InterconnectionApplication.objects.get(pk=application.pk).customer == kept
    assert agreement.customer == other
    assert list(agreements_of(kept)) == [agreement]
    assert account_pairs() == []
    assert {hit.customer_id for group in search("dark road").groups for hit in group.hits} == {
        kept.pk
    }
    (group,) = search(other.account_number).groups
    assert group.hits[0].customer_id == kept.pk
    assert CustomerMerge.objects.get().moved["usage points"] == 1


def test_what_cannot_be_one_is_refused_in_words_and_nothing_moves(
    kept: Customer, other: Customer, ada: User, ben: User, at: datetime
) -> None:
    point = make_usage_point(other)
    third_party = ThirdParty.objects.create(name="Sunpool", email="desk@sunpool.example")
    for customer in (kept, other):
        make_representation(third_party=third_party, customer=customer, active_from=at)
    with pytest.raises(CannotMerge, match="A third party acts for each"):
        merge(kept, other, at)
    Representation.objects.all().delete()
    for customer, user in ((kept, ada), (other, ben)):
        customer.user = user
        customer.save()
    with pytest.raises(CannotMerge, match="Both accounts have a sign-in"):
        merge(kept, other, at)
    with pytest.raises(CannotMerge, match="not two accounts"):
        merge(kept, kept, at)

    point.refresh_from_db()
    assert point.customer == other


def test_a_change_since_the_preview_stops_the_merge(
    kept: Customer, other: Customer, at: datetime
) -> None:
    with pytest.raises(ChangedBeforeMerge):
        merge_customers(kept=kept, other=other, versions=(1, 7), at=at, by="cleo")


def test_the_sign_in_goes_with_the_customer(
    kept: Customer, other: Customer, ada: User, at: datetime
) -> None:
    other.user = ada
    other.save()

    merge(kept, other, at)

    assert Customer.objects.get(pk=kept.pk).user == ada
    assert Customer.objects.get(pk=other.pk).user is None


def test_the_desk_compares_and_merges(kept: Customer, other: Customer, cleo: User) -> None:
    browser = Client()
    browser.force_login(cleo)
    url = reverse("service_duplicate", args=[kept.pk, other.pk])

    assert url in browser.get(reverse("service_duplicates")).content.decode()
    page = browser.get(url)
    assert f"Merge into {kept.account_number}" in page.content.decode()
    old = browser.post(url, {"kept_version": "9", "other_version": "x"})
    assert old.status_code == 409
    done = browser.post(url, {"kept_version": kept.version, "other_version": other.version})
    assert done["Location"] == reverse("service_customer", args=[kept.pk])
    moved = browser.get(reverse("service_customer", args=[other.pk]))
    assert moved["Location"] == reverse("service_customer", args=[kept.pk])
    assert f"formerly {other.account_number}" in browser.get(moved["Location"]).content.decode()


def test_a_meter_that_was_entered_twice_becomes_one(kept: Customer, cleo: User) -> None:
    first, second = make_usage_point(kept), make_usage_point(kept)
    UsagePoint.objects.filter(pk=first.pk).update(meter_number="MT-200 001")
    UsagePoint.objects.filter(pk=second.pk).update(meter_number="mt200001")
    application = make_application(second)
    (pair,) = meter_pairs()
    browser = Client()
    browser.force_login(cleo)

    browser.post(reverse("service_merge_meters"), {"kept": pair.kept.pk, "other": pair.other.pk})

    assert list(UsagePoint.objects.all()) == [first]
    assert InterconnectionApplication.objects.get(pk=application.pk).usage_point == first


def test_a_meter_with_evidence_or_of_another_customer_stays(
    kept: Customer, other: Customer, cleo: User
) -> None:
    first, second, third = (make_usage_point(one) for one in (kept, kept, other))
    make_agreement(second, make_tariff_version(), accepted_by=cleo)

    with pytest.raises(CannotMerge, match="evidence hangs on it"):
        merge_points(kept=first, other=second)
    with pytest.raises(CannotMerge, match="different accounts"):
        merge_points(kept=first, other=third)
    assert UsagePoint.objects.count() == 3
