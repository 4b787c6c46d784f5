"""A made-up year in hours, where nobody has measured one: shares of peak and sun. Pure."""

from __future__ import annotations

import math

HOURS = 8_760
LATITUDE_DEG = 40.0
# Of the range between least and most load: what the day and the season take part in.
DAY_PART, SEASON_PART = 0.75, 0.25
EVENING_HOUR, COLDEST_DAY = 18.5, 15
DIGITS = 4


def load_shares(least: float) -> tuple[float, ...]:
    """Hour by hour from the first of January, between `least` and 1; highest on winter evenings."""
    raw = [_load(hour) for hour in range(HOURS)]
    low, high = min(raw), max(raw)
    return tuple(round(least + (1 - least) * (r - low) / (high - low), DIGITS) for r in raw)


def _load(hour: int) -> float:
    day, of_day = divmod(hour, 24)
    daily = math.cos(2 * math.pi * (of_day - EVENING_HOUR) / 24)
    # A second, smaller top in the morning.
    daily += 0.35 * math.cos(4 * math.pi * (of_day - EVENING_HOUR) / 24)
    season = math.cos(2 * math.pi * (day - COLDEST_DAY) / 365)
    return DAY_PART * daily + SEASON_PART * season


def sun_shares() -> tuple[float, ...]:
    """Of the rating under a clear sky, with the highest hour of the year as 1; solar time."""
    raw = [_sun(hour) for hour in range(HOURS)]
    high = max(raw)
    return tuple(round(r / high, DIGITS) for r in raw)


def _sun(hour: int) -> float:
    day, of_day = divmod(hour, 24)
    declination = math.radians(-23.44) * math.cos(2 * math.pi * (day + 10) / 365)
    latitude = math.radians(LATITUDE_DEG)
    angle = math.pi * (of_day + 0.5 - 12) / 12
    height = math.sin(latitude) * math.sin(declination)
    height += math.cos(latitude) * math.cos(declination) * math.cos(angle)
    return max(0.0, height)
