"""Settings that stay until others are written: the ramp rate, and when to enter service."""

from __future__ import annotations

from typing_extensions import override

from devices.capabilities import ControlRequest, Function, NotSupported, OutOfRange
from devices.parameters import EnterService, Parameters, ParametersRefused, RampRate
from devices.sunspec.controls.block import BlockControl
from devices.sunspec.controls.control import Wanted, asked_for
from devices.sunspec.settings import Settings

OF_W_MAX = 1
STAYS = "this is a setting of the device: it stays until another one is written"


class LastingControl(BlockControl):
    """Has no enable and no timer, so it cannot be given back: `enable` is its first point."""

    toggles = False

    @override
    def _switch(self, request: ControlRequest) -> dict[str, int]:
        if not request.enable:
            raise NotSupported(f"{request.function} cannot be given back: {STAYS}")
        return {}

    @override
    def _notes(self, request: ControlRequest, *, has_timer: bool) -> tuple[str, ...]:
        return (STAYS,) if request.reversion_s else ()

    @override
    def is_on(self, settings: Settings) -> bool:
        return True


class RampRate704(LastingControl):
    """Whole percent a second; the reference is set to active power in the same write."""

    function = Function.RAMP_RATE
    model = 704
    points = ("WRmp", "WRmpRef")
    enable = "WRmp"

    @override
    def wanted(self, settings: Settings, request: ControlRequest) -> Wanted:
        asked = asked_for(request, RampRate).ramp_pct_per_s
        raw = self.to_raw(settings, "WRmp", asked)
        if raw < 1:
            raise OutOfRange(f"{asked:g} %/s is less than the 1 %/s steps the device can be set in")
        return Wanted({"WRmp": raw, "WRmpRef": OF_W_MAX}, parameters=RampRate(float(raw)))

    @override
    def held(self, settings: Settings) -> tuple[float | None, Parameters | None]:
        refers_to_power = settings.raw(704, "WRmpRef") in {OF_W_MAX, None}
        return None, _ramp(settings.number(704, "WRmp") if refers_to_power else None)


class RampRate121(LastingControl):
    """The default ramp rate, for rises and falls alike."""

    function = Function.RAMP_RATE
    model = 121
    points = ("WGra",)
    enable = "WGra"
    needed = ("WGra",)

    @override
    def wanted(self, settings: Settings, request: ControlRequest) -> Wanted:
        asked = asked_for(request, RampRate).ramp_pct_per_s
        raw = self.to_raw(settings, "WGra", asked)
        if raw < 1:
            raise OutOfRange(f"{asked:g} %/s is less than the device can be set to")
        return Wanted({"WGra": raw}, parameters=_ramp(self.from_raw(settings, "WGra", raw)))

    @override
    def held(self, settings: Settings) -> tuple[float | None, Parameters | None]:
        return None, _ramp(settings.number(121, "WGra"))


def _ramp(percent_per_s: float | None) -> RampRate | None:
    try:
        return None if percent_per_s is None else RampRate(percent_per_s)
    except ParametersRefused:
        return None


class EnterService703(LastingControl):
    """What a device waits for, without touching the permission itself (that is CONNECT)."""

    function = Function.ENTER_SERVICE
    model = 703
    points = ("ESVHi", "ESVLo", "ESHzHi", "ESHzLo", "ESDlyTms", "ESRndTms", "ESRmpTms")
    enable = "ESVHi"
    needed = ("ESVHi", "ESVLo", "ESHzHi", "ESHzLo")

    @override
    def wanted(self, settings: Settings, request: ControlRequest) -> Wanted:
        asked = asked_for(request, EnterService)
        if asked.frequency_low_hz >= asked.frequency_high_hz:
            raise OutOfRange("the lower frequency to enter service at is not below the upper one")
        numbers: dict[str, float] = {
            "ESVHi": asked.voltage_high_pct,
            "ESVLo": asked.voltage_low_pct,
            "ESHzHi": asked.frequency_high_hz,
            "ESHzLo": asked.frequency_low_hz,
            "ESDlyTms": asked.delay_s,
            "ESRndTms": asked.random_delay_s,
            "ESRmpTms": asked.ramp_s,
        }
        values = {n: self.to_raw(settings, n, value, nearest=True) for n, value in numbers.items()}
        held = {n: self.from_raw(settings, n, raw) for n, raw in values.items()}
        missing = [n for n in ("ESDlyTms", "ESRndTms", "ESRmpTms") if not settings.has(703, n)]
        notes = (f"the device has no {', '.join(missing)}",) if missing else ()
        held |= dict.fromkeys(missing, 0.0)
        return Wanted(values, parameters=_service(held), notes=notes)

    @override
    def held(self, settings: Settings) -> tuple[float | None, Parameters | None]:
        values = {name: settings.number(703, name) for name in self.points}
        if any(values[name] is None for name in self.needed):
            return None, None
        return None, _service({name: value or 0.0 for name, value in values.items()})


def _service(held: dict[str, float]) -> EnterService | None:
    try:
        return EnterService(*(held[name] for name in EnterService703.points))
    except ParametersRefused:
        return None
