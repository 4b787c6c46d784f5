"""When may I switch on, and why not yet? From recorded facts."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from customers.models import TariffVersion, UsagePoint
from derms.accounts.models import User
from derms.lib.telling import in_english
from interconnection.explaining import ApplicationFacts, FailedScreen, why_application
from interconnection.models import (
    Decision,
    Feeder,
    NetworkUpgrade,
    ScreeningResult,
    ScreeningRun,
)
from tests.factories import make_agreement, make_application, make_unit

THIN = FailedScreen("Share of the section", "The section has 480 kW, 15 % of it is 72 kW", 5_000)
FACTS = ApplicationFacts(status="in_review", applied_w=8_000, screened=5)


def told(facts: ApplicationFacts) -> str:
    return in_english(why_application(facts), ZoneInfo("UTC"))


def test_a_failed_screen_is_told_with_the_size_that_passes() -> None:
    assert told(replace(FACTS, failed=(THIN,), due_on=date(2026, 7, 3))) == (
        "Of 5 quick checks of the grid at your address, 1 did not pass. Share of the section: The "
        "section has 480 kW, 15 % of it is 72 kW. You applied for 8.00 kW; up to 5.00 kW would "
        "have passed these checks. An engineer therefore looks at it more closely. The next answer "
        "is due by 3 July. You may switch on when you have our permission to operate, and not "
        "before."
    )


def test_a_hold_names_the_work_and_its_day() -> None:
    held = replace(
        FACTS, status="held", work="Reconductor the lateral", ready_on=date(2027, 3, 1),
        reasons="The lateral is too thin.", due_on=date(2026, 7, 3),
    )  # fmt: skip

    words = told(held)

    assert "the grid has to be strengthened first: Reconductor the lateral." in words
    assert "planned to be done on 1 March" in words
    assert "The lateral is too thin." in words
    assert "due by" not in words


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (
            {"status": "permitted", "permitted_on": date(2026, 6, 1)},
            "You may switch on since 1 June.",
        ),
        (
            {"status": "incomplete", "asked_for": "The data sheet."},
            "until we have it: The data sheet.",
        ),
        ({"status": "rejected", "reasons": "Too weak."}, "Please do not switch anything on."),
        ({"status": "withdrawn"}, "Please do not switch anything on."),
        ({"status": "draft"}, "It has not been sent yet"),
        ({"status": "approved"}, "approved and may be installed"),
        ({"status": "in_review"}, "All 5 quick checks of the grid at your address passed."),
        (
            {
                "status": "commissioning",
                "visit_on": date(2026, 6, 9),
                "visit_from": datetime(2026, 6, 9, 8, tzinfo=UTC),
                "visit_to": datetime(2026, 6, 9, 10, tzinfo=UTC),
            },
            "A technician comes on 9 June between 08:00 and 10:00",
        ),
    ],
)
def test_each_standing_has_its_words(facts: dict[str, Any], words: str) -> None:
    assert words in told(replace(FACTS, **facts))


def test_nobody_is_told_to_switch_on_before_the_permission() -> None:
    for status in ("draft", "submitted", "incomplete", "in_review", "held", "approved"):
        assert "and not before" in told(replace(FACTS, status=status))


@pytest.mark.django_db
def test_the_desk_reads_what_the_customer_reads(
    ada: User, cleo: User, ada_point: UsagePoint, tariff_version: TariffVersion, client: Client
) -> None:
    agreement = make_agreement(ada_point, tariff_version, accepted_by=ada)
    row = make_application(ada_point, agreement=agreement, status="approved")
    make_unit(row)
    words = "It is approved and may be installed."

    client.force_login(ada)
    hers = client.get(f"/portal/applications/{row.reference}").content.decode()
    client.force_login(cleo)
    desk = client.get(f"/service/applications/{row.reference}").content.decode()

    assert words in hers
    assert words in desk


@pytest.mark.django_db
def test_screens_and_a_hold_come_from_the_record(
    ada: User, enzo: User, olga: User, ada_point: UsagePoint, tariff_version: TariffVersion,
    f12: Feeder, at: datetime, client: Client,
) -> None:  # fmt: skip
    agreement = make_agreement(ada_point, tariff_version, accepted_by=ada)
    row = make_application(ada_point, agreement=agreement, status="held")
    make_unit(row)
    run = ScreeningRun.objects.create(
        application=row, rule_set="SGIP", rule_set_version="1", inputs={}, performed_at=at,
        performed_by="clock",
    )  # fmt: skip
    for position, outcome in enumerate(("pass", "fail", "not_applicable")):
        ScreeningResult.objects.create(
            run=run, position=position, code=f"s{position}", title="Share of the section",
            rule="-", citation="-", outcome=outcome, inputs=[], reason="The section is full",
            largest_passing_w=2_000,
        )  # fmt: skip
    upgrade = NetworkUpgrade.objects.create(
        feeder=f12, name="Thicker wires", planned_in_service_date=date(2027, 3, 1)
    )
    Decision.objects.create(
        application=row, verdict="hold", reasons="Too thin.", upgrade=upgrade, proposed_by=enzo,
        proposed_at=at, answered_by=olga, answered_at=at, status="confirmed",
    )  # fmt: skip
    client.force_login(ada)

    page = client.get(f"/portal/applications/{row.reference}").content.decode()

    assert "Of 2 quick checks of the grid at your address, 1 did not pass." in page
    assert "The section is full." in page
    assert "up to 2.00 kW would have passed" in page
    assert "strengthened first: Thicker wires." in page
    assert "planned to be done on 1 March" in page
