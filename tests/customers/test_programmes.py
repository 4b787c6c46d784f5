"""Who qualifies for a programme, and why not; joining and leaving (CS-8)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from customers.models import (
    Enrolment,
    Notice,
    ProgrammeVersion,
    TariffVersion,
    UsagePoint,
)
from customers.selectors.programmes import offers_at
from customers.services.leaving import CannotLeaveYet, end_enrolments, leave_programme
from customers.services.programmes import DoesNotQualify, enrol
from customers.tariffs.eligibility import UnitFacts
from customers.tariffs.programmes import PlaceFacts, ProgrammeRules, check_programme
from derms.accounts.models import User
from tests.customers.programmes import make_programme
from tests.factories import AT, make_agreement

BATTERY = UnitFacts(name="Store 5", technology="battery", apparent_power_max_va=5_000)
SOLAR = UnitFacts(name="Roof 8", technology="photovoltaic", apparent_power_max_va=8_000)
RULES = ProgrammeRules(
    name="Evening Help",
    active_from=AT - timedelta(days=1),
    active_to=None,
    technologies=frozenset({"battery"}),
    tariff_codes=frozenset({"SOLAR-PARTNER"}),
    tariff_names=("Solar Partner",),
    postcodes=frozenset({"1001"}),
    apparent_power_min_va=4_000,
    apparent_power_max_va=20_000,
    needs_control=True,
    places_left=1,
)
PLACE = PlaceFacts(
    postcode="1001",
    tariff_codes=frozenset({"SOLAR-PARTNER"}),
    is_controlled=True,
    units=(SOLAR, BATTERY),
)


@pytest.mark.parametrize(
    ("rules", "place", "words"),
    [
        ({}, {}, []),
        ({"active_to": AT}, {}, ["Evening Help is not open now."]),
        ({}, {"postcode": "9"}, ["It is for postcodes 1001; yours is 9."]),
        ({}, {"tariff_codes": frozenset()}, ["It needs the tariff Solar Partner."]),
        ({}, {"units": (SOLAR,)}, ["It is for battery storage; none is registered here."]),
        ({"apparent_power_min_va": 6_000}, {}, ["It needs at least 6 kVA; yours has 5 kVA."]),
        ({"apparent_power_max_va": 4_500}, {}, ["It admits at most 4.5 kVA; yours has 5 kVA."]),
        (
            {},
            {"is_controlled": False},
            ["It needs a tariff under which the utility may control your equipment."],
        ),
        ({"places_left": 0}, {}, ["All places are taken."]),
        (
            {"places_left": 0},
            {"postcode": "9"},
            ["It is for postcodes 1001; yours is 9.", "All places are taken."],
        ),
    ],
)
def test_a_programme_says_everything_that_stands_against_it(
    rules: dict[str, Any], place: dict[str, Any], words: list[str]
) -> None:
    found = check_programme(replace(RULES, **rules), replace(PLACE, **place), at=AT)

    assert [finding.words for finding in found] == words


@pytest.fixture
def agreed(ada: User, ada_point: UsagePoint, tariff_version: TariffVersion) -> UsagePoint:
    make_agreement(ada_point, tariff_version, accepted_by=ada)
    return ada_point


def test_offers_name_what_fits_first_and_why_others_do_not(
    ada_point: UsagePoint, agreed: UsagePoint
) -> None:
    make_programme("AAA", technologies=["photovoltaic"])
    fits = make_programme()

    first, second = offers_at(agreed, [BATTERY], at=AT)

    assert (first.version, first.against) == (fits, ())
    assert [one.code for one in second.against] == ["technology"]
    assert [bool(o.against) for o in offers_at(agreed, [BATTERY], at=AT, under=[])] == [True, True]
    under = offers_at(agreed, [BATTERY], at=AT, under=["SOLAR-PARTNER"])
    assert under[0].against == ()


def test_joining_is_told_and_done_once(ada: User, agreed: UsagePoint) -> None:
    version = make_programme()

    first = enrol(usage_point=agreed, version=version, units=[BATTERY], at=AT, by=ada)
    again = enrol(usage_point=agreed, version=version, units=[BATTERY], at=AT, by=ada)

    assert first == again
    assert Notice.objects.get(template="enrolled").subject == "You take part in Evening"
    (offer,) = offers_at(agreed, [BATTERY], at=AT)
    assert offer.enrolment == first


def test_who_does_not_qualify_is_told_why(
    ada: User, agreed: UsagePoint, ben_point: UsagePoint
) -> None:
    version = make_programme(places_max=1)

    with pytest.raises(DoesNotQualify, match="It needs the tariff Solar-Partner"):
        enrol(usage_point=ben_point, version=version, units=[BATTERY], at=AT, by=ada)
    enrol(usage_point=agreed, version=version, units=[BATTERY], at=AT, by=ada)
    with pytest.raises(DoesNotQualify, match="All places are taken"):
        enrol(usage_point=ben_point, version=version, units=[BATTERY], at=AT, by=ada)


def test_leaving_keeps_to_the_terms_and_joining_again_waits(ada: User, agreed: UsagePoint) -> None:
    version = make_programme(minimum_term_months=1, rejoin_after_days=60)
    enrolment = enrol(usage_point=agreed, version=version, units=[BATTERY], at=AT, by=ada)

    with pytest.raises(CannotLeaveYet, match="14 July 2026"):
        leave_programme(enrolment=enrolment, last_day=AT.date(), at=AT, by=ada)
    left = leave_programme(enrolment=enrolment, last_day=None, at=AT, by=ada)
    over = datetime(2026, 7, 15, tzinfo=UTC)

    assert left.leaves_at == over
    assert end_enrolments(at=over - timedelta(seconds=1)) == 0
    assert (end_enrolments(at=over), end_enrolments(at=over)) == (1, 0)
    with pytest.raises(DoesNotQualify, match="may join again from 12 September 2026"):
        enrol(usage_point=agreed, version=version, units=[BATTERY], at=over, by=ada)


def test_the_database_keeps_versions_and_enrolments_as_they_were(
    ada: User, agreed: UsagePoint
) -> None:
    version = make_programme()
    enrolment = enrol(usage_point=agreed, version=version, units=[BATTERY], at=AT, by=ada)

    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        ProgrammeVersion.objects.filter(pk=version.pk).update(summary="Other")
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Enrolment.objects.filter(pk=enrolment.pk).update(enrolled_at=AT - timedelta(days=1))
