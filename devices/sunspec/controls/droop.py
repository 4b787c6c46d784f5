"""Frequency-droop of the older family (127): a slope above a frequency, and nothing below."""

from __future__ import annotations

from typing_extensions import override

from devices.capabilities import ControlRequest, Function, NotSupported
from devices.parameters import Droop, Parameters, ParametersRefused
from devices.sunspec.controls.block import BlockControl
from devices.sunspec.controls.control import Wanted, asked_for
from devices.sunspec.settings import Settings

# A held start above this can only be a frequency, and not a deviation from the nominal one.
LARGEST_DEVIATION_HZ = 20.0
OVER_ONLY = "the device answers over-frequency only (model 127 has nothing for the other side)"
NO_RESPONSE = "the device has no response time for this"
# How a device is told that does not answer under-frequency at all.
NEVER_HZ, NEVER_DROOP = 5.0, 1.0


class Droop127(BlockControl):
    """WGra is the slope in percent of power per Hz, HzStr the deviation from which it counts."""

    function = Function.FREQUENCY_DROOP
    model = 127
    points = ("WGra", "HzStr", "HzStop", "HysEna", "ModEna")
    enable = "ModEna"
    needed = ("WGra", "HzStr")

    @override
    def wanted(self, settings: Settings, request: ControlRequest) -> Wanted:
        asked = asked_for(request, Droop)
        nominal = settings.nominal_hz
        if nominal is None:
            raise NotSupported(
                "the device does not say its nominal frequency, and none was measured so far"
            )
        slope = self.to_raw(settings, "WGra", 100.0 / (asked.droop_over * nominal), nearest=True)
        start = asked.dead_band_over_hz + self._origin(settings)
        raw = self.to_raw(settings, "HzStr", start, nearest=True)
        return Wanted(
            {"WGra": slope, "HzStr": raw, "HzStop": raw, "HysEna": 0},
            parameters=self._droop(
                settings,
                self.from_raw(settings, "WGra", slope),
                self.from_raw(settings, "HzStr", raw),
            ),
            notes=(OVER_ONLY, *((NO_RESPONSE,) if asked.response_s else ())),
        )

    def _origin(self, settings: Settings) -> float:
        """0 where HzStr is a deviation, as SunSpec has it; FIMER's holds the frequency itself."""
        held = settings.number(127, "HzStr")
        is_frequency = held is not None and held > LARGEST_DEVIATION_HZ
        return (settings.nominal_hz or 0.0) if is_frequency else 0.0

    @override
    def held(self, settings: Settings) -> tuple[float | None, Parameters | None]:
        slope, start = settings.number(127, "WGra"), settings.number(127, "HzStr")
        if not slope or start is None:
            return None, None
        return None, self._droop(settings, slope, start)

    def _droop(self, settings: Settings, slope: float, start: float) -> Droop | None:
        nominal = settings.nominal_hz
        if not nominal or not slope:
            return None
        try:
            return Droop(
                dead_band_over_hz=round(start - self._origin(settings), 6),
                dead_band_under_hz=NEVER_HZ,
                droop_over=round(100.0 / (slope * nominal), 6),
                droop_under=NEVER_DROOP,
                response_s=0.0,
            )
        except ParametersRefused:
            return None

    @override
    def is_on(self, settings: Settings) -> bool:
        return bool((settings.raw(127, "ModEna") or 0) & 1)
