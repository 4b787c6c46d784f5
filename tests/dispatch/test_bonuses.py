"""What programmes pay, in the period to which it belongs, to the cent (CS-8, CS-10)."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from dispatch.statements import Bonus, PaidFor, Participation, Reward
from dispatch.statements.bonuses import bonuses
from dispatch.statements.saying import bonus_said, formula_said

ZONE = ZoneInfo("Europe/Berlin")
OCTOBER = (datetime(2026, 10, 1, tzinfo=ZONE), datetime(2026, 11, 1, tzinfo=ZONE))
TENTH = datetime(2026, 10, 10, 12, tzinfo=ZONE)
BEFORE = datetime(2026, 6, 1, tzinfo=ZONE)


def reward(
    paid_for: PaidFor, amount: str, begins_at: datetime = BEFORE, ends_at: datetime | None = None
) -> Reward:
    return Reward("Peak Help", paid_for, Decimal(amount), begins_at, ends_at, 7_500)


def event(dispatch_id: int, day: int, *, took_part: bool = True, reason: str = "") -> Participation:
    at = datetime(2026, 10, day, 18, tzinfo=UTC)
    return Participation(dispatch_id, "Roof", "Limit", at, at, took_part, reason)


def paid(one: Reward, *parts: Participation) -> tuple[Bonus, ...]:
    return bonuses([one], parts, *OCTOBER, ZONE)


@pytest.mark.parametrize(
    ("one", "amount", "formula"),
    [
        (reward(PaidFor.ONCE, "25", TENTH), "25.00", "once, joined on 10 October = 25.00"),
        (
            reward(PaidFor.PER_KW, "4.20", TENTH), "31.50",
            "7.5 kW at 4.20, joined on 10 October = 31.50",
        ),
        (reward(PaidFor.MONTHLY, "5.00"), "5.00", "October: 5.00 = 5.00"),
        (
            reward(PaidFor.MONTHLY, "5.00", TENTH), "3.55",
            "October: 22 of 31 days of 5.00 = 3.55",
        ),
        (
            reward(PaidFor.MONTHLY, "5.00", BEFORE, TENTH), "1.45",
            "October: 9 of 31 days of 5.00 = 1.45",
        ),
    ],
)  # fmt: skip
def test_each_kind_has_its_amount_and_formula(one: Reward, amount: str, formula: str) -> None:
    assert paid(one) == (Bonus("Peak Help", Decimal(amount), formula),)


@pytest.mark.parametrize("kind", [PaidFor.ONCE, PaidFor.PER_KW])
def test_what_is_paid_on_joining_is_paid_in_one_month_only(kind: PaidFor) -> None:
    assert paid(reward(kind, "25", BEFORE)) == ()


def test_events_count_once_and_only_when_taken_part_in() -> None:
    parts = (
        event(1, 3), event(1, 3), event(2, 4), event(3, 5, took_part=False),
        event(4, 6, reason="You left it out at 18:05."),
    )  # fmt: skip

    (bonus,) = paid(reward(PaidFor.PER_EVENT, "1.25"), *parts)

    assert (bonus.amount, bonus.formula) == (Decimal("2.50"), "2 events at 1.25 = 2.50")
    assert paid(reward(PaidFor.PER_EVENT, "1.25", TENTH), *parts) == ()


def kept(permitted_at: datetime) -> Reward:
    return Reward(
        "Date kept, A-2026-0001", PaidFor.DATE_KEPT, Decimal(150), permitted_at, None, 0,
        keep_by=date(2026, 10, 12),
    )  # fmt: skip


def test_a_kept_date_is_paid_once_in_the_month_of_its_permission() -> None:
    """IC-8: both days stand in the formula."""
    formula = "permission on 10 October 2026, kept by 12 October 2026 = 150.00"

    assert paid(kept(TENTH)) == (Bonus("Date kept, A-2026-0001", Decimal("150.00"), formula),)
    assert paid(kept(BEFORE)) == ()
    assert formula_said(formula) == formula
    assert bonus_said("Peak Help") == "Peak Help"
