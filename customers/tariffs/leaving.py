"""When somebody may leave a tariff or a programme, and join again (pure)."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from customers.tariffs.eligibility import Finding

ANY_DAY, MONTH_END, YEAR_END = "any_day", "month_end", "year_end"


@dataclass(frozen=True, kw_only=True)
class LeavingRules:
    """The rules of leaving, as data; `left_on` is any day or the end of a month or year."""

    name: str
    notice_days: int = 0
    minimum_term_months: int = 0
    left_on: str = ANY_DAY
    third_party_may_leave: bool = False
    rejoin_after_days: int = 0


def earliest_last_day(rules: LeavingRules, *, joined_on: date, asked_on: date) -> date:
    """The first day that can be the last: after notice and minimum term, at the period's end."""
    after_notice = asked_on + timedelta(days=rules.notice_days)
    after_term = months_later(joined_on, rules.minimum_term_months) - timedelta(days=1)
    return _period_end(rules, max(after_notice, after_term, joined_on))


def check_leaving(
    rules: LeavingRules,
    *,
    joined_on: date,
    asked_on: date,
    wanted_last_day: date | None,
    by_third_party: bool,
) -> tuple[Finding, ...]:
    """What stands against leaving after this day; None asks for the earliest."""
    found = []
    if by_third_party and not rules.third_party_may_leave:
        words = f"Only the customer may leave {rules.name}, not a company that acts for them."
        found.append(Finding(code="left_by", words=words))
    earliest = earliest_last_day(rules, joined_on=joined_on, asked_on=asked_on)
    if wanted_last_day is None:
        return tuple(found)
    if wanted_last_day < earliest:
        why = f"; {words}" if (words := _why(rules, joined_on)) else ""
        found.append(
            Finding(
                code="too_early",
                words=f"The earliest last day under {rules.name} is {_day(earliest)}{why}.",
            )
        )
    elif wanted_last_day != _period_end(rules, wanted_last_day):
        end = _period_end(rules, wanted_last_day)
        words = f"{rules.name} ends with a {_period(rules)}: choose {_day(end)}."
        found.append(Finding(code="period", words=words))
    return tuple(found)


def check_joining(
    rules: LeavingRules, *, left_on: date | None, asked_on: date
) -> tuple[Finding, ...]:
    """What stands against joining again after leaving."""
    if left_on is None:
        return ()
    again = left_on + timedelta(days=rules.rejoin_after_days)
    if asked_on >= again:
        return ()
    words = f"You left {rules.name} on {_day(left_on)} and may join again from {_day(again)}."
    return (Finding(code="rejoin", words=words),)


def leaving_words(rules: LeavingRules) -> tuple[str, ...]:
    """The rules for whoever decides whether to join."""
    found = []
    if rules.minimum_term_months:
        found.append(f"You stay for at least {_count(rules.minimum_term_months, 'month')}.")
    mark = "'s" if rules.notice_days == 1 else "'"
    notice = (
        f"{_count(rules.notice_days, 'day')}{mark} notice" if rules.notice_days else "no notice"
    )
    at_end = f", at the end of a {_period(rules)}" if rules.left_on != ANY_DAY else ""
    found.append(f"You may leave with {notice}{at_end}.")
    if rules.third_party_may_leave:
        found.append("A company that acts for you may leave for you.")
    if rules.rejoin_after_days:
        wait = _count(rules.rejoin_after_days, "day")
        found.append(f"After leaving you may join again when {wait} have passed.")
    return tuple(found)


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last one."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _period_end(rules: LeavingRules, day: date) -> date:
    if rules.left_on == MONTH_END:
        return day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return date(day.year, 12, 31) if rules.left_on == YEAR_END else day


def _why(rules: LeavingRules, joined_on: date) -> str:
    parts = []
    if rules.notice_days:
        parts.append(f"notice is {_count(rules.notice_days, 'day')}")
    if rules.minimum_term_months:
        term = _count(rules.minimum_term_months, "month")
        parts.append(f"the minimum term is {term} from {_day(joined_on)}")
    if rules.left_on != ANY_DAY:
        parts.append(f"it ends with a {_period(rules)}")
    return " and ".join(parts)


def _period(rules: LeavingRules) -> str:
    return "month" if rules.left_on == MONTH_END else "year"


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
