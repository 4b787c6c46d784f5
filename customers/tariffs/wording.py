"""A tariff's prices and rules in plain words: shown before acceptance and part of what is accepted.

Made from the same data that the engines ask, so that what is read and what is done are one.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from customers.tariffs.calendar import DAYS, Line, PriceSchedule
from customers.tariffs.eligibility import TariffRules, kva, phase_words, technology_words
from customers.tariffs.leaving import LeavingRules, leaving_words
from derms.lib.words import day, number, say

ALL_PHASES = 7


def price_words(schedule: PriceSchedule, *, currency: str) -> tuple[str, ...]:
    """One sentence for each time of day, by season and days."""
    if schedule.is_flat:
        return (_prices(schedule.lines[0], currency=currency) + ".",)
    found = []
    for begins, season in schedule.seasons:
        # A leap year, so that every day of a year can be written.
        first = day(date(2024, *begins), "month_day")
        found.append(say("{season}, from {first}:", season=season, first=first))
        for days, (label, weekdays) in DAYS.items():
            lines = [line for line in schedule.lines if _is_of(line, season, days)]
            ordered = schedule.day_lines(season, min(weekdays)) if lines else ()
            found += [
                say(
                    "{days} {begins} to {ends} ({name}): {prices}.",
                    days=say(label),
                    begins=f"{line.begins:%H:%M}",
                    ends=_end(line, ordered),
                    name=line.price.name,
                    prices=_prices(line, currency=currency),
                )
                for line in sorted(lines, key=lambda one: one.begins)
            ]
    if schedule.holidays:
        days = ", ".join(map(day, sorted(schedule.holidays)))
        found.append(say("Holidays: {days}.", days=days))
    return tuple(found)


def rule_words(
    rules: TariffRules, leaving: LeavingRules, *, curtailment_per_kwh: Decimal, currency: str
) -> tuple[str, ...]:
    """Who may choose it, what the utility may do, and how it is left."""
    said = [
        say(
            "For {technologies} up to {power} at one service point.",
            technologies=_and(map(technology_words, sorted(rules.technologies))),
            power=kva(rules.apparent_power_max_va),
        )
    ]
    if len(rules.phases) < ALL_PHASES:
        phases = sorted(rules.phases, key=lambda code: (len(code), code))
        said.append(say("For connections on {phases}.", phases=_and(map(phase_words, phases))))
    if rules.postcodes:
        said.append(say("For postcodes {postcodes}.", postcodes=_and(sorted(rules.postcodes))))
    if rules.needs_interval_meter:
        said.append(say("Your meter must count every quarter of an hour."))
    said += _communication_words(rules)
    if curtailment_per_kwh:
        said.append(
            say(
                "For each kilowatt-hour held back you are paid {price} {currency}.",
                price=number(curtailment_per_kwh),
                currency=currency,
            )
        )
    if rules.required_forms:
        said.append(say("Papers we need from you: {papers}.", papers=_and(rules.required_forms)))
    return (*said, *leaving_words(leaving))


def full_text(wording: str, *, prices: Sequence[str], rules: Sequence[str]) -> str:
    """What a customer accepts: the wording, then prices and rules."""
    parts = [wording.replace("\r\n", "\n").strip(), say("Prices"), *prices, say("Rules"), *rules]
    return "\n\n".join(parts)


def _communication_words(rules: TariffRules) -> Iterable[str]:
    if rules.required_communication == "none":
        yield say("The utility neither reads nor limits your inverter.")
        return
    if rules.required_communication == "monitor":
        yield say("The utility reads your inverter and does not limit it.")
        return
    most = rules.dispatches_per_month_max
    if most is None:
        yield say("The utility reads your inverter and may limit it.")
    else:
        yield say(
            "The utility reads your inverter and may limit it, at most {most} times a month.",
            most=most,
        )
    out = rules.opt_outs_per_month_max
    yield (
        say("You may leave out {count} of these events a month.", count=out)
        if out
        else say("You cannot leave out such an event.")
    )


def _is_of(line: Line, season: str, days: str) -> bool:
    return line.price.season == season and line.days == days


def _end(line: Line, of_day: Sequence[Line]) -> str:
    later = [other.begins for other in of_day if other.begins > line.begins]
    return f"{min(later):%H:%M}" if later else "24:00"


def _prices(line: Line, *, currency: str) -> str:
    paid, used = number(line.price.export_per_kwh), line.price.import_per_kwh
    if used is None:
        return say(
            "You are paid {paid} {currency} for a kilowatt-hour you feed in",
            paid=paid,
            currency=currency,
        )
    return say(
        "You are paid {paid} {currency} for a kilowatt-hour you feed in"
        " and pay {used} {currency} for one you use",
        paid=paid,
        used=number(used),
        currency=currency,
    )


def _and(names: Iterable[str]) -> str:
    *first, last = tuple(names) or (say("nothing"),)
    return say("{first} and {last}", first=", ".join(first), last=last) if first else last
