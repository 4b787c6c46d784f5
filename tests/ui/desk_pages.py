"""Pages of the service desk as a browser gets them, drawn from rows that are rolled back."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.services import queue_notice
from derms.accounts.models import User
from derms.accounts.roles import Role
from tests.factories import (
    make_agreement,
    make_application,
    make_customer,
    make_feeder,
    make_person,
    make_tariff_version,
    make_unit,
    make_usage_point,
)
from tests.ui.device_pages import rolled_back


def make_desk(at: datetime) -> dict[str, str]:
    """A few customers with applications at several steps; the addresses of pages by their name."""
    tariff = make_tariff_version(active_from=at - timedelta(days=400))
    make_feeder("F12")
    rows = []
    for number, name in enumerate(("Ada Lovelace", "Ben Franklin", "Cem Yilmaz")):
        person = make_person(name.split()[0].lower(), Role.CUSTOMER)
        customer = make_customer(name, user=person)
        point = make_usage_point(customer, street=f"{number + 1} Sunny Lane")
        sent_at = at - timedelta(days=13 - 5 * number)
        agreement = make_agreement(point, tariff, accepted_by=person)
        row = make_application(point, agreement=agreement, at=sent_at)
        make_unit(row)
        row.move("submitted", at=sent_at, by=name, submitted_at=sent_at)
        rows.append(row)
    queue_notice(
        customer=rows[0].customer,
        template="application_submitted",
        about=f"{rows[0].reference}/1",
        context={"reference": rows[0].reference, "address": "1 Sunny Lane"},
        at=at,
    ).move("by_hand", at=at, by="outbox", last_error="The customer wants to be called.")
    rows[1].move("incomplete", at=at, by="cleo", incomplete_reason="The data sheet, please.")
    double = make_customer("Ada Lovelace")
    for pair in (rows[0].customer, double):
        make_usage_point(pair, street="9 Sunny Lane")
    return {
        "search": reverse("service_customers"),
        "search/found": f"{reverse('service_customers')}?q=sunny",
        "search/none": f"{reverse('service_customers')}?q=nobody",
        "queue": reverse("service_queue"),
        "queue/board": f"{reverse('service_queue')}?as=board",
        "queue/empty": f"{reverse('service_queue')}?q=nobody",
        "notices": reverse("service_notices"),
        "wordings": reverse("service_wordings"),
        "wording": reverse("service_wording", args=["application_submitted"]),
        "customer": reverse("service_customer", args=[rows[0].customer_id]),
        "customer/contact": reverse("service_contact", args=[rows[0].customer_id]),
        "customer/data": reverse("service_customer_data", args=[rows[0].customer_id]),
        "duplicates": reverse("service_duplicates"),
        "duplicate": reverse("service_duplicate", args=[rows[0].customer_id, double.pk]),
    }


def drawn_pages() -> Mapping[str, str]:
    """HTML by path, in both themes."""
    found: dict[str, str] = {}
    with rolled_back():
        cleo = make_person("cleo", Role.CUSTOMER_SERVICE)
        addresses = make_desk(timezone.now())
        for theme in ("dark", "day"):
            client = _client(cleo, theme)
            for name, address in addresses.items():
                answer = client.get(address)
                assert answer.status_code == 200, (name, answer.status_code)
                found[f"/{theme}/{name}"] = answer.content.decode()
        client = _client(cleo, "light")
        client.post(f"{addresses['customer']}/look")
        for name in ("portal_messages", "portal_data"):
            answer = client.get(reverse(name))
            assert answer.status_code == 200, (name, answer.status_code)
            found[f"/light/looking/{name}"] = answer.content.decode()
    return found


def _client(person: User, theme: str) -> Client:
    client = Client()
    client.force_login(person)
    client.cookies["theme"] = theme
    return client
