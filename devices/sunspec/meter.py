"""Meters: models 201-204 and 211-214, turned to "injection is positive"."""

from __future__ import annotations

from datetime import datetime

from devices.capabilities import Measurement, OperatingState
from devices.sunspec.codec import ScaleFault, Value, normalise_power_factor
from devices.sunspec.measuring import LINE_TO_NEUTRAL, Reader, bits, counted, grade, mean

WANTED = (
    "A", "PhV", "PhVphA", "PhVphB", "PhVphC", "PPV", "Hz", "W", "VA", "VAR", "PF",
    "TotWhExp", "TotWhImp", "Evt",
)  # fmt: skip
MODELS = (203, 204, 202, 201, 213, 214, 212, 211)


def _measurement(
    values: tuple[Value, ...], faults: tuple[ScaleFault, ...], at: datetime, sign: int
) -> Measurement:
    a, v, v_a, v_b, v_c, line_v, hz, w, va, var, pf, exported, imported, evt = values
    power, quality, reason = grade(w, faults, OperatingState.UNKNOWN)
    return Measurement(
        measured_at=at,
        active_power_w=None if power is None else sign * power,
        reactive_power_var=None if var is None else sign * var,
        apparent_power_va=va,
        power_factor=normalise_power_factor(pf),
        voltage_v=v or mean(v_a, v_b, v_c) or (line_v * LINE_TO_NEUTRAL if line_v else None),
        frequency_hz=hz,
        current_a=a,
        energy_injected_wh=counted(exported, w),
        energy_absorbed_wh=counted(imported, w),
        state_of_charge_pct=None,
        operating_state=OperatingState.UNKNOWN,
        throttle_pct=None,
        alarm_bits=bits(evt),
        quality=quality,
        reason=reason,
    )


def import_positive(
    values: tuple[Value, ...], faults: tuple[ScaleFault, ...], at: datetime, _soc: float | None
) -> Measurement:
    """SunSpec's convention: what is taken from the grid is positive."""
    return _measurement(values, faults, at, -1)


def export_positive(
    values: tuple[Value, ...], faults: tuple[ScaleFault, ...], at: datetime, _soc: float | None
) -> Measurement:
    """The convention of makers that count what is injected as positive."""
    return _measurement(values, faults, at, 1)


METER = Reader(MODELS, WANTED, import_positive)
METER_EXPORT_POSITIVE = Reader(MODELS, WANTED, export_positive)
