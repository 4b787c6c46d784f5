"""When may I switch on, and why not yet? From recorded facts."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import translation

from customers.models import TariffVersion, UsagePoint
from derms.accounts.models import User
from derms.lib.telling import in_english
from interconnection.explaining import (
    ApplicationFacts,
    FailedScreen,
    reasons_said,
    why_application,
)
from interconnection.models import (
    Decision,
    Feeder,
    NetworkUpgrade,
    ScreeningResult,
    ScreeningRun,
)
from interconnection.screening.rules import RULE21, SGIP
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


def test_a_check_is_told_by_its_meaning_and_its_figures_in_the_readers_language() -> None:
    line = FailedScreen(
        "15 % of line-section peak load", "Generation beyond F12-1 would be 480 kW …", 5_000,
        code="section_peak", value_w=480_000, limit_w=72_000,
    )  # fmt: skip
    unknown = replace(line, is_open=True)

    words = told(replace(FACTS, failed=(line,)))
    asked = told(replace(FACTS, failed=(unknown,)))

    assert "the part of the line at your address would take in more than its share" in words
    assert "It would be 480.00 kW, and 72.00 kW is the most." in words
    assert "F12-1" not in words
    assert "could not be decided by the computer" in asked


@pytest.mark.parametrize("code", sorted({one.code for one in (*SGIP.steps, *RULE21.steps)}))
def test_every_screen_has_words_for_the_customer(code: str) -> None:
    failed = FailedScreen("Its title", "Its engineering reason", None, code=code)

    assert "Its engineering reason" not in told(replace(FACTS, failed=(failed,)))


def test_the_computers_reasons_are_said_in_spanish_and_a_persons_stay() -> None:
    with translation.override("es"):
        said = reasons_said("Ready for approval: every screen of FERC SGIP 2018 passes.")
        theirs = reasons_said("Too weak.")

    assert "FERC SGIP 2018" in said
    assert "Ready" not in said
    assert theirs == "Too weak."
