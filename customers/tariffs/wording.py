"""A tariff's prices and rules in plain words: shown before acceptance and part of what is accepted.

Made from the same data that the engines ask, so that what is read and what is done are one.
"""

import calendar
from collections.abc import Iterable, Sequence
from decimal import Decimal

from customers.tariffs.calendar import DAYS, Line, PriceSchedule
from customers.tariffs.eligibility import PHASE_WORDS, TECHNOLOGY_WORDS, TariffRules
from customers.tariffs.leaving import LeavingRules, leaving_words

ALL_PHASES = 7


def price_words(schedule: PriceSchedule, *, currency: str) -> tuple[str, ...]:
    """One sentence for each time of day, by season and days."""
    if schedule.is_flat:
        return (_prices(schedule.lines[0], currency=currency) + ".",)
    found = []
    for begins, season in schedule.seasons:
        found.append(f"{season}, from {begins[1]} {calendar.month_name[begins[0]]}:")
        for days, (label, weekdays) in DAYS.items():
            lines = [line for line in schedule.lines if _is_of(line, season, days)]
            ordered = schedule.day_lines(season, min(weekdays)) if lines else ()
            found += [
                f"{label} {line.begins:%H:%M} to {_end(line, ordered)} ({line.price.name}): "
                f"{_prices(line, currency=currency)}."
                for line in sorted(lines, key=lambda one: one.begins)
            ]
    if schedule.holidays:
        days = ", ".join(f"{day.day} {day:%B %Y}" for day in sorted(schedule.holidays))
        found.append(f"Holidays: {days}.")
    return tuple(found)


def rule_words(
    rules: TariffRules, leaving: LeavingRules, *, curtailment_per_kwh: Decimal, currency: str
) -> tuple[str, ...]:
    """Who may choose it, what the utility may do, and how it is left."""
    words = [
        f"For {_and(TECHNOLOGY_WORDS.get(one, one) for one in sorted(rules.technologies))} up to"
        f" {rules.apparent_power_max_va / 1000:g} kVA at one service point."
    ]
    if len(rules.phases) < ALL_PHASES:
        phases = sorted(rules.phases, key=lambda code: (len(code), code))
        words.append(f"For connections on {_and(map(_phases, phases))}.")
    if rules.postcodes:
        words.append(f"For postcodes {_and(sorted(rules.postcodes))}.")
    if rules.needs_interval_meter:
        words.append("Your meter must count every quarter of an hour.")
    words += _communication_words(rules)
    if curtailment_per_kwh:
        words.append(
            f"For each kilowatt-hour held back you are paid {curtailment_per_kwh} {currency}."
        )
    if rules.required_forms:
        words.append(f"Papers we need from you: {_and(rules.required_forms)}.")
    return (*words, *leaving_words(leaving))


def full_text(wording: str, *, prices: Sequence[str], rules: Sequence[str]) -> str:
    """What a customer accepts: the wording, then prices and rules."""
    parts = [wording.replace("\r\n", "\n").strip(), "Prices", *prices, "Rules", *rules]
    return "\n\n".join(parts)


def _communication_words(rules: TariffRules) -> Iterable[str]:
    if rules.required_communication == "none":
        yield "The utility neither reads nor limits your inverter."
        return
    if rules.required_communication == "monitor":
        yield "The utility reads your inverter and does not limit it."
        return
    most = rules.dispatches_per_month_max
    often = f", at most {most} times a month" if most is not None else ""
    yield f"The utility reads your inverter and may limit it{often}."
    out = rules.opt_outs_per_month_max
    yield (
        f"You may leave out {out} of these events a month."
        if out
        else "You cannot leave out such an event."
    )


def _is_of(line: Line, season: str, days: str) -> bool:
    return line.price.season == season and line.days == days


def _end(line: Line, of_day: Sequence[Line]) -> str:
    later = [other.begins for other in of_day if other.begins > line.begins]
    return f"{min(later):%H:%M}" if later else "24:00"


def _prices(line: Line, *, currency: str) -> str:
    paid = f"{line.price.export_per_kwh} {currency} for a kilowatt-hour you feed in"
    if line.price.import_per_kwh is None:
        return f"You are paid {paid}"
    return f"You are paid {paid} and pay {line.price.import_per_kwh} {currency} for one you use"


def _phases(code: str) -> str:
    return PHASE_WORDS.get(code, f"phase {code}")


def _and(words: Iterable[str]) -> str:
    *first, last = tuple(words) or ("nothing",)
    return f"{', '.join(first)} and {last}" if first else last
