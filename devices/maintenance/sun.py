"""What a clear sky gives on a usual roof, quarter of an hour by quarter of an hour.

The level hardly matters, for a system is compared with itself and with others under the same sky;
the course of the day and of the year does. No orientation is registered, so the roof looks to the
equator at a tilt that suits the latitude.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from devices.maintenance.facts import Place

QUARTER = timedelta(minutes=15)
STEEPEST_ROOF_DEG = 35.0
# Below this height a horizon of houses and trees decides, not the sky.
LOWEST_SUN_DEG = 5.0
SOLAR_CONSTANT_W_M2 = 1353.0
# A twentieth of the beam comes from the rest of the sky, on any plane (Meinel: a tenth at sea level
# on the plane that faces the sun).
DIFFUSE_SHARE = 0.1
STANDARD_W_M2 = 1000.0


@dataclass(frozen=True, slots=True)
class Sky:
    """Clear-sky energy of each daylight quarter of an hour: Wh for each W of rating."""

    begins_at: tuple[datetime, ...]
    wh_per_w: tuple[float, ...]

    @property
    def total(self) -> float:
        return sum(self.wh_per_w)


def sky_of_day(place: Place, begins_at: datetime, ends_at: datetime) -> Sky:
    """The quarters of an hour of the day in which the sun stands high enough."""
    found: list[tuple[datetime, float]] = []
    at = begins_at.astimezone(UTC)
    while at < ends_at:
        given = clear_w_per_w(place, at + QUARTER / 2)
        if given > 0:
            found.append((at, given * QUARTER.total_seconds() / 3600))
        at += QUARTER
    return Sky(tuple(at for at, _ in found), tuple(wh for _, wh in found))


def clear_w_per_w(place: Place, at: datetime) -> float:
    """Output of one watt of rating under a clear sky; 0 while the sun is low."""
    elevation, azimuth = sun_position(place, at)
    if elevation < math.radians(LOWEST_SUN_DEG):
        return 0.0
    beam = _beam_w_m2(elevation)
    tilt = math.radians(min(abs(place.latitude), STEEPEST_ROOF_DEG))
    towards = math.pi if place.latitude >= 0 else 0.0
    facing = math.sin(elevation) * math.cos(tilt) + math.cos(elevation) * math.sin(tilt) * math.cos(
        azimuth - towards
    )
    plane = beam * (max(0.0, facing) + DIFFUSE_SHARE)
    return min(1.0, plane / STANDARD_W_M2)


def _beam_w_m2(elevation: float) -> float:
    """Direct irradiance through a clear sky (Meinel 1976), air mass by Kasten and Young 1989."""
    degrees = math.degrees(elevation)
    air_mass = 1 / (math.sin(elevation) + 0.50572 * (degrees + 6.07995) ** -1.6364)
    return float(SOLAR_CONSTANT_W_M2 * 0.7 ** (air_mass**0.678))


def sun_position(place: Place, at: datetime) -> tuple[float, float]:
    """Height and direction of the sun in radians, north 0 and east positive (Spencer 1971)."""
    now = at.astimezone(UTC)
    hour = now.hour + now.minute / 60 + now.second / 3600
    year = 2 * math.pi * (now.timetuple().tm_yday - 1 + (hour - 12) / 24) / 365
    declination = _series(
        year, 0.006918, (-0.399912, 0.070257), (-0.006758, 0.000907), (-0.002697, 0.00148)
    )
    equation_min = 229.18 * _series(
        year, 0.000075, (0.001868, -0.032077), (-0.014615, -0.040849), (0.0, 0.0)
    )
    solar_h = hour + place.longitude / 15 + equation_min / 60
    hour_angle = math.radians(15 * (solar_h - 12))
    latitude = math.radians(place.latitude)
    height = math.asin(
        math.sin(latitude) * math.sin(declination)
        + math.cos(latitude) * math.cos(declination) * math.cos(hour_angle)
    )
    azimuth = math.atan2(
        math.sin(hour_angle),
        math.cos(hour_angle) * math.sin(latitude) - math.tan(declination) * math.cos(latitude),
    )
    return height, azimuth + math.pi


def _series(year: float, constant: float, *pairs: tuple[float, float]) -> float:
    return constant + sum(
        cosine * math.cos(n * year) + sine * math.sin(n * year)
        for n, (cosine, sine) in enumerate(pairs, start=1)
    )


def middle_h(begins_at: Sequence[datetime], amounts: Sequence[float]) -> float | None:
    """Where the middle of the amounts lies, in hours after the first moment; None without any."""
    whole = sum(amounts)
    if whole <= 0:
        return None
    first = begins_at[0]
    weighed = sum(
        (at - first).total_seconds() / 3600 * amount
        for at, amount in zip(begins_at, amounts, strict=True)
    )
    return weighed / whole
