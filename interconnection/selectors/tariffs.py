"""Tariffs and programmes with the equipment they are about (CS-2, CS-3, CS-8)."""

from datetime import datetime

from django.db.models import QuerySet

from customers.models import CustomerAgreement, UsagePoint
from customers.selectors.programmes import Offer, offers_at
from customers.tariffs.eligibility import UnitFacts
from interconnection.models import DER, InterconnectionApplication
from interconnection.selectors.applications import unit_facts


def ders_under(agreement: CustomerAgreement) -> QuerySet[DER]:
    return DER.objects.filter(agreement=agreement, retired_at=None).order_by("pk")


def ders_at(usage_point: UsagePoint) -> QuerySet[DER]:
    return DER.objects.filter(usage_point=usage_point, retired_at=None).order_by("pk")


def successor_of(agreement: CustomerAgreement) -> CustomerAgreement | None:
    """The agreement that takes over what runs under this one: the newest other one in force."""
    others = CustomerAgreement.objects.filter(
        usage_point=agreement.usage_point_id, ended_at=None, leaves_at=None
    ).exclude(pk=agreement.pk)
    related = others.select_related("tariff_version__tariff", "usage_point__location", "customer")
    return related.order_by("-accepted_at").first()


def der_facts(der: DER) -> UnitFacts:
    """A DER in service as the rules of tariffs and programmes read it."""
    return UnitFacts(
        name=der.name,
        technology=der.technology,
        apparent_power_max_va=der.apparent_power_max_rating_va,
    )


def programmes_for(usage_point: UsagePoint, *, at: datetime) -> list[Offer]:
    """Every programme for what is in service here, fitting ones first, others with why not."""
    return offers_at(usage_point, map(der_facts, ders_at(usage_point)), at=at)


def programmes_of_draft(application: InterconnectionApplication, *, at: datetime) -> list[Offer]:
    """While applying: for what is in service and what is asked for, under the tariff chosen."""
    point = application.usage_point
    units = [
        *map(der_facts, ders_at(point)),
        *map(unit_facts, application.units.all()),
    ]
    agreement = application.agreement
    under = [agreement.tariff_version.tariff.code] if agreement else []
    return offers_at(point, units, at=at, under=under)
