"""Questions about customers, their sites, tariffs and messages."""

from datetime import datetime

from django.db.models import Q, QuerySet

from customers.models import (
    Customer,
    CustomerAgreement,
    Notice,
    Right,
    ServiceArea,
    ServiceOrder,
    TariffVersion,
    UsagePoint,
)
from customers.models.customer import MeterKind
from customers.selectors.access import active as _open
from customers.selectors.access import customer_of as customer_of
from customers.selectors.access import customers_for as customers_for
from customers.selectors.access import representations_of as representations_of
from customers.selectors.access import require_right as require_right
from customers.selectors.access import third_party_of as third_party_of
from customers.selectors.access import usage_points as usage_points
from customers.selectors.access import usage_points_for as usage_points_for
from customers.selectors.requests import open_requests as open_requests
from customers.selectors.tariffs import terms_rules
from customers.statuses import NOTICE_TO_PASS_ON, NoticeStatus
from customers.tariffs.eligibility import SiteFacts, TariffRules
from derms.accounts.models import User

# Applications and requests are numbered A-… and R-….
ABOUT_A_CASE = r"^[AR]-"


def tariff_versions_in_force(at: datetime) -> QuerySet[TariffVersion]:
    return TariffVersion.objects.filter(_open(at)).select_related("tariff").order_by("tariff__name")


def rules_of(version: TariffVersion) -> TariffRules:
    """The rules of a tariff version as the pure engine reads them."""
    return terms_rules(
        version,
        name=version.tariff.name,
        active_from=version.active_from,
        active_to=version.active_to,
    )


def site_facts(usage_point: UsagePoint) -> SiteFacts:
    return SiteFacts(
        phases=usage_point.phases,
        postcode=usage_point.location.postcode,
        has_interval_meter=usage_point.meter_kind == MeterKind.INTERVAL,
    )


def service_area(postcode: str) -> ServiceArea | None:
    """The area a postcode lies in; None when the utility does not serve it."""
    wanted = "".join(postcode.split()).upper()
    return ServiceArea.objects.filter(postcode__iexact=wanted).first()


def usage_points_at(*, street: str, postcode: str) -> QuerySet[UsagePoint]:
    return usage_points().filter(
        location__street__iexact=" ".join(street.split()), location__postcode__iexact=postcode
    )


def agreements_of(customer: Customer) -> QuerySet[CustomerAgreement]:
    return agreements().filter(Q(customer=customer) | Q(customer__merged_into=customer))


def agreements_for(
    user: User, at: datetime, right: Right = Right.CASES
) -> QuerySet[CustomerAgreement]:
    """Agreements of those for whom this person has a right, ended ones too."""
    own = customers_for(user, at, right)
    return agreements().filter(Q(customer__in=own) | Q(customer__merged_into__in=own))


def agreements() -> QuerySet[CustomerAgreement]:
    return CustomerAgreement.objects.select_related(
        "customer", "tariff_version__tariff", "usage_point__location", "accepted_by"
    ).order_by("-accepted_at")


def orders_at(usage_point: UsagePoint) -> QuerySet[ServiceOrder]:
    return ServiceOrder.objects.filter(usage_point=usage_point).order_by("-planned_from")


def notices_for(user: User, at: datetime) -> QuerySet[Notice]:
    """The portal inbox holds every notice, whichever channel carried it.

    A company finds those about the cases that it may follow.
    """
    return notices().filter(
        Q(customer__in=customers_for(user, at, Right.MESSAGES))
        | Q(customer__in=customers_for(user, at, Right.CASES), about__regex=ABOUT_A_CASE)
    )


def notices() -> QuerySet[Notice]:
    return Notice.objects.select_related("customer").order_by("-created_at", "-pk")


def notices_to_pass_on() -> QuerySet[Notice]:
    """What customer service must tell in person, oldest first; `last_error` says why."""
    return notices().filter(status__in=NOTICE_TO_PASS_ON).order_by("created_at", "pk")


def notices_due(*, at: datetime) -> QuerySet[Notice]:
    return (
        notices()
        .filter(status=NoticeStatus.QUEUED, next_attempt_at__lte=at)
        .order_by("next_attempt_at", "pk")
    )


def notices_without_outcome(*, before: datetime) -> QuerySet[Notice]:
    return notices().filter(status=NoticeStatus.SENDING, next_attempt_at__lt=before)


def unread_count(user: User, at: datetime) -> int:
    return notices_for(user, at).filter(read_at=None).count()
