"""What a device's settings models hold: the ground every control is planned on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devices.capabilities import Compare, ModelAt, Nameplate, PointValue, RegisterWrite
from devices.sunspec.codec import INTEGERS, encode
from devices.sunspec.definitions import Point, definition

SETTINGS_MODELS = (120, 121, 123, 124, 702, 703, 704, 715)
LOCAL = 1


@dataclass(frozen=True, slots=True)
class Settings:
    """Registers and values of the settings models, by model id, as last read."""

    models: Mapping[int, ModelAt]
    registers: Mapping[int, tuple[int, ...]]
    values: Mapping[int, Mapping[str, PointValue]]

    def number(self, model_id: int, name: str) -> float | None:
        value = self.values.get(model_id, {}).get(name)
        return float(value) if isinstance(value, int | float) else None

    def first_number(self, *places: tuple[int, str]) -> float | None:
        """The first place that gives more than zero."""
        for model_id, name in places:
            value = self.number(model_id, name)
            if value is not None and value > 0:
                return value
        return None

    def has(self, model_id: int, *names: str) -> bool:
        """Tell whether the device implements all of these points."""
        return model_id in self.registers and all(
            self.raw(model_id, name) is not None for name in names
        )

    def reaches(self, model_id: int, name: str) -> bool:
        """Tell whether the model is long enough to hold this point."""
        point = point_of(model_id, name)
        return len(self.registers.get(model_id, ())) >= point.offset + point.size

    def raw(self, model_id: int, name: str) -> int | None:
        """The unscaled value of an integer point; None when the device does not implement it."""
        point = point_of(model_id, name)
        registers = self.registers[model_id][point.offset : point.offset + point.size]
        if len(registers) < point.size:
            return None
        value = number_in(registers, point)
        return None if value == INTEGERS[point.type][1] else value

    @property
    def w_max(self) -> float | None:
        """The active power setting, which percentages refer to; the rating where none is set."""
        return self.first_number((702, "WMax"), (121, "WMax"), (702, "WMaxRtg"), (120, "WRtg"))

    @property
    def charge_max_w(self) -> float | None:
        return self.first_number(
            (702, "WChaRteMax"), (702, "WChaRteMaxRtg"), (124, "WChaMax"), (120, "MaxChaRte")
        )

    @property
    def discharge_max_w(self) -> float | None:
        return self.first_number(
            (702, "WDisChaRteMax"), (702, "WDisChaRteMaxRtg"), (120, "MaxDisChaRte"),
            (124, "WChaMax"),
        )  # fmt: skip

    @property
    def is_local(self) -> bool:
        return self.values.get(715, {}).get("LocRemCtl") == LOCAL

    def write(
        self,
        model_id: int,
        names: tuple[str, ...],
        values: Mapping[str, int],
        compare: Mapping[str, Compare],
    ) -> RegisterWrite:
        """One write of neighbouring points.

        What the device does not implement is written back as it was read, and what `values`
        leaves out keeps its value: neither is compared.
        """
        registers: tuple[int, ...] = ()
        rules: tuple[Compare, ...] = ()
        for name in names:
            point = point_of(model_id, name)
            held = self.registers[model_id][point.offset : point.offset + point.size]
            rule = compare.get(name, Compare.EXACT)
            if name not in values or self.raw(model_id, name) is None:
                registers += held
                rule = Compare.IGNORED
            else:
                registers += encode(values[name], point.type)
            rules += (rule,) * point.size
        addr = self.models[model_id].addr + point_of(model_id, names[0]).offset
        return RegisterWrite(addr, registers, rules)

    def nameplate(self, energy_capacity_wh: float | None) -> Nameplate:
        injected = (702, "VarMaxInjRtg"), (120, "VArRtgQ1")
        absorbed = (702, "VarMaxAbsRtg"), (120, "VArRtgQ4")
        return Nameplate(
            active_power_max_w=self.first_number((702, "WMaxRtg"), (120, "WRtg")),
            apparent_power_max_va=self.first_number((702, "VAMaxRtg"), (120, "VARtg")),
            reactive_power_injected_max_var=self._size(*injected),
            reactive_power_absorbed_max_var=self._size(*absorbed),
            charge_max_w=self.first_number(
                (702, "WChaRteMaxRtg"), (120, "MaxChaRte"), (124, "WChaMax")
            ),
            discharge_max_w=self.first_number((702, "WDisChaRteMaxRtg"), (120, "MaxDisChaRte")),
            energy_capacity_wh=energy_capacity_wh or self.first_number((120, "WHRtg")),
            active_power_setting_w=self.first_number((702, "WMax"), (121, "WMax")),
            voltage_nominal_v=self.first_number((702, "VNom"), (702, "VNomRtg"), (121, "VRef")),
        )

    def _size(self, *places: tuple[int, str]) -> float | None:
        """A rating whose sign makers give either way."""
        for model_id, name in places:
            value = self.number(model_id, name)
            if value:
                return abs(value)
        return None


def point_of(model_id: int, name: str) -> Point:
    known = definition(model_id)
    if known is None:
        raise KeyError(f"SunSpec defines no model {model_id}")
    return known.point(name)


def number_in(registers: tuple[int, ...], point: Point) -> int:
    """The integer in a point's registers, with its sign."""
    packed = b"".join(register.to_bytes(2, "big") for register in registers)
    code = INTEGERS[point.type][0]
    return int.from_bytes(packed, "big", signed=code.islower())
