"""The demo town's programmes, and who takes part."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from customers.models import Programme, ProgrammeVersion
from customers.models.programme import IncentiveKind
from customers.services.programmes import enrol
from derms.accounts.models import User
from interconnection.models import DER
from interconnection.selectors.tariffs import der_facts
from interconnection.statuses import Technology

ENROLLED_MAX = 8


@dataclass(frozen=True)
class Terms:
    """What one programme of the demo says."""

    code: str
    name: str
    summary: str
    text: str
    incentive_kind: IncentiveKind
    incentive_amount: Decimal
    rules: Mapping[str, Any] = field(default_factory=dict)


BOOK = (
    Terms(
        "EVENING-RESERVE",
        "Evening Reserve",
        summary="Your battery keeps half of its energy for the evening peak of summer.",
        text="On up to ten evenings a summer the utility discharges the half that you keep for it."
        " You see each evening in the portal and may leave out two of them.",
        incentive_kind=IncentiveKind.MONTHLY,
        incentive_amount=Decimal("14.00"),
        rules={
            "technologies": [str(Technology.BATTERY)],
            "needs_control": True,
            "apparent_power_min_va": 3_000,
            "notice_days": 30,
            "left_on": "month_end",
            "opt_outs_per_month_max": 2,
        },
    ),
    Terms(
        "SMART-ROOF",
        "Smart Roof Bonus",
        summary="For solar that the utility may limit: a bonus for each kW of rating.",
        text="Paid once with the first statement after joining. The bonus is returned in part when"
        " you leave within two years.",
        incentive_kind=IncentiveKind.PER_KW,
        incentive_amount=Decimal("45.00"),
        rules={
            "technologies": [str(Technology.PHOTOVOLTAIC)],
            "needs_control": True,
            "apparent_power_max_va": 20_000,
            "minimum_term_months": 24,
            "places_max": 200,
        },
    ),
    Terms(
        "NEIGHBOURS",
        "Good Neighbours",
        summary="For businesses whose flexibility spares the street a new transformer.",
        text="Paid for each event in which at least nine tenths of what was asked came.",
        incentive_kind=IncentiveKind.PER_EVENT,
        incentive_amount=Decimal("120.00"),
        rules={"tariff_codes": ["BUSINESS-FLEX"], "rejoin_after_days": 365},
    ),
)


def seed_programmes(*, by: User, at: datetime) -> None:
    """Three programmes, and some batteries that take part in the first."""
    since = at - timedelta(days=200)
    versions = [_publish(terms, since) for terms in BOOK]
    batteries = DER.objects.filter(
        technology=Technology.BATTERY,
        retired_at=None,
        permitted_at__lt=at,
        apparent_power_max_rating_va__gte=3_000,
        agreement__tariff_version__required_communication="monitor_and_control",
    ).select_related("usage_point__customer", "usage_point__location")
    for der in batteries.order_by("pk")[:ENROLLED_MAX]:
        enrol(
            usage_point=der.usage_point, version=versions[0], units=[der_facts(der)], at=at, by=by
        )


def _publish(terms: Terms, active_from: datetime) -> ProgrammeVersion:
    return ProgrammeVersion.objects.create(
        programme=Programme.objects.create(code=terms.code, name=terms.name),
        number=1,
        active_from=active_from,
        summary=terms.summary,
        text=terms.text,
        incentive_kind=terms.incentive_kind,
        incentive_amount=terms.incentive_amount,
        **terms.rules,
    )
