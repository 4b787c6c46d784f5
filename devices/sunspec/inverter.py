"""Inverters and batteries: models 101-103, 111-113 and 701 become measurements."""

from __future__ import annotations

from datetime import datetime

from devices.capabilities import Measurement, OperatingState
from devices.sunspec.codec import ScaleFault, Value, normalise_power_factor
from devices.sunspec.measuring import LINE_TO_NEUTRAL, Reader, bits, counted, grade, mean

STATES = (
    OperatingState.OFF,
    OperatingState.SLEEPING,
    OperatingState.STARTING,
    OperatingState.PRODUCING,
    OperatingState.THROTTLED,
    OperatingState.SHUTTING_DOWN,
    OperatingState.FAULT,
    OperatingState.STANDBY,
)
LEGACY_WANTED = (
    "A", "PPVphAB", "PhVphA", "PhVphB", "PhVphC", "W", "Hz", "VA", "VAr", "PF", "WH", "St", "Evt1",
)  # fmt: skip
DER_WANTED = (
    "ACType", "St", "InvSt", "Alrm", "W", "VA", "Var", "PF", "A", "LLV", "LNV", "Hz",
    "TotWhInj", "TotWhAbs", "VL1", "VL2", "VL3", "ThrotPct",
)  # fmt: skip
THREE_PHASE = 2


def state_of(number: Value, first: int) -> OperatingState:
    """The state behind an enumeration that begins at `first` (1 in model 103, 0 in 701)."""
    place = -1 if number is None else int(number) - first
    return STATES[place] if 0 <= place < len(STATES) else OperatingState.UNKNOWN


def legacy_measurement(
    values: tuple[Value, ...], faults: tuple[ScaleFault, ...], at: datetime, soc: float | None
) -> Measurement:
    a, line_v, v_a, v_b, v_c, w, hz, va, var, pf, wh, st, evt = values
    state = state_of(st, 1)
    power, quality, reason = grade(w, faults, state)
    return Measurement(
        measured_at=at,
        active_power_w=power,
        reactive_power_var=var,
        apparent_power_va=va,
        power_factor=normalise_power_factor(pf),
        voltage_v=mean(v_a, v_b, v_c) or (line_v * LINE_TO_NEUTRAL if line_v else None),
        frequency_hz=hz,
        current_a=a,
        energy_injected_wh=counted(wh, w),
        energy_absorbed_wh=None,
        state_of_charge_pct=soc,
        operating_state=state,
        throttle_pct=None,
        alarm_bits=bits(evt),
        quality=quality,
        reason=reason,
    )


def der_measurement(
    values: tuple[Value, ...], faults: tuple[ScaleFault, ...], at: datetime, soc: float | None
) -> Measurement:
    (
        ac_type, on, inv_st, alarm, w, va, var, pf, a, line_v, v, hz,
        injected, absorbed, v_1, v_2, v_3, throttled,
    ) = values  # fmt: skip
    state = state_of(inv_st, 0)
    if inv_st is None and on == 0:
        state = OperatingState.OFF
    power, quality, reason = grade(w, faults, state)
    voltage = v or mean(v_1, v_2, v_3)
    if voltage is None and line_v and ac_type == THREE_PHASE:
        voltage = line_v * LINE_TO_NEUTRAL
    return Measurement(
        measured_at=at,
        active_power_w=power,
        reactive_power_var=var,
        apparent_power_va=va,
        power_factor=normalise_power_factor(pf),
        voltage_v=voltage,
        frequency_hz=hz,
        current_a=a,
        energy_injected_wh=injected,
        energy_absorbed_wh=absorbed,
        state_of_charge_pct=soc,
        operating_state=state,
        throttle_pct=throttled,
        alarm_bits=bits(alarm),
        quality=quality,
        reason=reason,
    )


DER = Reader((701,), DER_WANTED, der_measurement)
LEGACY = Reader((103, 102, 101, 113, 112, 111), LEGACY_WANTED, legacy_measurement)
