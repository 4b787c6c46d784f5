"""Questions about customers, their sites, tariffs and messages."""

from datetime import datetime

from django.db.models import Q, QuerySet

from customers.models import (
    Customer,
    CustomerAgreement,
    Notice,
    Representation,
    ServiceArea,
    ServiceOrder,
    TariffVersion,
    ThirdParty,
    UsagePoint,
)
from customers.models.customer import MeterKind
from customers.selectors.requests import open_requests as open_requests
from customers.selectors.tariffs import terms_rules
from customers.statuses import NOTICE_TO_PASS_ON, NoticeStatus
from customers.tariffs.eligibility import SiteFacts, TariffRules
from derms.accounts.models import User
from derms.accounts.roles import Role


def customer_of(user: User) -> Customer | None:
    """The customer that this person is, if any."""
    if user.looks_as_customer_id is not None:
        return Customer.objects.filter(pk=user.looks_as_customer_id).first()
    return Customer.objects.filter(user=user).first()


def third_party_of(user: User) -> ThirdParty | None:
    return ThirdParty.objects.filter(members__user=user).first()


def customers_for(user: User, at: datetime) -> QuerySet[Customer]:
    """Whom this person may act for: themselves, and those represented as a third party."""
    if user.looks_as_customer_id is not None:
        return Customer.objects.filter(pk=user.looks_as_customer_id)
    mine = Q(pk__in=())
    if user.has_role(Role.CUSTOMER):
        mine |= Q(user=user)
    if user.has_role(Role.THIRD_PARTY):
        represented = Customer.objects.filter(
            _open(at, "representations__"), representations__third_party__members__user=user
        )
        mine |= Q(pk__in=represented.values("pk"))
    return Customer.objects.filter(mine)


def usage_points_for(user: User, at: datetime) -> QuerySet[UsagePoint]:
    return usage_points().filter(customer__in=customers_for(user, at))


def usage_points() -> QuerySet[UsagePoint]:
    return UsagePoint.objects.select_related("customer", "location").order_by("meter_number")


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


def agreements_for(user: User, at: datetime) -> QuerySet[CustomerAgreement]:
    """Agreements of those this person may act for, ended ones too."""
    own = customers_for(user, at)
    return agreements().filter(Q(customer__in=own) | Q(customer__merged_into__in=own))


def agreements() -> QuerySet[CustomerAgreement]:
    return CustomerAgreement.objects.select_related(
        "customer", "tariff_version__tariff", "usage_point__location", "accepted_by"
    ).order_by("-accepted_at")


def representations_of(customer: Customer) -> QuerySet[Representation]:
    """Who has acted for a customer, the present one first."""
    found = Representation.objects.filter(customer=customer).select_related("third_party")
    return found.order_by("-active_from")


def orders_at(usage_point: UsagePoint) -> QuerySet[ServiceOrder]:
    return ServiceOrder.objects.filter(usage_point=usage_point).order_by("-planned_from")


def notices_for(user: User, at: datetime) -> QuerySet[Notice]:
    """The portal inbox holds every notice, whichever channel carried it."""
    return notices().filter(customer__in=customers_for(user, at))


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


def _open(at: datetime, prefix: str = "") -> Q:
    return Q(**{f"{prefix}active_from__lte": at}) & (
        Q(**{f"{prefix}active_to": None}) | Q(**{f"{prefix}active_to__gt": at})
    )
