"""Synthetic fleets: one sky for all, roofs that look elsewhere, faults put in on a known day."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random

from devices.maintenance import (
    Course,
    Place,
    Policy,
    Quarter,
    Sky,
    Stage,
    System,
    assess,
    next_course,
    output_of_day,
    sky_of_day,
)

TOWN = Place(latitude=37.0, longitude=-122.0)
FIRST = date(2026, 3, 1)
DAYS = 150
BROKEN_ON = FIRST + timedelta(days=100)
RATED_W = 6_000
Fault = Callable[[int], float]


@dataclass(frozen=True)
class Town:
    """Systems by key, 0 is the one that may be broken."""

    systems: Mapping[int, System]

    def peers(self, key: int = 0) -> list[System]:
        return [system for other, system in self.systems.items() if other != key]


def day_of(number: int) -> date:
    return FIRST + timedelta(days=number)


@cache
def sky(number: int) -> Sky:
    begins_at = datetime.combine(day_of(number), time(8), tzinfo=UTC)  # midnight by the sun
    return sky_of_day(TOWN, begins_at, begins_at + timedelta(days=1))


def healthy(_day: int) -> float:
    return 1.0


def from_day(share: float) -> Fault:
    """From the day it breaks on: this share of what it gave before."""
    return lambda day: share if day_of(day) >= BROKEN_ON else 1.0


def drift(per_day: float) -> Fault:
    return lambda day: max(0.0, 1.0 - per_day * max(0, (day_of(day) - BROKEN_ON).days))


def make_town(
    seed: int = 1,
    *,
    fault: Fault = healthy,
    size: int = 12,
    change: Callable[[date, dict[datetime, Quarter]], None] | None = None,
    held: Mapping[date, list[tuple[datetime, datetime]]] | None = None,
) -> Town:
    """Cloudy and clear days for all together, some hours in each, a few percent for each roof."""
    rng = Random(seed)  # noqa: S311 - no secret: a repeatable fleet
    clouds = [rng.choice((1.0, 1.0, 0.9, 0.6, 0.3)) for _ in range(DAYS)]
    faces = [(rng.uniform(0.8, 1.1), rng.uniform(-0.15, 0.15)) for _ in range(size)]
    systems = {}
    for key in range(size):
        days = {}
        for number in range(DAYS):
            quarters = _quarters(rng, number, clouds[number], faces[key])
            if key == 0:
                broken = fault(number)
                quarters = {
                    at: Quarter((one.energy_wh or 0) * broken, one.heard_s)
                    for at, one in quarters.items()
                }
                if change:
                    change(day_of(number), quarters)
            days[day_of(number)] = output_of_day(
                day_of(number), quarters, sky(number), rated_w=RATED_W,
                held=(held or {}).get(day_of(number), []) if key == 0 else [],
            )  # fmt: skip
        systems[key] = System(key, TOWN, days)
    return Town(systems)


def _quarters(
    rng: Random, number: int, clear: float, face: tuple[float, float]
) -> dict[datetime, Quarter]:
    level, slant = face
    light = sky(number)
    passed = [clear + (1 - clear) * rng.random() * 0.4 for _ in light.begins_at]
    own = rng.gauss(1.0, 0.03)
    found = {}
    for n, (at, wh, cloud) in enumerate(zip(light.begins_at, light.wh_per_w, passed, strict=True)):
        course = 1 + slant * math.cos(math.pi * n / len(passed))
        found[at] = Quarter(wh * RATED_W * level * course * cloud * own, 900.0)
    return found


@dataclass(frozen=True)
class Heard:
    """When a system first came to each stage."""

    reached: Mapping[Stage, date]
    lost_wh: float


def follow(town: Town, key: int = 0, *, until: date | None = None, **more: object) -> Heard:
    """Assess day after day, as the job does."""
    course, policy = Course(), Policy()
    reached: dict[Stage, date] = {}
    reference: float | None = None
    lost_wh = 0.0
    for number in range(30, DAYS):
        day = day_of(number)
        if until and day > until:
            break
        found = assess(
            town.systems[key], town.peers(key), day,
            policy=policy, reference=reference, **more,  # type: ignore[arg-type]  # declared
        )  # fmt: skip
        course = next_course(course, found.level, policy)
        if course.stage is Stage.WELL:
            reached.setdefault(Stage.WELL, day)
            course = Course()
        if course.stage is Stage.NONE:
            reference = None
            continue
        reached.setdefault(course.stage, day)
        reference = found.reference if reference is None else reference
        lost_wh = found.lost_wh
    return Heard(reached, lost_wh)


def without(town: Town, keep: int) -> Town:
    """Only the first systems: neighbours are missing."""
    return Town({key: one for key, one in town.systems.items() if key < keep})
