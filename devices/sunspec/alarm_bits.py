"""What the alarm bits of a device mean, by the models in its chain.

The names are SunSpec's own; what each means for an operator is decided here:

| meaning | the device says that                                          | priority |
|---------|---------------------------------------------------------------|----------|
| danger  | people or property may be in danger: ground fault, arc        | 1        |
| trip    | a protection has taken it, or its supply, off the grid        | 2        |
| fault   | a part of it is broken or at its end: it may stop at any time | 3        |
| warning | it runs, or was stopped by hand, and somebody should know     | 4        |
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Meaning(StrEnum):
    """How much a bit matters."""

    DANGER = "danger"
    TRIP = "trip"
    FAULT = "fault"
    WARNING = "warning"


PRIORITIES: Mapping[Meaning, int] = {
    Meaning.DANGER: 1,
    Meaning.TRIP: 2,
    Meaning.FAULT: 3,
    Meaning.WARNING: 4,
}


@dataclass(frozen=True, slots=True)
class AlarmBit:
    """One bit that is set: its SunSpec name, and in words what it says."""

    model: int
    point: str
    bit: int
    name: str
    words: str
    meaning: Meaning

    @property
    def cause(self) -> str:
        """The same text for the same bit, whatever the device."""
        return f"{self.model}.{self.name}"

    @property
    def priority(self) -> int:
        return PRIORITIES[self.meaning]

    @property
    def message(self) -> str:
        return f"{self.words} (model {self.model} {self.point}, bit {self.bit})"


Row = tuple[str, str, Meaning]
_D, _T, _F, _W = Meaning.DANGER, Meaning.TRIP, Meaning.FAULT, Meaning.WARNING

# Models 101-103 and 111-113 Evt1, and model 701 Alrm: the same bits, 701 has one more.
INVERTER: Mapping[int, Row] = {
    0: ("GROUND_FAULT", "Ground fault", _D),
    1: ("DC_OVER_VOLT", "DC voltage too high", _T),
    2: ("AC_DISCONNECT", "AC disconnect is open", _W),
    3: ("DC_DISCONNECT", "DC disconnect is open", _W),
    4: ("GRID_DISCONNECT", "Disconnected from the grid", _T),
    5: ("CABINET_OPEN", "Cabinet is open", _W),
    6: ("MANUAL_SHUTDOWN", "Shut down by hand", _W),
    7: ("OVER_TEMP", "Too hot", _F),
    8: ("OVER_FREQUENCY", "Frequency above its trip limit", _T),
    9: ("UNDER_FREQUENCY", "Frequency below its trip limit", _T),
    10: ("AC_OVER_VOLT", "AC voltage above its trip limit", _T),
    11: ("AC_UNDER_VOLT", "AC voltage below its trip limit", _T),
    12: ("BLOWN_STRING_FUSE", "String fuse blown", _F),
    13: ("UNDER_TEMP", "Too cold", _W),
    14: ("MEMORY_LOSS", "Memory or internal communication failed", _F),
    15: ("HW_TEST_FAILURE", "Self-test failed", _F),
    16: ("MANUFACTURER_ALRM", "Alarm of its maker's own", _F),
}
# Models 201-204 and 211-214 Evt.
METER: Mapping[int, Row] = {
    2: ("Power_Failure", "Power failed", _T),
    3: ("Under_Voltage", "Voltage low by the meter's own limit", _W),
    4: ("Low_PF", "Power factor low by the meter's own limit", _W),
    5: ("Over_Current", "Current high by the meter's own limit", _W),
    6: ("Over_Voltage", "Voltage high by the meter's own limit", _W),
    7: ("Missing_Sensor", "A sensor is missing", _F),
}
# Model 802 Evt1.
BATTERY: Mapping[int, Row] = {
    0: ("COMMUNICATION_ERROR", "Battery does not talk to its controller", _F),
    1: ("OVER_TEMP_ALARM", "Battery too hot: stopped", _T),
    2: ("OVER_TEMP_WARNING", "Battery hot", _W),
    3: ("UNDER_TEMP_ALARM", "Battery too cold: stopped", _T),
    4: ("UNDER_TEMP_WARNING", "Battery cold", _W),
    5: ("OVER_CHARGE_CURRENT_ALARM", "Charging current too high: stopped", _T),
    6: ("OVER_CHARGE_CURRENT_WARNING", "Charging current high", _W),
    7: ("OVER_DISCHARGE_CURRENT_ALARM", "Discharging current too high: stopped", _T),
    8: ("OVER_DISCHARGE_CURRENT_WARNING", "Discharging current high", _W),
    9: ("OVER_VOLT_ALARM", "Battery voltage too high: stopped", _T),
    10: ("OVER_VOLT_WARNING", "Battery voltage high", _W),
    11: ("UNDER_VOLT_ALARM", "Battery voltage too low: stopped", _T),
    12: ("UNDER_VOLT_WARNING", "Battery voltage low", _W),
    13: ("UNDER_SOC_MIN_ALARM", "Charge below its minimum: stopped", _F),
    14: ("UNDER_SOC_MIN_WARNING", "Charge near its minimum", _W),
    15: ("OVER_SOC_MAX_ALARM", "Charge above its maximum: stopped", _F),
    16: ("OVER_SOC_MAX_WARNING", "Charge near its maximum", _W),
    17: ("VOLTAGE_IMBALANCE_WARNING", "Cell voltages differ", _W),
    18: ("TEMPERATURE_IMBALANCE_ALARM", "Cell temperatures differ too much", _F),
    19: ("TEMPERATURE_IMBALANCE_WARNING", "Cell temperatures differ", _W),
    20: ("CONTACTOR_ERROR", "Contactor failed", _F),
    21: ("FAN_ERROR", "Fan failed", _F),
    22: ("GROUND_FAULT", "Ground fault in the battery", _D),
    23: ("OPEN_DOOR_ERROR", "Door is open", _W),
    24: ("CURRENT_IMBALANCE_WARNING", "String currents differ", _W),
    25: ("OTHER_ALARM", "Alarm of the battery", _F),
    26: ("OTHER_WARNING", "Warning of the battery", _W),
    28: ("CONFIGURATION_ALARM", "Battery set up wrongly: stopped", _F),
    29: ("CONFIGURATION_WARNING", "Battery set up oddly", _W),
}

DER_MODEL, PORTS_MODEL, BATTERY_MODEL = 701, 714, 802
LEGACY_MODELS = (103, 102, 101, 113, 112, 111)
METER_MODELS = (203, 204, 202, 201, 213, 214, 212, 211)
# What decides how a device's bits are read, so that devices alike can be looked at together.
DECISIVE = frozenset({DER_MODEL, *LEGACY_MODELS, *METER_MODELS})


def named_bits(models: Collection[int], raw: int, *, is_meter: bool) -> tuple[AlarmBit, ...]:
    """The bits set in the alarm word that a poll brings, from the model it was read from.

    The order of models is the driver's: 701, else the legacy inverter's, else the meter's.
    """
    if not is_meter:
        if DER_MODEL in models:
            return _bits(DER_MODEL, "Alrm", INVERTER, raw)
        for model in LEGACY_MODELS:
            if model in models:
                return _bits(model, "Evt1", INVERTER, raw)
    model = next((model for model in METER_MODELS if model in models), METER_MODELS[0])
    return _bits(model, "Evt", METER, raw) if is_meter or model in models else _unnamed(raw)


def battery_bits(raw: int) -> tuple[AlarmBit, ...]:
    """The bits set in a battery's own Evt1 (model 802)."""
    return _bits(BATTERY_MODEL, "Evt1", BATTERY, raw)


def port_bits(raw: int) -> tuple[AlarmBit, ...]:
    """The DC ports with an alarm (model 714 PrtAlrms): bit 0 is the first port."""
    return tuple(
        AlarmBit(
            PORTS_MODEL, "PrtAlrms", bit, f"PORT_{bit + 1}", f"DC port {bit + 1} has an alarm", _F
        )
        for bit in _set_in(raw)
    )


def _bits(model: int, point: str, table: Mapping[int, Row], raw: int) -> tuple[AlarmBit, ...]:
    found = []
    for bit in _set_in(raw):
        name, words, meaning = table.get(
            bit, (f"BIT_{bit}", f"Bit {bit}, which SunSpec gives no name", _W)
        )
        found.append(AlarmBit(model, point, bit, name, words, meaning))
    return tuple(found)


def _unnamed(raw: int) -> tuple[AlarmBit, ...]:
    """Bits of a device whose chain of models is not known (any more)."""
    return _bits(0, "alarm word", {}, raw)


def _set_in(raw: int) -> list[int]:
    return [bit for bit in range(raw.bit_length()) if raw >> bit & 1]
