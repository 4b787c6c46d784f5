"""An engineer's findings, and by which rules this utility reviews (IC-3)."""

from datetime import datetime

import pytest
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from customers.models import TariffVersion, UsagePoint
from derms.accounts.models import User
from derms.lib.errors import InvalidInput
from interconnection.models import Finding, InterconnectionApplication, ReviewPolicy
from interconnection.selectors.room import Room, Standing, room_at
from interconnection.selectors.screening import latest_run
from interconnection.services.findings import record_finding, set_policy
from interconnection.services.screening import run_screens
from tests.factories import AT
from tests.interconnection.engineering import application_in_review

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion
) -> InterconnectionApplication:
    return application_in_review(ada, ada_point, tariff_version)


def outcomes(application: InterconnectionApplication) -> dict[str, str]:
    run = latest_run(application)
    assert run is not None
    return dict(run.results.values_list("code", "outcome"))


def test_a_finding_decides_its_screen_at_once(
    application: InterconnectionApplication, enzo: User, at: datetime
) -> None:
    record_finding(
        application=application, screen="construction", is_fine=False,
        reason="The pole has to be exchanged.", at=at, by=enzo,
    )  # fmt: skip

    found = outcomes(application)
    assert found["construction"] == "fail"
    assert found["safety"] == "inconclusive"  # the supplement is open now


def test_the_supplement_remedies_and_approval_needs_no_excuse(
    application: InterconnectionApplication, enzo: User, at: datetime
) -> None:
    for screen, is_fine in (("construction", False), ("voltage_quality", True), ("safety", True)):
        record_finding(
            application=application, screen=screen, is_fine=is_fine, reason="Seen.", at=at, by=enzo
        )

    run = latest_run(application)
    assert run is not None
    assert run.standing == "pass"


def test_a_finding_needs_its_reason_and_a_screen_of_its_own(
    application: InterconnectionApplication, enzo: User, at: datetime
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        record_finding(
            application=application, screen="section_peak", is_fine=True, reason=" ", at=at, by=enzo
        )

    assert set(refusal.value.fields) == {"screen", "reason"}


def test_a_kept_finding_cannot_be_changed(
    application: InterconnectionApplication, enzo: User, at: datetime
) -> None:
    record_finding(
        application=application, screen="safety", is_fine=True, reason="Seen.", at=at, by=enzo
    )

    with pytest.raises(DatabaseError, match="Cannot update"):
        Finding.objects.update(is_fine=False)


def test_the_page_records_a_finding(application: InterconnectionApplication, enzo: User) -> None:
    client = Client()
    client.force_login(enzo)
    url = reverse("engineering_finding", args=[application.reference])

    refused = client.post(url, {"screen": "safety", "is_fine": "no", "reason": ""})
    recorded = client.post(
        url, {"screen": "safety", "is_fine": "no", "reason": "Islanding seen."}, follow=True
    )

    assert refused.status_code == 422
    assert "Say what you found out" in refusal_of(refused.content)
    assert "Islanding seen." in recorded.content.decode()


def refusal_of(content: bytes) -> str:
    return content.decode()


def test_the_policy_in_force_chooses_the_rules(
    application: InterconnectionApplication, adam: User, at: datetime
) -> None:
    set_policy(
        rule_set="RULE21", may_mark_ready=False, ready_up_to_w=25_000,
        reason="Filed in California.", at=at, by=adam,
    )  # fmt: skip

    run = run_screens(application=application, at=at, by="enzo")

    assert run.rule_set == "RULE21"
    assert run.results.get(code="hosting").outcome == "skipped"
    assert "screen J" in run.results.get(code="hosting").reason


def test_what_fits_is_said_by_the_rules_in_force(ada_point: UsagePoint, adam: User) -> None:
    set_policy(
        rule_set="RULE21", may_mark_ready=False, ready_up_to_w=1, reason="Try.", at=AT, by=adam
    )

    assert room_at(ada_point) == Room(Standing.ROOM, 50_000)


def test_unknown_rules_are_refused(adam: User, at: datetime) -> None:
    with pytest.raises(InvalidInput, match="no rule set NONE"):
        set_policy(
            rule_set="NONE", may_mark_ready=True, ready_up_to_w=1, reason="x", at=at, by=adam
        )


def test_the_back_office_sets_a_policy_and_changes_none(adam: User) -> None:
    client = Client()
    client.force_login(adam)
    values = {"rule_set": "RULE21", "ready_up_to_w": "10000", "reason": "Filed."}

    client.post("/admin/interconnection/reviewpolicy/add/", values)

    kept = ReviewPolicy.objects.get()
    assert (kept.rule_set, kept.may_mark_ready, kept.set_by) == ("RULE21", False, adam)
    assert client.get(f"/admin/interconnection/reviewpolicy/{kept.pk}/delete/").status_code == 403
