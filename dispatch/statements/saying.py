"""What a kept statement says, in the reader's language (pure).

A statement is kept as it was issued, in English, and its hash with it. Its figures are facts; the
words around them come from a few patterns, which are said anew for whoever reads it.
"""

import re
from datetime import date, datetime
from decimal import Decimal

from derms.lib.words import day, number, say

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
        return say(kept)
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
