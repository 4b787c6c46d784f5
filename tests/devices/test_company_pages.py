"""A third party sees its own customers, as far as each allows, and nothing of others (TP-2)."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import (
    Customer,
    Letter,
    Representation,
    Statement,
    ThirdParty,
    UsagePoint,
)
from customers.services import open_request, queue_notice
from customers.services.consents import Terms, end_consent, give_consent
from derms.accounts.models import User
from groups.models import GroupMembership
from groups.services import end_lost_memberships
from interconnection.models import InterconnectionApplication
from tests.factories import (
    make_agreement,
    make_application,
    make_company,
    make_der,
    make_device,
    make_live_group,
    make_representation,
    make_tariff_version,
    make_unit,
)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def sunpool(tara: User) -> ThirdParty:
    return make_company("Sunpool", tara)


class Home:
    """A customer with one of everything, and the addresses of all of it."""

    def __init__(self, point: UsagePoint, person: User, at: datetime) -> None:
        self.point, self.customer = point, point.customer
        tariff = make_tariff_version(f"T-{point.pk}")
        self.agreement = make_agreement(point, tariff, accepted_by=person)
        self.application = make_application(point, agreement=self.agreement, at=at)
        make_unit(self.application)
        self.application.move("submitted", at=at, by=person.username, submitted_at=at)
        self.der = make_der(point, self.agreement)
        self.device = make_device(self.der)
        self.request = open_request(
            kind="account",
            customer=self.customer,
            usage_point=None,
            answers={"what": "other", "story": "The bill."},
            at=at,
            by=person.username,
        )
        self.notice = queue_notice(
            customer=self.customer,
            template="enrolled",
            about="enrolment-1",
            context={"name": "N", "address": "A", "summary": "S"},
            at=at,
        )

    def readings(self) -> list[str]:
        return [
            f"{reverse('portal_production')}?customer={self.customer.pk}",
            f"{reverse('portal_production_data')}?customer={self.customer.pk}",
            f"{reverse('portal_statements')}?customer={self.customer.pk}",
            reverse("portal_statement_period", args=[self.point.pk]),
        ]

    def cases(self) -> list[str]:
        reference = self.application.reference
        return [
            reverse("portal_application", args=[reference]),
            reverse("portal_withdraw", args=[reference]),
            reverse("portal_request", args=[self.request.number]),
            reverse("portal_agreement", args=[self.agreement.pk]),
            reverse("portal_agreement_pdf", args=[self.agreement.pk]),
            reverse("portal_agreement_leave", args=[self.agreement.pk]),
            reverse("api_application", args=[reference]),
        ]

    def everything(self) -> list[str]:
        return [
            reverse("portal_customer", args=[self.customer.pk]),
            *self.readings(),
            *self.cases(),
            reverse("api_usage_point", args=[self.point.pk]),
        ]


@pytest.fixture
def ada_home(ada: User, ada_point: UsagePoint, now: datetime) -> Home:
    return Home(ada_point, ada, now - timedelta(days=2))


@pytest.fixture
def cem_home(cem: User, cem_point: UsagePoint, now: datetime) -> Home:
    return Home(cem_point, cem, now - timedelta(days=2))


@pytest.fixture
def company(tara: User) -> Client:
    client = Client()
    client.force_login(tara)
    return client


def answers(client: Client, urls: list[str]) -> dict[str, int]:
    return {url: client.get(url).status_code for url in urls}


def let_act(home: Home, sunpool: ThirdParty, now: datetime, **allowed: bool) -> Representation:
    return make_representation(
        third_party=sunpool,
        customer=home.customer,
        active_from=now - timedelta(days=1),
        **allowed,
    )


def test_every_address_of_others_is_404_and_no_list_names_them(
    company: Client, sunpool: ThirdParty, ada_home: Home, cem_home: Home, now: datetime
) -> None:
    let_act(ada_home, sunpool, now)

    assert set(answers(company, cem_home.everything()).values()) == {404}
    assert set(answers(company, ada_home.everything()).values()) == {200}
    lists = (
        "portal_customers", "portal_home", "portal_messages", "portal_requests", "portal_tariffs",
        "portal_programmes", "portal_events", "portal_statements", "portal_production",
        "portal_apply", "operations_groups", "api_applications", "api_usage_points",
        "api_deliveries", "api_memberships", "api_groups",
    )  # fmt: skip
    for name in lists:
        page = company.get(reverse(name))
        assert page.status_code == 200, name
        words = page.content.decode()
        for secret in (
            cem_home.customer.name,
            cem_home.customer.account_number,
            cem_home.point.meter_number,
            cem_home.application.reference,
            cem_home.request.number,
            cem_home.point.location.street,
        ):
            assert secret not in words, (name, secret)
    for name, args in (
        ("portal_programme_join", [1, cem_home.point.pk]),
        ("portal_request_withdraw", [cem_home.request.number]),
        ("portal_agreement_stay", [cem_home.agreement.pk]),
        ("portal_message_read", [cem_home.notice.pk]),
        ("api_application_submit", [cem_home.application.reference]),
    ):
        assert company.post(reverse(name, args=args)).status_code == 404, name


@pytest.mark.parametrize("scope", ["may_see_readings", "may_file", "may_enrol"])
def test_a_page_opens_only_with_the_consent_that_it_needs(
    scope: str, company: Client, sunpool: ThirdParty, ada_home: Home, now: datetime
) -> None:
    none = dict.fromkeys(("may_see_readings", "may_file", "may_enrol"), False)
    let_act(ada_home, sunpool, now, **{**none, scope: True})

    readings = set(answers(company, ada_home.readings()).values())
    cases = set(answers(company, ada_home.cases()).values())
    page = company.get(reverse("portal_customer", args=[ada_home.customer.pk])).content.decode()

    assert readings == ({200} if scope == "may_see_readings" else {404})
    assert cases == ({200} if scope == "may_file" else {404})
    assert ("Devices now" in page) == (scope == "may_see_readings")
    assert ("Applications" in page) == (scope == "may_file")
    assert (">Programmes</h2>" in page) == (scope == "may_enrol")
    assert ada_home.notice.subject not in company.get(reverse("portal_messages")).content.decode()


def test_a_change_of_company_half_way_keeps_application_agreement_der_and_history(
    company: Client, sunpool: ThirdParty, ben: User, ada_home: Home, now: datetime
) -> None:
    held = let_act(ada_home, sunpool, now)
    InterconnectionApplication.objects.filter(pk=ada_home.application.pk).update(
        third_party=sunpool
    )
    before = list(ada_home.application.status_changes.values_list("pk", flat=True))
    other = make_company("Otherpool", make_other(ben))
    terms = Terms(
        third_party=other,
        scopes=["may_file"],
        begins_on=timezone.localdate(now),
    )

    give_consent(customer=ada_home.customer, terms=terms, given_name="Ada", at=now, by="ada")

    held.refresh_from_db()
    ada_home.application.refresh_from_db()
    ada_home.der.refresh_from_db()
    assert held.active_to is not None
    assert set(answers(company, ada_home.everything()).values()) == {404}
    new = Client()
    new.force_login(ben)
    url = reverse("portal_application", args=[ada_home.application.reference])
    page = new.get(url).content.decode()
    assert "Filed by" in page
    assert "Otherpool" in page
    assert ada_home.application.agreement == ada_home.agreement
    assert ada_home.der.agreement == ada_home.agreement
    assert list(ada_home.application.status_changes.values_list("pk", flat=True)) == before
    assert new.get(reverse("portal_agreement", args=[ada_home.agreement.pk])).status_code == 200


def make_other(person: User) -> User:
    person.role_grants.update(role="third_party")
    return person


def test_der_leave_the_groups_of_a_company_when_its_consent_is_over(
    company: Client, sunpool: ThirdParty, ada_home: Home, cem_home: Home, now: datetime
) -> None:
    held = let_act(ada_home, sunpool, now)
    let_act(cem_home, sunpool, now)
    group = make_live_group([ada_home.der, cem_home.der])
    group.third_party = sunpool
    group.save(update_fields=["third_party"])
    assert end_lost_memberships(at=now) == 0

    end_consent(representation=held, last_day=None, reason="", at=now, by="ada")
    page = company.get(reverse("operations_group", args=[group.pk])).content.decode()
    api = company.get(reverse("api_group", args=[group.pk])).json()

    assert ada_home.der.name not in page
    assert cem_home.der.name in page
    assert [member["der"] for member in api["members"]] == [cem_home.der.pk]
    assert end_lost_memberships(at=timezone.now()) == 1
    assert not GroupMembership.objects.filter(der=ada_home.der, active_to=None).exists()
    assert GroupMembership.objects.filter(der=cem_home.der, active_to=None).exists()


def test_the_company_is_told_of_each_step_of_its_customers_application(
    sunpool: ThirdParty, ada_home: Home, now: datetime
) -> None:

    let_act(ada_home, sunpool, now)
    for about in ("A-2026-1/1", "statement-1"):
        queue_notice(
            customer=ada_home.customer,
            template="application_submitted",
            about=about,
            context={"reference": "A-2026-1", "address": "1 Sunny Lane"},
            at=now,
        )

    letter = Letter.objects.get()
    assert letter.email == sunpool.email
    assert ada_home.customer.account_number in letter.body


def test_the_list_of_customers_asks_the_database_a_fixed_number_of_times(
    company: Client,
    sunpool: ThirdParty,
    ada_customer: Customer,
    ben_customer: Customer,
    now: datetime,
    django_assert_max_num_queries: object,
) -> None:
    for customer in (ada_customer, ben_customer):
        make_representation(third_party=sunpool, customer=customer, active_from=now)

    with django_assert_max_num_queries(12):  # type: ignore[operator]  # pytest-django's own
        page = company.get(reverse("portal_customers"))

    assert ben_customer.name in page.content.decode()
    found = company.get(f"{reverse('portal_customers')}?q=lovelace").content.decode()
    assert ben_customer.name not in found
    assert Statement.objects.count() == 0
