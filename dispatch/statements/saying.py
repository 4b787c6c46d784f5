"""What a kept statement says, in the reader's language (pure).

A statement is kept as it was issued, in English, and its hash with it. Its figures are facts; the
words around them come from a few patterns, which are said anew for whoever reads it.
"""

import re
from datetime import date, datetime
from decimal import Decimal

from derms.lib.words import day, mark, number, say

_FORMULA = re.compile(
    r"(?P<energy>[\d.]+) kWh (?P<what>exported|used|held back) at (?P<price>-?[\d.]+) per kWh"
    r" = (?P<amount>-?[\d.]+)"
)
_DATE_KEPT = re.compile(
    r"permission on (?P<on>\d+ [A-Z][a-z]+ \d{4}), kept by (?P<by>\d+ [A-Z][a-z]+ \d{4})"
    r" = (?P<amount>[\d.]+)"
)
_KEPT_FOR = re.compile(r"Date kept, (?P<reference>.+)")
_TARIFF = re.compile(r"(?P<name>.+), version (?P<number>\d+)", re.DOTALL)
_CHANGE = re.compile(
    r"(?P<what>Production|Fed in|Taken from the grid|Held back|amount)"
    r" was (?P<old>unknown|[-\d.,]+?)(?P<old_unit>| \S+), is (?P<new>unknown|[-\d.,]+)"
    r"(?P<new_unit>| \S+)"
)
_WHY = (mark("Readings came late."), mark("A dispatch was settled anew."))
_NO_FIGURE = mark("Gaps or wording changed, no figure did.")
_CHANGED = {
    "Production": mark("Production was {old}, is {new}"),
    "Fed in": mark("Fed in was {old}, is {new}"),
    "Taken from the grid": mark("Taken from the grid was {old}, is {new}"),
    "Held back": mark("Held back was {old}, is {new}"),
    "amount": mark("The amount was {old}, is {new}"),
}
_ONCE = re.compile(
    r"(?:(?P<power>[\d.]+) kW at (?P<each>[\d.]+)|once)"
    r", joined on (?P<day>\d+ [A-Z][a-z]+) = (?P<amount>[\d.]+)"
)
_MONTH = re.compile(
    r"(?P<month>[A-Z][a-z]+): (?:(?P<days>\d+) of (?P<whole>\d+) days of )?(?P<each>[\d.]+)"
    r" = (?P<amount>[\d.]+)"
)
_EVENTS = re.compile(r"(?P<count>\d+) events at (?P<each>[\d.]+) = (?P<amount>[\d.]+)")
_LEFT_OUT = re.compile(r"You left it out at (?P<time>\d\d:\d\d)\.")
_ORDER = re.compile(r"(?P<verb>Limit to|Set to) (?P<power>[-\N{MINUS SIGN}\d.,]+)(?P<unit>\D+)")


def formula_said(kept: str) -> str:
    """How an amount was counted; what follows no pattern is left as it was kept."""
    found = _FORMULA.fullmatch(kept)
    if found is None:
        return _date_kept_said(kept)
    facts = {key: number(Decimal(found[key])) for key in ("energy", "price", "amount")}
    if found["what"] == "exported":
        return say("{energy} kWh exported at {price} per kWh = {amount}", **facts)
    if found["what"] == "used":
        return say("{energy} kWh used at {price} per kWh = {amount}", **facts)
    return say("{energy} kWh held back at {price} per kWh = {amount}", **facts)


def _date_kept_said(kept: str) -> str:
    found = _DATE_KEPT.fullmatch(kept)
    if found is None:
        return _bonus_said(kept)
    return say(
        "permission on {on}, kept by {by} = {amount}",
        on=day(_date(found["on"])),
        by=day(_date(found["by"])),
        amount=number(Decimal(found["amount"])),
    )


def _date(kept: str) -> date:
    return datetime.strptime(kept, "%d %B %Y").date()  # noqa: DTZ007  a day, no moment


def bonus_said(kept: str) -> str:
    """For what a bonus is paid: the name of a programme, or a kept date."""
    found = _KEPT_FOR.fullmatch(kept)
    if found is None:
        return kept
    return say("Date kept, {reference}", reference=found["reference"])


def correction_said(kept: str) -> str:
    """What a version changed, and why it was issued; what follows no pattern stays as it is."""
    why = next((one for one in _WHY if kept.startswith(one)), "")
    changes = kept.removeprefix(why).strip()
    if changes in {"", _NO_FIGURE}:
        said = say(changes) if changes else ""
    else:
        found = [_CHANGE.fullmatch(one) for one in changes.removesuffix(".").split("; ")]
        if not all(found):
            return kept
        said = "; ".join(_change_said(one) for one in found if one) + "."
    return " ".join(filter(None, (say(why) if why else "", said)))


def reason_said(kept: str) -> str:
    """Why a unit took no part, or no longer."""
    found = _LEFT_OUT.fullmatch(kept)
    return say("You left it out at {time}.", time=found["time"]) if found else say(kept)


def _change_said(found: re.Match[str]) -> str:
    old, new = (_amount_said(found[name], found[f"{name}_unit"]) for name in ("old", "new"))
    return say(_CHANGED[found["what"]], old=old, new=new)


def _amount_said(text: str, unit: str) -> str:
    plain = text.replace(",", "")
    return say("unknown") if text == "unknown" else f"{number(Decimal(plain))}{unit}"


def _bonus_said(kept: str) -> str:
    """How a programme's payment was counted."""
    if found := _ONCE.fullmatch(kept):
        facts = _facts(found, "amount")
        joined = day(_date(f"{found['day']} 2000"), "month_day")
        if found["power"] is None:
            return say("once, joined on {day} = {amount}", day=joined, **facts)
        facts |= _facts(found, "power", "each")
        return say("{power} kW at {each}, joined on {day} = {amount}", day=joined, **facts)
    if found := _MONTH.fullmatch(kept):
        month, facts = say(found["month"]), _facts(found, "each", "amount")
        if found["days"] is None:
            return say("{month}: {each} = {amount}", month=month, **facts)
        return say(
            "{month}: {days} of {whole} days of {each} = {amount}",
            month=month, days=found["days"], whole=found["whole"], **facts,
        )  # fmt: skip
    if found := _EVENTS.fullmatch(kept):
        facts = _facts(found, "each", "amount")
        return say("{count} events at {each} = {amount}", count=found["count"], **facts)
    return say(kept)


def _facts(found: re.Match[str], *names: str) -> dict[str, str]:
    return {name: number(Decimal(found[name])) for name in names}


def tariff_said(kept: str) -> str:
    found = _TARIFF.fullmatch(kept)
    if found is None:
        return kept
    return say("{tariff}, version {number}", tariff=found["name"], number=found["number"])


def order_said(kept: str) -> str:
    found = _ORDER.fullmatch(kept)
    if found is None:
        return kept
    plain = found["power"].replace(",", "").replace("\N{MINUS SIGN}", "-")
    power = f"{number(Decimal(plain))}{found['unit']}"
    if found["verb"] == "Limit to":
        return say("Limit to {power}", power=power)
    return say("Set to {power}", power=power)
