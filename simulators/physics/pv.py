"""What the sun would let each PV inverter deliver: pvlib from sky to AC, all inverters at once."""

import numpy as np
from pvlib import iam, inverter, irradiance, pvsystem, temperature

from simulators.fleet import DeviceSpec
from simulators.physics.arrays import Floats, Integers
from simulators.physics.weather import FORWARD_SCATTERED, Weather

GAMMA_PER_C = -0.0037
EFFICIENCY = 0.965
ALBEDO = 0.2
WIND_M_S = 2.0


class PVFleet:
    """The arrays of modules and their inverters as vectors."""

    def __init__(self, specs: list[DeviceSpec], sites: Integers, weather: Weather) -> None:
        self.sites, self.weather = sites, weather
        self.tilt = np.array([s.tilt_deg for s in specs])
        self.azimuth = np.array([s.azimuth_deg for s in specs])
        self.dc_rated_w = np.array([float(s.dc_rated_w) for s in specs])
        self.rated_w = np.array([float(s.rated_w) for s in specs])
        self.system_factor = 1.0 - float(pvsystem.pvwatts_losses()) / 100.0

    def available_w(self, t: Floats) -> Floats:
        """AC power without any limit, (T, inverters)."""
        sky = self.weather.sky(t)
        beam_share, diffuse_share = (x[:, self.sites] for x in self.weather.passing(t))
        cos_zenith = np.maximum(np.cos(np.radians(sky.zenith)), 0.0)
        dni = sky.dni * beam_share
        dhi = (sky.dhi + FORWARD_SCATTERED * (sky.dni - dni) * cos_zenith) * diffuse_share
        ghi = dni * cos_zenith + dhi
        tilt, azimuth = self.tilt[None, :], self.azimuth[None, :]
        incidence = irradiance.aoi(tilt, azimuth, sky.zenith, sky.azimuth)
        beam = dni * np.maximum(np.cos(np.radians(incidence)), 0.0) * iam.physical(incidence)
        diffuse = irradiance.haydavies(
            tilt, azimuth, dhi, dni, sky.dni_extra,
            solar_zenith=sky.zenith, solar_azimuth=sky.azimuth,
        )  # fmt: skip
        ground = irradiance.get_ground_diffuse(tilt, ghi, albedo=ALBEDO)
        plane = np.where(sky.zenith < 89.5, beam + np.nan_to_num(diffuse) + ground, 0.0)
        mounting = temperature.TEMPERATURE_MODEL_PARAMETERS["sapm"]["close_mount_glass_glass"]
        cell_c = temperature.sapm_cell(
            plane, self.weather.air_temperature_c(t), WIND_M_S, **mounting
        )
        dc = pvsystem.pvwatts_dc(plane, cell_c, self.dc_rated_w, GAMMA_PER_C) * self.system_factor
        ac = inverter.pvwatts(dc, self.rated_w / EFFICIENCY, EFFICIENCY)
        return np.clip(np.nan_to_num(np.asarray(ac, dtype=np.float64)), 0.0, self.rated_w)
