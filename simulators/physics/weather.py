"""Sun, clouds and air temperature over the fleet, deterministic in (seed, time)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pvlib import atmosphere, clearsky, irradiance, location, solarposition

from simulators.fleet import Fleet
from simulators.physics.arrays import Floats, Words
from simulators.physics.noise import smooth, streams
from simulators.physics.schedule import Schedule
from simulators.regimes import regime_named

BLOCK_S = 900.0
CLOUD_EDGE = 0.16
FORWARD_SCATTERED = 0.3


@dataclass(frozen=True, slots=True)
class Sky:
    """The cloudless sky at some instants; columns of shape (T, 1)."""

    zenith: Floats
    azimuth: Floats
    ghi: Floats
    dni: Floats
    dhi: Floats
    dni_extra: Floats


class Weather:
    """Clear-sky model of the place, clouds drifting over each feeder, daily temperature."""

    def __init__(self, fleet: Fleet, kind: str) -> None:
        self.latitude, self.longitude = fleet.latitude, fleet.longitude
        self.schedule = Schedule(regime_named(kind))
        self.altitude = float(location.lookup_altitude(fleet.latitude, fleet.longitude))
        self.clouds = streams(fleet.seed, "cloud", [s.feeder for s in fleet.sites])
        self.days = streams(fleet.seed, "cloudy day", [s.feeder for s in fleet.sites])
        self.air = streams(fleet.seed, "air", ["temperature"])
        # Clouds drift from west to east at 8 m/s: a site sees what its western neighbour saw.
        east_m = (np.array([s.longitude for s in fleet.sites]) - fleet.longitude) * 85_000.0
        self.lag_s: Floats = east_m / 8.0

    def sky(self, t: Floats) -> Sky:
        times = pd.DatetimeIndex(pd.to_datetime(t, unit="s", utc=True))
        sun = solarposition.get_solarposition(
            times, self.latitude, self.longitude, altitude=self.altitude, method="nrel_numpy"
        )
        zenith = sun["apparent_zenith"].to_numpy()
        pressure = atmosphere.alt2pres(self.altitude)
        # Below the horizon the air mass has no value; daylight starts at 89.9 degrees.
        relative = atmosphere.get_relative_airmass(np.minimum(zenith, 89.9))
        airmass = atmosphere.get_absolute_airmass(relative, pressure)
        turbidity = clearsky.lookup_linke_turbidity(times, self.latitude, self.longitude)
        extra = np.asarray(irradiance.get_extra_radiation(times), dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            clear = clearsky.ineichen(zenith, airmass, turbidity.to_numpy(), self.altitude, extra)
        return Sky(
            zenith=_column(zenith),
            azimuth=_column(sun["azimuth"].to_numpy()),
            ghi=_column(clear["ghi"]),
            dni=_column(clear["dni"]),
            dhi=_column(clear["dhi"]),
            dni_extra=_column(extra),
        )

    def passing(self, t: Floats) -> tuple[Floats, Floats]:
        """Shares of beam and of diffuse light that pass the clouds, (T, sites); 1 when clear."""
        if self.schedule.is_clear:
            whole = np.ones((t.size, self.lag_s.size))
            return whole, whole
        threshold, depth, gloom = (row[:, None] for row in self.schedule.at(t))
        seen = _layers(self.clouds, t[:, None] - self.lag_s)
        day = threshold + 0.16 * (0.5 - smooth(self.days, t[:, None], 86_400.0))
        x = np.clip((seen - day) / CLOUD_EDGE, 0.0, 1.0)
        cover = x * x * (3.0 - 2.0 * x)
        return 1.0 - depth * cover, 1.0 - gloom * cover

    def air_temperature_c(self, t: Floats) -> Floats:
        """Season and time of day by the latitude and local solar time, (T, 1)."""
        day = (t / 86_400.0) % 365.25
        hour = (t / 3_600.0 + self.longitude / 15.0) % 24.0
        warmest = 205.0 if self.latitude >= 0 else 22.0
        mean = 27.0 - 0.4 * abs(self.latitude)
        season = 0.32 * abs(self.latitude) * np.cos(2 * np.pi * (day - warmest) / 365.25)
        daily = 6.0 * np.cos(2 * np.pi * (hour - 15.0) / 24.0)
        column: Floats = (mean + season + daily)[:, None]
        return column + 4.0 * (smooth(self.air, t[:, None], 2 * 86_400.0) - 0.5)


def _column(values: Floats) -> Floats:
    column: Floats = np.nan_to_num(np.asarray(values, dtype=np.float64))[:, None]
    return column


def _layers(source: Words, t: Floats) -> Floats:
    big = 0.55 * smooth(source, t, 1800.0)
    middle = 0.30 * smooth(source + np.uint64(1), t, 600.0)
    return big + middle + 0.15 * smooth(source + np.uint64(2), t, 180.0)


class MinuteSeries:
    """A quantity computed per minute, a quarter of an hour at a time, interpolated in between."""

    def __init__(self, compute: Callable[[Floats], Floats]) -> None:
        self._compute = compute
        self._blocks: dict[int, Floats] = {}

    def forget(self) -> None:
        """Compute anew what the weather has changed."""
        self._blocks.clear()

    def at(self, t: float) -> Floats:
        number = int(t // BLOCK_S)
        block = self._blocks.get(number)
        if block is None:
            minutes = np.arange(BLOCK_S / 60.0 + 1.0)
            block = self._compute(number * BLOCK_S + 60.0 * minutes)
            kept = {n: b for n, b in self._blocks.items() if n >= number - 1}
            self._blocks = kept | {number: block}
        x = (t - number * BLOCK_S) / 60.0
        minute = int(x)
        row: Floats = block[minute] + (x - minute) * (block[minute + 1] - block[minute])
        return row
