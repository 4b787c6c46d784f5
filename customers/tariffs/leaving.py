"""When somebody may leave a tariff or a programme, and join again (pure)."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from customers.tariffs.eligibility import Finding
from derms.lib.words import day, say, say_count

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
        words = say(
            "Only the customer may leave {name}, not a company that acts for them.", name=rules.name
        )
        found.append(Finding(code="left_by", words=words))
    earliest = earliest_last_day(rules, joined_on=joined_on, asked_on=asked_on)
    if wanted_last_day is None:
        return tuple(found)
    if wanted_last_day < earliest:
        words = say(
            "The earliest last day under {name} is {day}{why}.",
            name=rules.name,
            day=day(earliest),
            why=f"; {why}" if (why := _why(rules, joined_on)) else "",
        )
        found.append(Finding(code="too_early", words=words))
    elif wanted_last_day != _period_end(rules, wanted_last_day):
        end = _period_end(rules, wanted_last_day)
        words = say(
            "{name} ends with a {period}: choose {day}.",
            name=rules.name,
            period=_period(rules),
            day=day(end),
        )
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
    words = say(
        "You left {name} on {left} and may join again from {again}.",
        name=rules.name,
        left=day(left_on),
        again=day(again),
    )
    return (Finding(code="rejoin", words=words),)


def leaving_words(rules: LeavingRules) -> tuple[str, ...]:
    """The rules for whoever decides whether to join."""
    found = []
    if rules.minimum_term_months:
        found.append(say("You stay for at least {time}.", time=_months(rules.minimum_term_months)))
    found.append(_notice_words(rules))
    if rules.third_party_may_leave:
        found.append(say("A company that acts for you may leave for you."))
    if rules.rejoin_after_days:
        wait = _days(rules.rejoin_after_days)
        found.append(say("After leaving you may join again when {wait} have passed.", wait=wait))
    return tuple(found)


def _notice_words(rules: LeavingRules) -> str:
    if not rules.notice_days and rules.left_on == ANY_DAY:
        return say("You may leave with no notice.")
    if not rules.notice_days:
        return say("You may leave with no notice, at the end of a {period}.", period=_period(rules))
    notice = say_count("{count} day's notice", "{count} days' notice", rules.notice_days)
    if rules.left_on == ANY_DAY:
        return say("You may leave with {notice}.", notice=notice)
    return say(
        "You may leave with {notice}, at the end of a {period}.",
        notice=notice,
        period=_period(rules),
    )


def months_later(begins: date, months: int) -> date:
    """The same day of a later month, or its last one."""
    year, month = divmod(begins.month - 1 + months, 12)
    year, month = begins.year + year, month + 1
    return date(year, month, min(begins.day, calendar.monthrange(year, month)[1]))


def _period_end(rules: LeavingRules, last: date) -> date:
    if rules.left_on == MONTH_END:
        return last.replace(day=calendar.monthrange(last.year, last.month)[1])
    return date(last.year, 12, 31) if rules.left_on == YEAR_END else last


def _why(rules: LeavingRules, joined_on: date) -> str:
    parts = []
    if rules.notice_days:
        parts.append(say("notice is {time}", time=_days(rules.notice_days)))
    if rules.minimum_term_months:
        term = _months(rules.minimum_term_months)
        parts.append(say("the minimum term is {term} from {day}", term=term, day=day(joined_on)))
    if rules.left_on != ANY_DAY:
        parts.append(say("it ends with a {period}", period=_period(rules)))
    return say(" and ").join(parts)


def _period(rules: LeavingRules) -> str:
    return say("month") if rules.left_on == MONTH_END else say("year")


def _days(number: int) -> str:
    return say_count("{count} day", "{count} days", number)


def _months(number: int) -> str:
    return say_count("{count} month", "{count} months", number)
