"""Where the demo town lies: at its first start it is late morning in summer there, by the sun."""

import json
import math
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

LATE_MORNING_H = 11.0
NORTH_DEG, SOUTH_DEG = 37.0, -33.0
WARM_MONTHS_NORTH = range(4, 10)
LOW_SUN_DEG = 15.0


@dataclass(frozen=True)
class Town:
    """A place on earth and the name of its time zone."""

    latitude: float
    longitude: float
    time_zone: str


def place(at: datetime) -> Town:
    """Return a town where it is about 11 o'clock by the sun, and summer, at this moment."""
    now = at.astimezone(UTC)
    hour = now.hour + now.minute / 60
    offset = round(LATE_MORNING_H - hour)  # -13 ... 11, always a zone that exists
    longitude = 15.0 * offset
    if longitude < -180:
        longitude += 360
    return Town(
        latitude=NORTH_DEG if now.month in WARM_MONTHS_NORTH else SOUTH_DEG,
        longitude=longitude,
        time_zone=_time_zone(round(longitude / 15)),
    )


def keep(file: Path, at: datetime) -> Town:
    """Return the town kept in this file; place and keep one when there is none."""
    if file.exists():
        return Town(**json.loads(file.read_text()))
    town = place(at)
    attempt = file.with_suffix(".new")
    attempt.write_text(json.dumps(asdict(town), indent=1) + "\n")
    attempt.replace(file)
    return town


def sun_elevation_deg(town: Town, at: datetime) -> float:
    """Return the sun's height over the horizon, to about a degree (Spencer 1971)."""
    now = at.astimezone(UTC)
    day = 2 * math.pi * (now.timetuple().tm_yday - 1) / 365
    declination = (
        0.006918
        - 0.399912 * math.cos(day)
        + 0.070257 * math.sin(day)
        - 0.006758 * math.cos(2 * day)
        + 0.000907 * math.sin(2 * day)
    )
    equation_of_time_min = 229.18 * (
        0.000075
        + 0.001868 * math.cos(day)
        - 0.032077 * math.sin(day)
        - 0.014615 * math.cos(2 * day)
        - 0.040849 * math.sin(2 * day)
    )
    utc_h = now.hour + now.minute / 60 + now.second / 3600
    solar_h = utc_h + town.longitude / 15 + equation_of_time_min / 60
    hour_angle = math.radians(15 * (solar_h - 12))
    latitude = math.radians(town.latitude)
    height = math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(
        declination
    ) * math.cos(hour_angle)
    return math.degrees(math.asin(height))


def light_advice(town: Town, at: datetime) -> str:
    """Return one line when there is too little sun to see much, else nothing."""
    elevation = sun_elevation_deg(town, at)
    if elevation >= LOW_SUN_DEG:
        return ""
    what = "It is night" if elevation < 0 else "The sun is low"
    return f"{what} in the demo town; `python3 manage.py demo --reset` moves it into the sun."


def _time_zone(offset: int) -> str:
    """Return the zone's name, whose sign counts the other way: Etc/GMT-3 is three hours ahead."""
    return f"Etc/GMT{-offset:+d}" if offset else "Etc/UTC"
