"""What the computer may do alone where the policy says so, and nothing where it does not (IC-3)."""

from datetime import datetime

import pytest

from customers.models import ServiceArea, TariffVersion, UsagePoint
from derms.accounts.models import User
from interconnection.models import Decision, Feeder, InterconnectionApplication
from interconnection.services.applications import save_planned_date, submit_application
from interconnection.services.decisions import confirm_decision
from interconnection.services.findings import set_policy
from interconnection.statuses import ApplicationStatus
from tests.factories import make_agreement, make_application, make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime
) -> InterconnectionApplication:
    ServiceArea.objects.create(postcode=ada_point.location.postcode, locality="Millbrook")
    agreement = make_agreement(ada_point, tariff_version, accepted_by=ada)
    application = make_application(ada_point, agreement=agreement)
    make_unit(application)
    return save_planned_date(application=application, planned_in_service_date=at.date(), at=at)


def allow(adam: User, at: datetime, *, up_to_w: int = 25_000, may: bool = True) -> None:
    set_policy(
        rule_set="SGIP", may_mark_ready=may, ready_up_to_w=up_to_w, reason="Filed.", at=at, by=adam
    )


def submit(draft: InterconnectionApplication, at: datetime) -> str:
    submit_application(application=draft, at=at, by="ada")
    draft.refresh_from_db()
    return str(draft.status)


def test_off_by_default_nothing_changes(draft: InterconnectionApplication, at: datetime) -> None:
    assert submit(draft, at) == ApplicationStatus.SUBMITTED
    assert Decision.objects.count() == 0


def test_a_small_complete_application_that_passes_is_ready_for_approval(
    draft: InterconnectionApplication, adam: User, olga: User, at: datetime
) -> None:
    allow(adam, at)

    assert submit(draft, at) == ApplicationStatus.DECISION_PROPOSED

    decision = Decision.objects.get()
    assert decision.reasons.startswith("Ready for approval: every screen of SGIP")
    assert {one.by for one in draft.status_changes.exclude(new_status="submitted")} == {"computer"}
    confirm_decision(decision=decision, at=at, by=olga)  # a person approves
    draft.refresh_from_db()
    assert draft.status == ApplicationStatus.APPROVED


@pytest.mark.parametrize("up_to_w", [7_999, 8_000])
def test_only_up_to_the_size_of_the_policy(
    draft: InterconnectionApplication, adam: User, at: datetime, up_to_w: int
) -> None:
    allow(adam, at, up_to_w=up_to_w)

    is_ready = submit(draft, at) == ApplicationStatus.DECISION_PROPOSED

    assert is_ready is (up_to_w >= 8_000)


def test_what_does_not_pass_waits_for_people(
    draft: InterconnectionApplication, f12: Feeder, adam: User, at: datetime
) -> None:
    allow(adam, at)
    f12.sections.update(minimum_daytime_load_w=None)

    assert submit(draft, at) == ApplicationStatus.SUBMITTED


def test_the_latest_policy_counts(
    draft: InterconnectionApplication, adam: User, at: datetime
) -> None:
    allow(adam, at)
    allow(adam, at, may=False)

    assert submit(draft, at) == ApplicationStatus.SUBMITTED
