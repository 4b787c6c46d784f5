"""What a kept statement says, in the reader's language (pure).

A statement is kept as it was issued, in English, and its hash with it. Its figures are facts; the
words around them come from a few patterns, which are said anew for whoever reads it.
"""

import re
from decimal import Decimal

from derms.lib.words import number, say

_FORMULA = re.compile(
    r"(?P<energy>[\d.]+) kWh (?P<what>exported|used|held back) at (?P<price>-?[\d.]+) per kWh"
    r" = (?P<amount>-?[\d.]+)"
)
_TARIFF = re.compile(r"(?P<name>.+), version (?P<number>\d+)", re.DOTALL)
_ORDER = re.compile(r"(?P<verb>Limit to|Set to) (?P<power>[-\N{MINUS SIGN}\d.,]+)(?P<unit>\D+)")


def formula_said(kept: str) -> str:
    """How an amount was counted; what follows no pattern is left as it was kept."""
    found = _FORMULA.fullmatch(kept)
    if found is None:
        return say(kept)
    facts = {key: number(Decimal(found[key])) for key in ("energy", "price", "amount")}
    if found["what"] == "exported":
        return say("{energy} kWh exported at {price} per kWh = {amount}", **facts)
    if found["what"] == "used":
        return say("{energy} kWh used at {price} per kWh = {amount}", **facts)
    return say("{energy} kWh held back at {price} per kWh = {amount}", **facts)


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
