"""Whether a unit is set as it was approved: its read-back against an IEEE 1547-2018 profile (IC-6).

A profile says which voltage and reactive power modes are on, with their curves, and whether
frequency-droop has to be; entering service, and a droop that is on, lie within the standard's
ranges. Curves are compared as what they do: the same line drawn with more points is the same
setting. Trip and ride-through settings are not compared; the technician verifies them by the
checklist.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from interconnection.screening.profile import Curve, Points, Profile

# Table 4, ranges of adjustability around the defaults of 91.7 to 105 % and 59.5 to 60.1 Hz;
# frequencies beside the nominal one.
ENTER_SERVICE: Mapping[str, tuple[str, float, float, str]] = {
    "voltage_low_pct": ("lowest voltage", 88.0, 95.0, "%"),
    "voltage_high_pct": ("highest voltage", 105.0, 106.0, "%"),
    "frequency_low_hz": ("lowest frequency", -1.0, -0.1, "Hz"),
    "frequency_high_hz": ("highest frequency", 0.1, 1.0, "Hz"),
    "delay_s": ("delay", 0.0, 600.0, "s"),
}
NEAR_Y_PCT, NEAR_RESPONSE_S = 1.0, 0.5
# Table 24: what every device starts with, and the widest of the ranges of categories I to III.
DROOP: Mapping[str, tuple[str, float, float, float, str]] = {
    "dead_band_over_hz": ("dead band above", 0.036, 0.017, 1.0, " Hz"),
    "dead_band_under_hz": ("dead band below", 0.036, 0.017, 1.0, " Hz"),
    "droop_over": ("droop above", 0.05, 0.02, 0.05, ""),
    "droop_under": ("droop below", 0.05, 0.02, 0.05, ""),
    "response_s": ("response", 5.0, 0.2, 10.0, " s"),
}
NEAR_DROOP = 1e-3


class Match(StrEnum):
    """How one setting stands against the profile."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_REPORTED = "not_reported"


@dataclass(frozen=True, slots=True)
class Ratings:
    """What curves in shares of a rating refer to."""

    apparent_power_va: int
    reactive_power_injected_var: int
    reactive_power_absorbed_var: int
    nominal_hz: float = 60.0


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting: as approved, as found, and what that means."""

    key: str
    label: str
    approved: str
    found: str
    match: Match
    blocks: bool
    reason: str = ""


def compare_settings(
    profile: Profile, found: Iterable[Mapping[str, Any]], ratings: Ratings
) -> tuple[SettingLine, ...]:
    """One line for each setting; `found` are the functions as a live test keeps them."""
    held = {str(one.get("function")): one for one in found}
    volt_var = _vars_of_setting(profile.volt_var, ratings) if profile.volt_var else None
    return (
        _off("fixed_power_factor", "Fixed power factor", held),
        _off("set_reactive_power", "Fixed reactive power", held),
        _curve("volt_var", "Volt-var curve", volt_var, held),
        _curve("volt_watt", "Volt-watt curve", profile.volt_watt, held),
        _off("watt_var", "Watt-var curve", held),
        _droop(held.get("frequency_droop"), must_be_on=profile.has_droop),
        _entering(held.get("enter_service"), ratings.nominal_hz),
    )


def _vars_of_setting(curve: Curve, ratings: Ratings) -> Curve:
    """Vars in % of the reactive power rating, as devices hold them, instead of the one in VA."""

    def share(y: float) -> float:
        rating = (
            ratings.reactive_power_injected_var if y >= 0 else ratings.reactive_power_absorbed_var
        )
        if not rating:
            return y
        return max(-100.0, min(100.0, y * ratings.apparent_power_va / rating))

    return Curve(tuple((x, share(y)) for x, y in curve.points), curve.response_s)


Held = Mapping[str, Mapping[str, Any]]


def _off(key: str, label: str, held: Held) -> SettingLine:
    one = held.get(key)
    if one is None:
        return SettingLine(key, label, "off", "not reported", Match.NOT_REPORTED, blocks=False)
    is_unity = _number(one, "power_factor") == 1
    if not one.get("is_enabled") or is_unity:
        return SettingLine(
            key, label, "off", "1.0" if is_unity else "off", Match.SAME, blocks=False
        )
    words = _words_of(one)
    return _differs(key, label, "off", words)


def _curve(key: str, label: str, wanted: Curve | None, held: Held) -> SettingLine:
    if wanted is None:
        return _off(key, label, held)
    approved = str(wanted)
    one = held.get(key)
    if one is None:
        reason = f"{label}: approved {approved}, the device does not report one."
        return SettingLine(
            key, label, approved, "not reported", Match.NOT_REPORTED, blocks=True, reason=reason
        )
    if not one.get("is_enabled"):
        return _differs(key, label, approved, "off")
    found = _points_of(one)
    near = found is not None and _is_same_line(wanted.points, found)
    said_s = _number(one, "response_s")
    in_time = said_s is None or abs(said_s - wanted.response_s) <= NEAR_RESPONSE_S
    if near and in_time:
        return SettingLine(key, label, approved, _words_of(one), Match.SAME, blocks=False)
    return _differs(key, label, approved, _words_of(one))


def _droop(one: Mapping[str, Any] | None, *, must_be_on: bool) -> SettingLine:
    """Where the profile names it, on with the standard's defaults; else off or in its ranges."""
    key, label = "frequency_droop", "Frequency-droop"
    approved = "on, with the standard's defaults" if must_be_on else "off or in standard ranges"
    if one is None:
        reason = f"{label}: approved {approved}, the device does not report one."
        return SettingLine(
            key, label, approved, "not reported", Match.NOT_REPORTED, must_be_on,
            reason if must_be_on else "",
        )  # fmt: skip
    if not one.get("is_enabled"):
        if must_be_on:
            return _differs(key, label, approved, "off")
        return SettingLine(key, label, approved, "off", Match.SAME, blocks=False)
    wrong = []
    for name, (what, default, low, high, unit) in DROOP.items():
        value = _number(one, name)
        if must_be_on:
            low, high = default - NEAR_DROOP, default + NEAR_DROOP  # noqa: PLW2901
        if value is not None and not low - 1e-9 <= value <= high + 1e-9:
            wrong.append(f"{what} {value:g}{unit}")
    if wrong:
        return _differs(key, label, approved, ", ".join(wrong))
    return SettingLine(key, label, approved, _words_of(one), Match.SAME, blocks=False)


def _entering(one: Mapping[str, Any] | None, nominal_hz: float) -> SettingLine:
    key, label, approved = "enter_service", "Entering service", "within the standard's ranges"
    if one is None:
        return SettingLine(key, label, approved, "not reported", Match.NOT_REPORTED, blocks=False)
    outside = []
    for name, (what, low, high, unit) in ENTER_SERVICE.items():
        base = nominal_hz if unit == "Hz" else 0.0
        value = _number(one, name)
        if value is not None and not base + low - 1e-6 <= value <= base + high + 1e-6:
            outside.append(
                f"{what} {value:g} {unit} is not {base + low:g} to {base + high:g} {unit}"
            )
    if outside:
        return _differs(key, label, approved, "; ".join(outside))
    return SettingLine(key, label, approved, _words_of(one), Match.SAME, blocks=False)


def _differs(key: str, label: str, approved: str, found: str) -> SettingLine:
    reason = f"{label}: approved {approved}, found {found}."
    return SettingLine(key, label, approved, found, Match.DIFFERENT, blocks=True, reason=reason)


def _words_of(one: Mapping[str, Any]) -> str:
    """What the test's own words say behind the colon."""
    return str(one.get("words") or "on").rpartition(": ")[2]


def _number(one: Mapping[str, Any], name: str) -> float | None:
    value = (one.get("parameters") or {}).get(name)
    return float(value) if isinstance(value, int | float) else None


def _points_of(one: Mapping[str, Any]) -> Points | None:
    given = (one.get("parameters") or {}).get("points")
    if not isinstance(given, list | tuple) or len(given) < 2:
        return None
    return tuple((float(x), float(y)) for x, y in given)


def _is_same_line(one: Sequence[tuple[float, float]], other: Sequence[tuple[float, float]]) -> bool:
    """Wherever one of them has a corner, both have nearly the same value."""
    corners = [x for x, _ in one] + [x for x, _ in other]
    return all(abs(_at(one, x) - _at(other, x)) <= NEAR_Y_PCT for x in corners)


def _at(points: Sequence[tuple[float, float]], x: float) -> float:
    """Flat before the first and after the last point."""
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x <= x1:
            return y1 if x1 == x0 else y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]
