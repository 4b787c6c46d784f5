"""When a tariff or programme may be left and joined again (CS-2, CS-3, CS-8)."""

from datetime import date

import pytest

from customers.tariffs.leaving import (
    LeavingRules,
    check_joining,
    check_leaving,
    earliest_last_day,
    leaving_words,
    months_later,
)

JOINED, ASKED = date(2026, 1, 31), date(2026, 6, 15)


@pytest.mark.parametrize(
    ("rules", "earliest"),
    [
        ({}, "2026-06-15"),
        ({"notice_days": 30}, "2026-07-15"),
        ({"minimum_term_months": 12}, "2027-01-30"),
        ({"notice_days": 30, "minimum_term_months": 3}, "2026-07-15"),
        ({"notice_days": 30, "left_on": "month_end"}, "2026-07-31"),
        ({"notice_days": 16, "left_on": "month_end"}, "2026-07-31"),
        ({"notice_days": 15, "left_on": "month_end"}, "2026-06-30"),
        ({"left_on": "year_end"}, "2026-12-31"),
        ({"notice_days": 200, "left_on": "year_end"}, "2027-12-31"),
    ],
)
def test_the_earliest_last_day(rules: dict[str, object], earliest: str) -> None:
    found = earliest_last_day(
        LeavingRules(name="T", **rules),  # type: ignore[arg-type]  # data of the table
        joined_on=JOINED,
        asked_on=ASKED,
    )

    assert found.isoformat() == earliest


def test_months_end_with_their_last_day() -> None:
    assert months_later(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_later(date(2027, 11, 30), 3) == date(2028, 2, 29)


RULES = LeavingRules(
    name="Sunset Hours",
    notice_days=30,
    minimum_term_months=12,
    left_on="month_end",
    rejoin_after_days=180,
)


def test_too_early_is_refused_with_the_earliest_day_and_why() -> None:
    (finding,) = check_leaving(
        RULES,
        joined_on=JOINED,
        asked_on=ASKED,
        wanted_last_day=date(2026, 7, 31),
        by_third_party=False,
    )

    assert finding.words == (
        "The earliest last day under Sunset Hours is 31 January 2027; notice is 30 days and the"
        " minimum term is 12 months from 31 January 2026 and it ends with a month."
    )


def test_a_day_inside_the_month_and_a_company_are_refused() -> None:
    findings = check_leaving(
        RULES,
        joined_on=JOINED,
        asked_on=ASKED,
        wanted_last_day=date(2027, 3, 10),
        by_third_party=True,
    )

    assert [one.words for one in findings] == [
        "Only the customer may leave Sunset Hours, not a company that acts for them.",
        "Sunset Hours ends with a month: choose 31 March 2027.",
    ]


def test_joining_again_waits() -> None:
    left = date(2026, 1, 1)

    assert check_joining(RULES, left_on=None, asked_on=ASKED) == ()
    assert check_joining(RULES, left_on=left, asked_on=date(2026, 6, 30)) == ()
    (finding,) = check_joining(RULES, left_on=left, asked_on=date(2026, 6, 29))
    assert finding.words == (
        "You left Sunset Hours on 1 January 2026 and may join again from 30 June 2026."
    )


def test_the_rules_are_said_in_words() -> None:
    assert leaving_words(RULES) == (
        "You stay for at least 12 months.",
        "You may leave with 30 days' notice, at the end of a month.",
        "After leaving you may join again when 180 days have passed.",
    )
    assert leaving_words(LeavingRules(name="T", notice_days=1, third_party_may_leave=True)) == (
        "You may leave with 1 day's notice.",
        "A company that acts for you may leave for you.",
    )
