"""Programmes: which there are, who takes part, and whether a service point qualifies (CS-8)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from customers.models import (
    Customer,
    CustomerAgreement,
    Enrolment,
    ProgrammeVersion,
    Tariff,
    TariffVersion,
    UsagePoint,
)
from customers.models.tariff import RequiredCommunication
from customers.selectors.tariffs import leaving_rules
from customers.tariffs.eligibility import Finding, UnitFacts
from customers.tariffs.leaving import LeavingRules
from customers.tariffs.programmes import PlaceFacts, ProgrammeRules, check_programme


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A programme for one service point: what stands against it, and the open enrolment."""

    version: ProgrammeVersion
    against: tuple[Finding, ...]
    enrolment: Enrolment | None


def programme_versions_in_force(at: datetime) -> QuerySet[ProgrammeVersion]:
    covers = Q(active_from__lte=at) & (Q(active_to=None) | Q(active_to__gt=at))
    taken = Count(
        "programme__enrolments", filter=Q(programme__enrolments__ended_at=None), distinct=True
    )
    found = ProgrammeVersion.objects.filter(covers).select_related("programme")
    return found.annotate(taken=taken).order_by("programme__name")


def all_programme_versions() -> QuerySet[ProgrammeVersion]:
    """Every version, the newest of each programme first, with how many take part under it."""
    count = Count("enrolments", filter=Q(enrolments__ended_at=None))
    found = ProgrammeVersion.objects.select_related("programme").annotate(enrolled=count)
    return found.order_by("programme__name", "-number")


def enrolments() -> QuerySet[Enrolment]:
    return Enrolment.objects.select_related(
        "programme", "version__programme", "customer", "usage_point__location", "enrolled_by"
    ).order_by("-enrolled_at")


def enrolments_of(customers: QuerySet[Customer]) -> QuerySet[Enrolment]:
    """Every one they had, the newest first."""
    return enrolments().filter(customer__in=customers)


def offers_at(
    usage_point: UsagePoint,
    units: Iterable[UnitFacts],
    *,
    at: datetime,
    under: Sequence[str] | None = None,
) -> list[Offer]:
    """Every programme in force for this service point: those that fit first, others with why not.

    `under` are codes of tariffs to judge by while applying; else the agreements in force count.
    """
    place = place_facts(usage_point, units, under=under)
    names = dict(Tariff.objects.values_list("code", "name"))
    open_ones = {
        one.programme_id: one for one in enrolments().filter(usage_point=usage_point, ended_at=None)
    }
    offers = [
        Offer(
            version=version,
            against=check_programme(programme_rules_of(version, names), place, at=at),
            enrolment=open_ones.get(version.programme_id),
        )
        for version in programme_versions_in_force(at)
    ]
    return sorted(offers, key=lambda offer: (offer.enrolment is None, bool(offer.against)))


def place_facts(
    usage_point: UsagePoint, units: Iterable[UnitFacts], *, under: Sequence[str] | None = None
) -> PlaceFacts:
    held: list[tuple[str, str]]
    if under is None:
        agreements = CustomerAgreement.objects.filter(usage_point=usage_point, ended_at=None)
        held = list(
            agreements.values_list(
                "tariff_version__tariff__code", "tariff_version__required_communication"
            )
        )
    else:
        versions = TariffVersion.objects.filter(tariff__code__in=under, active_to=None)
        held = list(versions.values_list("tariff__code", "required_communication"))
    return PlaceFacts(
        postcode=usage_point.location.postcode,
        tariff_codes=frozenset(code for code, _ in held),
        is_controlled=any(asks == RequiredCommunication.MONITOR_AND_CONTROL for _, asks in held),
        units=tuple(units),
    )


def programme_rules_of(version: ProgrammeVersion, tariff_names: dict[str, str]) -> ProgrammeRules:
    """The rules as the engine reads them; `taken` is counted where places are limited."""
    left = None
    if version.places_max is not None:
        left = max(0, version.places_max - getattr(version, "taken", 0))
    return ProgrammeRules(
        name=version.programme.name,
        active_from=version.active_from,
        active_to=version.active_to,
        technologies=frozenset(version.technologies),
        tariff_codes=frozenset(version.tariff_codes),
        tariff_names=tuple(tariff_names.get(code, code) for code in sorted(version.tariff_codes)),
        postcodes=frozenset(version.postcodes),
        apparent_power_min_va=version.apparent_power_min_va,
        apparent_power_max_va=version.apparent_power_max_va,
        needs_control=version.needs_control,
        places_left=left,
    )


def leaving_rules_of_programme(version: ProgrammeVersion) -> LeavingRules:
    return leaving_rules(version, version.programme.name)
