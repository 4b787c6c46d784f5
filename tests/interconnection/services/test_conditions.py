"""Conditions of the library: chosen with a proposal, kept, shown, verified on site (IC-5, IC-6)."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from customers.models import Notice, TariffVersion, UsagePoint
from derms.accounts.models import User
from derms.lib.errors import InvalidInput
from interconnection.models import (
    Decision,
    DecisionCondition,
    InterconnectionApplication,
    StandardCondition,
)
from interconnection.screening.schedule import limit_at, parse
from interconnection.selectors.profiles import curves_of
from interconnection.services.commissioning import order_commissioning
from interconnection.services.conditions import Term, add_standard_condition
from interconnection.services.decisions import confirm_decision
from interconnection.statuses import ConditionKind
from tests.interconnection.engineering import application_in_review, proposed

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion
) -> InterconnectionApplication:
    return application_in_review(ada, ada_point, tariff_version)


@pytest.fixture
def export(db: None) -> StandardCondition:
    return add_standard_condition(
        code="export-limit", title="Export limit", kind=ConditionKind.EXPORT_LIMIT,
        wording="Exports at most {limit}",
    )  # fmt: skip


@pytest.fixture
def flexible(db: None) -> StandardCondition:
    return add_standard_condition(
        code="flexible", title="Flexible connection", kind=ConditionKind.FLEXIBLE,
        wording="Follows this limit: {schedule}",
    )  # fmt: skip


@pytest.fixture
def profile(db: None) -> StandardCondition:
    return add_standard_condition(
        code="volt-var", title="Volt-var", kind=ConditionKind.SETTINGS_PROFILE,
        wording="Runs with the settings {profile}",
        settings_profile="IEEE 1547-2018 category B, volt-var default",
    )  # fmt: skip


def test_a_condition_is_kept_in_words_and_figures(
    application: InterconnectionApplication,
    export: StandardCondition,
    flexible: StandardCondition,
    profile: StandardCondition,
    enzo: User,
) -> None:
    bands = parse("Jun-Aug 10-16 3.5")
    terms = [Term(export, 5_000), Term(flexible, 8_000, bands), Term(profile)]

    decision = proposed(application, enzo, terms=terms, conditions=["A lockable switch"])

    assert decision.conditions == [
        "Exports at most 5 kW",
        "Follows this limit: Jun-Aug 10-16 h: 3.5 kW; otherwise 8 kW",
        "Runs with the settings IEEE 1547-2018 category B, volt-var default",
        "A lockable switch",
    ]
    kept = DecisionCondition.objects.get(kind=ConditionKind.FLEXIBLE)
    assert limit_at(kept.bands, kept.export_limit_w or 0, month=7, hour=12) == 3_500
    assert limit_at(kept.bands, kept.export_limit_w or 0, month=1, hour=12) == 8_000


def test_changing_the_library_changes_no_decision(
    application: InterconnectionApplication, export: StandardCondition, enzo: User
) -> None:
    decision = proposed(application, enzo, terms=[Term(export, 5_000)])

    add_standard_condition(
        code="export-limit", title="Export limit", kind=ConditionKind.EXPORT_LIMIT, wording="New"
    )

    assert decision.terms.get().wording == "Exports at most 5 kW"
    with pytest.raises(DatabaseError, match="Cannot update"):
        DecisionCondition.objects.update(wording="New")


@pytest.mark.parametrize(
    ("kind", "limit_w", "lines", "field"),
    [
        (ConditionKind.EXPORT_LIMIT, None, "", "export_limit_w"),
        (ConditionKind.EXPORT_LIMIT, 13_001, "", "export_limit_w"),
        (ConditionKind.FLEXIBLE, 8_000, "", "schedule"),
        (ConditionKind.FLEXIBLE, None, "Jun 10-16 1", "export_limit_w"),
        (ConditionKind.FLEXIBLE, 8_000, "Jun 10-16 1\n" * 40, "schedule"),
    ],
)
def test_a_condition_without_its_figures_is_refused(
    application: InterconnectionApplication,
    export: StandardCondition,
    flexible: StandardCondition,
    enzo: User,
    kind: str,
    limit_w: int | None,
    lines: str,
    field: str,
) -> None:
    standard = export if kind == ConditionKind.EXPORT_LIMIT else flexible

    with pytest.raises(InvalidInput) as refusal:
        proposed(application, enzo, terms=[Term(standard, limit_w, parse(lines))])

    assert list(refusal.value.fields) == [field]
    assert Decision.objects.count() == 0


def test_customer_operations_and_technician_read_the_same_words(
    application: InterconnectionApplication,
    flexible: StandardCondition,
    ada: User,
    enzo: User,
    olga: User,
    tess: User,
    at: datetime,
) -> None:
    decision = proposed(
        application, enzo, terms=[Term(flexible, 8_000, parse("Jun-Aug 10-16 3.5"))]
    )
    operator, engineer, customer = Client(), Client(), Client()
    operator.force_login(olga)
    engineer.force_login(enzo)
    customer.force_login(ada)
    words = "Follows this limit: Jun-Aug 10-16 h: 3.5 kW; otherwise 8 kW"
    asked = operator.get(reverse("operations_confirmation", args=[decision.pk])).content.decode()
    confirm_decision(decision=decision, at=at, by=olga)
    order = order_commissioning(
        application=application, planned_from=at, planned_to=at + timedelta(hours=2), at=at,
        by="cleo", assigned_to=tess,
    )  # fmt: skip

    page = customer.get(reverse("portal_application", args=[application.reference]))
    review = engineer.get(reverse("engineering_application", args=[application.reference]))

    assert words in asked
    assert words in Notice.objects.get(template="application_approved").body
    assert words in page.content.decode()
    assert "Otherwise" in page.content.decode()
    assert words in review.content.decode()
    assert f"Condition met: {words}" in [line["label"] for line in order.checklist]


def test_the_proposal_form_offers_the_library(
    application: InterconnectionApplication, flexible: StandardCondition, enzo: User
) -> None:
    client = Client()
    client.force_login(enzo)
    url = reverse("engineering_propose", args=[application.reference])
    values = {"verdict": "approve", "reasons": "Fits.", "library": [str(flexible.pk)]}

    unreadable = client.post(url, {**values, "export_limit_w": "8", "schedule": "in summer"})
    without = client.post(url, {**values, "schedule": "Jun-Aug 10-16 3.5"})
    client.post(url, {**values, "export_limit_w": "8", "schedule": "Jun-Aug 10-16 3.5"})

    assert unreadable.status_code == without.status_code == 422
    assert "is not like" in unreadable.content.decode()
    assert "say how much may be exported" in without.content.decode()
    assert DecisionCondition.objects.get().export_limit_w == 8_000


def test_a_profile_that_no_device_may_be_set_to_does_not_enter_the_library(db: None) -> None:
    condition = StandardCondition(
        code="steep", title="Steep volt-var", kind=ConditionKind.SETTINGS_PROFILE,
        wording="Runs with {profile}",
        settings_profile="IEEE 1547-2018 category B, volt-var 92/60 108/-60",
    )  # fmt: skip

    with pytest.raises(ValidationError, match="category B goes from 44 %"):
        condition.full_clean()


def test_a_study_is_made_with_the_curves_that_were_proposed(
    application: InterconnectionApplication, enzo: User
) -> None:
    """Operations models what Engineering proposed: 22 of 44 % is half of the most."""
    volt_var, _, words = curves_of(application)
    assert volt_var.points == ((0.92, 1.0), (0.98, 0.0), (1.02, 0.0), (1.08, -1.0))
    assert words.endswith("the defaults of category B.")
    custom = add_standard_condition(
        code="soft", title="Soft volt-var", kind=ConditionKind.SETTINGS_PROFILE,
        wording="Runs with the settings {profile}",
        settings_profile="IEEE 1547-2018 category B, volt-var 93/22 98/0 102/0 107/-22 in 8 s",
    )  # fmt: skip

    proposed(application, enzo, terms=[Term(custom)])

    volt_var, _, words = curves_of(application)
    assert volt_var.points == ((0.93, 0.5), (0.98, 0.0), (1.02, 0.0), (1.07, -0.5))
    assert "the profile “IEEE 1547-2018 category B, volt-var 93/22" in words
