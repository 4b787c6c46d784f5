"""What a live test says: the device against its registration, its settings against the profile."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.conf import settings

from interconnection.models import ApplicationUnit
from interconnection.screening.commissioning import (
    RegisteredUnit,
    ReportedDevice,
    Tolerances,
    compare,
)
from interconnection.screening.profile import Profile, default_profile, profile_of
from interconnection.screening.settings_profile import Ratings, compare_settings
from interconnection.selectors.commissioning import needs_control
from interconnection.selectors.profiles import APPROVED, profile_title
from interconnection.statuses import TestOutcome

TOLERANCES = Tolerances()
SET_IT = (
    "Set the device as approved and test again, or ask Engineering to accept the difference: "
    "two engineers have to agree."
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a live test saw at one Modbus address; `reported` is None when nothing answered.

    `outcome` and `words` are of the fault when there was one.
    """

    host: str
    port: int
    modbus_unit: int
    reported: ReportedDevice | None = None
    outcome: TestOutcome = TestOutcome.PASSED
    words: str = ""
    discovery: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a test's row keeps beside what was seen."""

    outcome: TestOutcome
    reason: str = ""
    comparison: list[dict[str, Any]] = field(default_factory=list)
    settings_profile: str = ""
    setting_lines: list[dict[str, Any]] = field(default_factory=list)


def judge(unit: ApplicationUnit | None, seen: Seen) -> Judged:
    """The identity first; the settings of the right device only. None is the meter."""
    if seen.reported is None or seen.outcome != TestOutcome.PASSED:
        return Judged(seen.outcome, seen.words)
    if unit is None:
        return Judged(TestOutcome.PASSED)
    must_be_controllable = needs_control(unit.application)
    registered = _registered(unit, must_be_controllable=must_be_controllable)
    comparison = compare(registered, seen.reported, TOLERANCES)
    rows = [{**asdict(line), "verdict": line.verdict.value} for line in comparison.lines]
    if not comparison.passes:
        return Judged(TestOutcome.MISMATCH, comparison.reason, rows)
    title, profile = _approved_profile(unit)
    if profile is None:
        reason = (
            f"The settings profile “{title}” cannot be compared by the computer: it names no "
            f"IEEE 1547-2018 category. {SET_IT}"
        )
        return Judged(TestOutcome.SETTINGS, reason, rows, title)
    lines = compare_settings(profile, seen.discovery.get("settings") or (), _ratings(unit))
    kept = [{**asdict(line), "match": line.match.value} for line in lines]
    blocking = [line.reason for line in lines if line.blocks]
    if blocking:
        return Judged(
            TestOutcome.SETTINGS, " ".join([*blocking, SET_IT]), rows, profile.title, kept
        )
    return Judged(TestOutcome.PASSED, "", rows, profile.title, kept)


def _approved_profile(unit: ApplicationUnit) -> tuple[str, Profile | None]:
    """The last confirmed approval's, else the default of the unit's category."""
    title = profile_title(unit.application_id, APPROVED)
    if title:
        return title, profile_of(title)
    profile = default_profile(unit.normal_operating_performance_category)
    return profile.title, profile


def _ratings(unit: ApplicationUnit) -> Ratings:
    return Ratings(
        unit.apparent_power_max_rating_va,
        unit.reactive_power_injected_max_rating_var,
        unit.reactive_power_absorbed_max_rating_var,
        settings.GRID_FREQUENCY_HZ,
    )


def _registered(unit: ApplicationUnit, *, must_be_controllable: bool) -> RegisteredUnit:
    return RegisteredUnit(
        manufacturer=unit.manufacturer,
        model=unit.model,
        serial_number=unit.serial_number,
        active_power_w=unit.active_power_rating_at_unity_power_factor_w,
        apparent_power_va=unit.apparent_power_max_rating_va,
        reactive_power_injected_var=unit.reactive_power_injected_max_rating_var,
        reactive_power_absorbed_var=unit.reactive_power_absorbed_max_rating_var,
        charge_power_w=unit.active_power_charge_max_rating_w,
        energy_capacity_wh=unit.energy_capacity_wh,
        must_be_controllable=must_be_controllable,
    )
