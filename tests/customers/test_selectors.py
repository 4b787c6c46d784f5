"""Who may act for whom, and how a service desk searches (CS-1, TP-1)."""

from datetime import datetime, timedelta

import pytest

from customers import selectors
from customers.models import (
    Customer,
    ServiceArea,
    TariffVersion,
    ThirdParty,
    ThirdPartyMember,
    UsagePoint,
)
from customers.selectors.search import search_customers
from derms.accounts.models import User
from tests.factories import make_representation, make_tariff_version


@pytest.fixture
def aggregator(tara: User) -> ThirdParty:
    third_party = ThirdParty.objects.create(name="Sunpool", email="desk@sunpool.example")
    ThirdPartyMember.objects.create(third_party=third_party, user=tara)
    return third_party


def test_a_customer_acts_for_herself_only(
    ada: User, ada_point: UsagePoint, ben_point: UsagePoint, at: datetime
) -> None:
    assert list(selectors.customers_for(ada, at)) == [ada_point.customer]
    assert list(selectors.usage_points_for(ada, at)) == [ada_point]
    assert selectors.customer_of(ada) == ada_point.customer


def test_a_third_party_acts_while_it_represents(
    tara: User,
    aggregator: ThirdParty,
    ada_customer: Customer,
    ben_customer: Customer,
    at: datetime,
) -> None:
    make_representation(
        third_party=aggregator,
        customer=ada_customer,
        active_from=at,
        active_to=at + timedelta(days=1),
    )
    other = ThirdParty.objects.create(name="Otherpool", email="desk@otherpool.example")
    make_representation(third_party=other, customer=ben_customer, active_from=at)

    assert list(selectors.customers_for(tara, at)) == [ada_customer]
    assert not selectors.customers_for(tara, at - timedelta(seconds=1)).exists()
    assert not selectors.customers_for(tara, at + timedelta(days=1)).exists()


def test_staff_act_for_nobody(cleo: User, ada_point: UsagePoint, at: datetime) -> None:
    assert not selectors.customers_for(cleo, at).exists()


def test_a_person_without_the_role_does_not_act_as_customer(
    cleo: User, ada_customer: Customer, at: datetime
) -> None:
    ada_customer.user = cleo
    ada_customer.save(update_fields=["user"])

    assert not selectors.customers_for(cleo, at).exists()


@pytest.mark.parametrize(
    ("asked", "finds_ada", "finds_ben"),
    [
        ("lovel", True, False),
        ("sunny", True, True),
        ("sunny ada", True, False),
        ("franklin sunny", False, True),
        ("1001 millbrook", True, True),
        ("nobody", False, False),
    ],
)
def test_every_word_of_a_search_must_be_found(
    ada_point: UsagePoint, ben_point: UsagePoint, asked: str, finds_ada: bool, finds_ben: bool
) -> None:
    found = set(search_customers(asked))

    assert (ada_point.customer in found, ben_point.customer in found) == (finds_ada, finds_ben)


def test_meter_and_account_are_found(ada_point: UsagePoint, ben_point: UsagePoint) -> None:
    ada = ada_point.customer

    assert list(search_customers(ada_point.meter_number)) == [ada]
    assert list(search_customers(ada.account_number.lower())) == [ada]


def test_only_versions_in_force_are_offered(tariff_version: TariffVersion, at: datetime) -> None:
    make_tariff_version("LATER", active_from=at + timedelta(days=1))

    assert list(selectors.tariff_versions_in_force(at)) == [tariff_version]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "is_served"), [("1001", True), (" 10 01", True), ("9999", False)]
)
def test_the_service_area_is_known_by_postcode(typed: str, is_served: bool) -> None:
    ServiceArea.objects.create(postcode="1001", locality="Millbrook")

    assert (selectors.service_area(typed) is not None) == is_served
