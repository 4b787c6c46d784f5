"""What is registered of a device against what it says of itself, within tolerances (DV-6)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from interconnection.screening.commissioning import Tolerances

# The same as at commissioning: what passed there is no difference the day after.
_T = Tolerances()
EVERY_KIND = frozenset({"inverter", "battery", "meter"})
DER_KINDS = frozenset({"inverter", "battery"})
STORAGE = frozenset({"battery"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One attribute that is compared.

    `registered` is a field of the DER for a rating, of the device for an identity; `said` the key
    under which the device says it. `tolerance` is a share of what is registered; None where only
    equal words will do.
    """

    key: str
    label: str
    unit: str
    registered: str
    said: str
    tolerance: float | None = None
    more_is_fine: bool = False
    # Letter by letter, as the gateway proves who answers; others bear case and blanks.
    is_exact: bool = False
    kinds: frozenset[str] = DER_KINDS

    @property
    def is_rating(self) -> bool:
        return self.tolerance is not None


RULES: tuple[Rule, ...] = (
    Rule("active_power", "Active power rating", "W",
         "active_power_rating_at_unity_power_factor_w", "active_power_max_w", _T.active_power),
    Rule("apparent_power", "Apparent power rating", "VA",
         "apparent_power_max_rating_va", "apparent_power_max_va", _T.apparent_power),
    Rule("reactive_injected", "Reactive power, injected", "var",
         "reactive_power_injected_max_rating_var", "reactive_power_injected_max_var",
         _T.reactive_power, more_is_fine=True),
    Rule("reactive_absorbed", "Reactive power, absorbed", "var",
         "reactive_power_absorbed_max_rating_var", "reactive_power_absorbed_max_var",
         _T.reactive_power, more_is_fine=True),
    Rule("charge_power", "Charging power rating", "W",
         "active_power_charge_max_rating_w", "charge_max_w", _T.charge_power, kinds=STORAGE),
    Rule("discharge_power", "Discharging power rating", "W",
         "active_power_rating_at_unity_power_factor_w", "discharge_max_w", _T.charge_power,
         kinds=STORAGE),
    Rule("energy_capacity", "Storage capacity", "Wh",
         "energy_capacity_wh", "energy_capacity_wh", _T.energy, kinds=STORAGE),
    Rule("manufacturer", "Manufacturer", "", "manufacturer", "manufacturer", kinds=EVERY_KIND),
    Rule("model", "Model", "", "model", "model", kinds=EVERY_KIND),
    Rule("serial_number", "Serial number", "", "serial_number", "serial_number",
         is_exact=True, kinds=EVERY_KIND),
    Rule("firmware", "Firmware", "", "version", "version", kinds=EVERY_KIND),
)  # fmt: skip
BY_KEY: Mapping[str, Rule] = {rule.key: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """One device: what is registered and what it says, by the names of the rules.

    Ratings come from the DER and the device's nameplate, the others from the device's row and its
    identity on the wire.
    """

    device_id: int
    kind: str
    registered: Mapping[str, Any]
    said: Mapping[str, Any]


class Outcome(StrEnum):
    """What one comparison says."""

    SAME = "same"
    DIFFERENT = "different"
    # One side says nothing: nobody can tell.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Compared:
    """One attribute of one device; texts as people read them, values where they are numbers."""

    device_id: int
    attribute: str
    outcome: Outcome
    registered: str
    said: str
    registered_value: float | None = None
    said_value: float | None = None


def compare_device(facts: DeviceFacts) -> list[Compared]:
    """Every attribute that this kind of device has."""
    return [_compare(rule, facts) for rule in RULES if facts.kind in rule.kinds]


def is_same_as_before(rule: Rule, before: Compared, now: Compared) -> bool:
    """Whether a decision on `before` still covers `now`: within half of the tolerance."""
    if not rule.is_rating:
        return (_plain(before.registered), _plain(before.said)) == (
            _plain(now.registered), _plain(now.said),
        )  # fmt: skip
    return _is_near(rule, before.registered_value, now.registered_value) and _is_near(
        rule, before.said_value, now.said_value
    )


def _is_near(rule: Rule, one: float | None, other: float | None) -> bool:
    if one is None or other is None or rule.tolerance is None:
        return one == other
    return abs(one - other) <= rule.tolerance / 2 * max(abs(one), abs(other))


def _compare(rule: Rule, facts: DeviceFacts) -> Compared:
    registered, said = facts.registered.get(rule.registered), facts.said.get(rule.said)
    if rule.is_rating:
        return _ratings(rule, facts.device_id, _number(registered), _number(said))
    there, here = _words(registered), _words(said)
    if not there or not here:
        outcome = Outcome.UNKNOWN
    else:
        is_same = there == here if rule.is_exact else _plain(there) == _plain(here)
        outcome = Outcome.SAME if is_same else Outcome.DIFFERENT
    return Compared(facts.device_id, rule.key, outcome, there, here)


def _ratings(rule: Rule, device_id: int, registered: float | None, said: float | None) -> Compared:
    if registered is None or said is None:
        outcome = Outcome.UNKNOWN
    elif abs(said - registered) <= (rule.tolerance or 0) * registered or (
        rule.more_is_fine and said > registered
    ):
        outcome = Outcome.SAME
    else:
        outcome = Outcome.DIFFERENT
    return Compared(device_id, rule.key, outcome, _text(registered), _text(said), registered, said)


def _number(value: Any) -> float | None:  # noqa: ANN401  from JSON
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _words(value: Any) -> str:  # noqa: ANN401  from JSON
    return " ".join(value.replace("\0", "").split())[:64] if isinstance(value, str) else ""


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}".removesuffix(".0")
