"""The desk's search: what is found, why, and that the database keeps it true (CS-1)."""

from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from customers.models import SearchEntry, UsagePoint
from customers.selectors.search import Found, pieces_of, search
from derms.accounts.models import User
from tests.factories import make_application, make_customer, make_unit, make_usage_point


def kinds(found: Found) -> dict[str, list[str]]:
    return {group.kind: [hit.title for hit in group.hits] for group in found.groups}


def test_a_name_finds_the_customer_and_not_each_thing_of_hers(ada_point: UsagePoint) -> None:
    assert kinds(search("Lovelace")) == {"customer": ["Ada Lovelace"]}
    assert kinds(search("lovelace sunny")) == {"point": ["1 Sunny Lane, 1001 Millbrook"]}


def test_numbers_are_found_without_hyphens_and_telephones_without_signs(
    ada_point: UsagePoint,
) -> None:
    ada_point.customer.phone = "+1 (555) 01-34"
    ada_point.customer.save()

    assert search(ada_point.meter_number.replace("-", "")).count == 1
    assert search("15550134").count == 1


def test_applications_units_and_their_reasons(ada_point: UsagePoint, at: datetime) -> None:
    application = make_application(ada_point)
    unit = make_unit(application)

    (group,) = search(unit.serial_number).groups

    assert (group.kind, group.hits[0].key) == ("unit", application.reference)
    (reason,) = group.hits[0].reasons
    assert (reason.label, reason.pieces) == ("serial number", ((unit.serial_number, True),))
    assert kinds(search(application.reference)) == {"application": [application.reference]}


@pytest.mark.parametrize("text", ["", "  ", "\0", "%", "_", "\\", "'", "lovelace nobody"])
def test_nothing_is_found_for_nothing_and_no_sign_is_a_wildcard(
    ada_point: UsagePoint, text: str
) -> None:
    assert search(text).count == 0


def test_whole_words_come_first(db: None) -> None:
    for name in ("Adam Zeta", "Adamson Ada", "Nadia Old"):
        make_customer(name)

    assert kinds(search("ada"))["customer"][0] == "Adamson Ada"


def test_the_database_keeps_the_search_true_from_raw_sql_too(
    ada_point: UsagePoint, ben_point: UsagePoint
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("update customers_customer set name = 'Ada King' where name like 'Ada L%'")
        cursor.execute(
            "update customers_servicelocation set street = '7 Dark Road' where id = %s",
            [ada_point.location_id],
        )

    assert search("lovelace").count == 0
    assert kinds(search("king dark")) == {"point": ["7 Dark Road, 1001 Millbrook"]}

    UsagePoint.objects.filter(pk=ada_point.pk).update(customer=ben_point.customer)

    assert kinds(search("franklin dark")) == {"point": ["7 Dark Road, 1001 Millbrook"]}
    bare = make_usage_point(ben_point.customer, street="5 Gone Way")
    bare.delete()
    assert not SearchEntry.objects.filter(title__contains="Gone Way").exists()


def test_a_piece_is_marked_wherever_it_stands() -> None:
    assert pieces_of("Ada Lane", ["la", "an"]) == (("Ada ", False), ("Lan", True), ("e", False))


def test_while_typing_only_what_was_found_is_sent(cleo: User, ada_point: UsagePoint) -> None:
    browser = Client()
    browser.force_login(cleo)
    url = reverse("service_customers")

    part = browser.get(url, {"q": "sunny"}, headers={"HX-Target": "found"}).content.decode()

    assert "<mark>Sunny</mark>" in part
    assert "<html" not in part
    assert "<html" in browser.get(url, {"q": "sunny", "kind": "nonsense"}).content.decode()


def test_a_search_asks_the_database_once_however_much_is_found(
    ada_point: UsagePoint, django_assert_num_queries: object
) -> None:
    for n in range(12):
        make_usage_point(ada_point.customer, street=f"{n} Long Road")

    with django_assert_num_queries(1):  # type: ignore[operator]  # pytest-django's fixture
        (group,) = search("long").groups

    assert (group.count, len(group.hits)) == (12, 8)
