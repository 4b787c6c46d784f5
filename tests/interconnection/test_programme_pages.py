"""Programmes in the portal, at the desk and while applying (CS-8)."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Enrolment, TariffVersion, UsagePoint
from derms.accounts.models import User
from tests.customers.programmes import make_programme
from tests.factories import make_agreement, make_application, make_der, make_unit

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def with_battery(ada: User, ada_point: UsagePoint, tariff_version: TariffVersion) -> UsagePoint:
    agreement = make_agreement(ada_point, tariff_version, accepted_by=ada)
    make_der(ada_point, agreement, technology="battery")
    return ada_point


def shown(client: Client, name: str, *args: object) -> str:
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_customer_sees_what_fits_and_why_not_joins_leaves_and_stays(
    ada: User, with_battery: UsagePoint
) -> None:
    fits = make_programme(notice_days=10)
    make_programme("SCHOOLS", postcodes=["2002"])
    browser = signed_in(ada)
    page = shown(browser, "portal_programmes")
    assert "It is for postcodes 2002; yours is 1001." in page

    url = reverse("portal_programme_join", args=[fits.pk, with_battery.pk])
    joined = browser.post(url, follow=True).content.decode()
    assert "takes part in Evening." in joined
    enrolment = Enrolment.objects.get()
    leave = reverse("portal_enrolment_leave", args=[enrolment.pk])
    assert "Being left" in browser.post(leave, follow=True).content.decode()
    assert (
        "It stays in Evening." in browser.post(leave, {"stay": "1"}, follow=True).content.decode()
    )
    assert (
        "nothing to take back" in browser.post(leave, {"stay": "1"}, follow=True).content.decode()
    )


def test_programmes_of_others_are_not_there(
    cem: User, cem_point: UsagePoint, ada: User, with_battery: UsagePoint
) -> None:
    fits = make_programme()
    signed_in(ada).post(reverse("portal_programme_join", args=[fits.pk, with_battery.pk]))
    browser = signed_in(cem)

    join = reverse("portal_programme_join", args=[fits.pk, with_battery.pk])
    assert browser.post(join).status_code == 404
    leave = reverse("portal_enrolment_leave", args=[Enrolment.objects.get().pk])
    assert browser.post(leave).status_code == 404
    own = reverse("portal_programme_join", args=[fits.pk, cem_point.pk])
    assert "none is registered here" in browser.post(own, follow=True).content.decode()


def test_the_desk_enrols_from_the_customers_page(cleo: User, with_battery: UsagePoint) -> None:
    fits = make_programme()
    browser = signed_in(cleo)
    fragment = shown(browser, "service_customer_programmes", with_battery.customer_id)
    assert "Enrol in Evening" in fragment

    browser.post(reverse("service_programme_join", args=[fits.pk, with_battery.pk]))
    enrolment = Enrolment.objects.get()
    assert enrolment.enrolled_by == cleo
    browser.post(reverse("service_enrolment_leave", args=[enrolment.pk]))
    enrolment.refresh_from_db()
    assert enrolment.leaves_at is not None
    assert "1" in shown(browser, "service_programmes")


def test_while_applying_the_equipment_asked_for_counts(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion
) -> None:
    make_programme()
    agreement = make_agreement(ada_point, tariff_version, accepted_by=ada)
    draft = make_application(ada_point, agreement=agreement)
    browser = signed_in(ada)
    assert "none is registered here" in shown(browser, "portal_apply_review", draft.reference)

    make_unit(draft, technology="battery")

    assert "You would qualify" in shown(browser, "portal_apply_review", draft.reference)


def test_many_programmes_take_no_more_questions(
    ada: User, with_battery: UsagePoint, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        make_programme(f"P{number}")

    browser = signed_in(ada)
    with django_assert_max_num_queries(22):
        shown(browser, "portal_programmes")
