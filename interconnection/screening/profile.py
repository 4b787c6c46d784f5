"""An IEEE 1547-2018 settings profile as a condition names it in words (IC-5, IC-6). Pure.

    IEEE 1547-2018 category B, volt-var on
    IEEE 1547-2018 category B, volt-var 93/40 98/0 102/0 107/-40 in 5 s, volt-watt 105/100 109/0
    IEEE 1547-2018 category A, unity power factor, frequency-droop on

A mode that is named is on: with the points behind it, else with the default of the category.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """Volts in % of nominal against % of a rating, and the response in s."""

    points: Points
    response_s: float

    def __str__(self) -> str:
        drawn = ", ".join(f"{x:g}/{y:.4g}" for x, y in self.points)
        return f"{drawn} in {self.response_s:g} s"


# Table 8: vars in % of the rating in VA.
VOLT_VAR: Mapping[str, Curve] = {
    "A": Curve(((90.0, 25.0), (100.0, 0.0), (110.0, -25.0)), 10.0),
    "B": Curve(((92.0, 44.0), (98.0, 0.0), (102.0, 0.0), (108.0, -44.0)), 5.0),
}
# Table 7: the vars that a category can inject and absorb.
MOST_VAR_PCT: Mapping[str, tuple[float, float]] = {"A": (44.0, -25.0), "B": (44.0, -44.0)}
# Table 10, both categories: watts in % of the rating.
VOLT_WATT = Curve(((106.0, 100.0), (110.0, 20.0)), 10.0)
# Around a reference of 95 to 105 %, by 18 %.
VOLT_VAR_PCT, VOLT_VAR_RESPONSE_S = (77.0, 123.0), (1.0, 90.0)
VOLT_WATT_PCT, VOLT_WATT_RESPONSE_S = (105.0, 110.0), (0.5, 60.0)
FEWEST_POINTS, MOST_POINTS = 2, 10
CATEGORY = re.compile(r"IEEE 1547-2018 category ([AB])\b")
_NUMBER = r"-?\d{1,3}(?:\.\d{1,2})?"
_MODE = re.compile(
    rf"\b(?P<mode>volt-var|volt-watt|frequency-droop)\b"
    rf"(?P<points>(?:\s+{_NUMBER}/{_NUMBER})*)(?:\s+in\s+(?P<response>{_NUMBER})\s*s\b)?"
    rf"(?P<off>\s+off\b)?",
    re.IGNORECASE,
)


class ProfileFault(ValueError):
    """A profile that no device may be set to; the message says which part and what is allowed."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A category with the modes that are on; none is unity power factor, the default."""

    title: str
    category: str
    volt_var: Curve | None = None
    volt_watt: Curve | None = None
    has_droop: bool = False


def profile_of(title: str) -> Profile | None:
    """The profile that a condition names in words; None when it cannot be told."""
    try:
        return read_profile(title)
    except ProfileFault:
        return None


def read_profile(title: str) -> Profile:
    """As `profile_of`, and raises ProfileFault with what is wrong."""
    named = CATEGORY.search(title)
    if named is None:
        raise ProfileFault('It names no category: write "IEEE 1547-2018 category A" or "B".')
    category = named[1]
    modes = {one["mode"].lower(): one for one in _MODE.finditer(title) if not one["off"]}
    volt_var, volt_watt = modes.get("volt-var"), modes.get("volt-watt")
    return Profile(
        title=title,
        category=category,
        volt_var=_volt_var(volt_var, category) if volt_var else None,
        volt_watt=_volt_watt(volt_watt) if volt_watt else None,
        has_droop="frequency-droop" in modes,
    )


def default_profile(category: str) -> Profile:
    return Profile(f"IEEE 1547-2018 category {category}, unity power factor", category)


def _volt_var(given: re.Match[str], category: str) -> Curve:
    """Table 8: falling, from injecting at low to absorbing at high voltage."""
    curve = _curve("Volt-var", given, VOLT_VAR[category])
    _within("Volt-var", curve, VOLT_VAR_PCT, VOLT_VAR_RESPONSE_S)
    injected, absorbed = MOST_VAR_PCT[category]
    first, last = curve.points[0][1], curve.points[-1][1]
    if not (injected >= first >= 0 >= last >= absorbed):
        raise ProfileFault(
            f"Volt-var: category {category} goes from {injected:g} % or less at its first point "
            f"to {absorbed:g} % or more at its last, not from {first:g} to {last:g} %."
        )
    return curve


def _volt_watt(given: re.Match[str]) -> Curve:
    """Table 10: from all of its power downwards."""
    curve = _curve("Volt-watt", given, VOLT_WATT)
    _within("Volt-watt", curve, VOLT_WATT_PCT, VOLT_WATT_RESPONSE_S)
    if curve.points[0][1] != 100 or curve.points[-1][1] < 0:
        raise ProfileFault("Volt-watt: it begins at 100 % and does not go below 0 %.")
    return curve


def _curve(what: str, given: re.Match[str], default: Curve) -> Curve:
    pairs = [pair.split("/") for pair in given["points"].split()]
    points = tuple((float(x), float(y)) for x, y in pairs) or default.points
    if not FEWEST_POINTS <= len(points) <= MOST_POINTS:
        raise ProfileFault(f"{what}: give {FEWEST_POINTS} to {MOST_POINTS} points.")
    if any(x1 <= x0 or y1 > y0 for (x0, y0), (x1, y1) in pairwise(points)):
        raise ProfileFault(f"{what}: voltages rise from point to point, and what is asked falls.")
    return Curve(points, float(given["response"] or default.response_s))


def _within(
    what: str, curve: Curve, volts: tuple[float, float], response: tuple[float, float]
) -> None:
    if not (volts[0] <= curve.points[0][0] and curve.points[-1][0] <= volts[1]):
        raise ProfileFault(f"{what}: voltages lie between {volts[0]:g} and {volts[1]:g} %.")
    if not response[0] <= curve.response_s <= response[1]:
        raise ProfileFault(
            f"{what}: the response lies between {response[0]:g} and {response[1]:g} s."
        )
