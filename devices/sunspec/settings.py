"""What a device's control and settings models hold: the ground every control is planned on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from devices.capabilities import Compare, Nameplate, RegisterWrite
from devices.sunspec.codec import FLOATS, SCALES, encode
from devices.sunspec.held import Held, registers_in
from devices.sunspec.layout import Place

# What percentages refer to, and the switches between local and remote control.
GROUND_MODELS = (120, 121, 702, 715, 802)
LOCAL = 1


@dataclass(frozen=True, slots=True)
class Settings:
    """The models held, by id, and the frequency measured last.

    Points are named as `decode_model` names them, those of groups as `Crv_2.Pt_3.V`.
    """

    held: Mapping[int, Held]
    frequency_hz: float | None = None

    def has(self, model_id: int, *names: str) -> bool:
        """Tell whether the device implements all of these points."""
        return all(self.raw(model_id, name) is not None for name in names)

    def reaches(self, model_id: int, *names: str) -> bool:
        """Tell whether these points lie within the model and may be read."""
        held = self.held.get(model_id)
        if held is None:
            return False
        points = held.points
        return all(name in points and bool(held.of(points[name])) for name in names)

    def raw(self, model_id: int, name: str) -> int | None:
        """The unscaled value of an integer point; None when the device does not implement it."""
        held = self.held.get(model_id)
        place = None if held is None else held.points.get(name)
        return None if held is None or place is None else held.integer(place)

    def number(self, model_id: int, name: str) -> float | None:
        """A point's value in its unit; None when it, or its scale factor, cannot be told."""
        held = self.held.get(model_id)
        place = None if held is None else held.points.get(name)
        if held is None or place is None:
            return None
        if not place.is_integer:
            return held.decimal(place) if place.type in FLOATS else None
        raw = held.integer(place)
        scale = None if raw is None else self.scale(model_id, place)
        return None if raw is None or scale is None else raw * scale[0] / scale[1]

    def scale(self, model_id: int, place: Place) -> tuple[int, int] | None:
        """Multiplier and divisor of a point; None when its scale factor is of no use."""
        factor = place.scale_factor
        if factor is None:
            return (1, 1)
        exponent = self.raw(model_id, factor) if isinstance(factor, str) else factor
        return None if exponent is None else SCALES.get(exponent)

    def first_number(self, *places: tuple[int, str]) -> float | None:
        """The first place that gives more than zero."""
        for model_id, name in places:
            value = self.number(model_id, name)
            if value is not None and value > 0:
                return value
        return None

    def first_size(self, *places: tuple[int, str]) -> float | None:
        """The first place that gives anything but zero, for ratings whose sign makers differ in."""
        for model_id, name in places:
            value = self.number(model_id, name)
            if value:
                return abs(value)
        return None

    @property
    def w_max(self) -> float | None:
        """The active power setting, which percentages refer to; the rating where none is set."""
        return self.first_number((702, "WMax"), (121, "WMax"), (702, "WMaxRtg"), (120, "WRtg"))

    @property
    def va_max(self) -> float | None:
        return self.first_number((702, "VAMax"), (121, "VAMax"), (702, "VAMaxRtg"), (120, "VARtg"))

    @property
    def var_injected_max(self) -> float | None:
        return self.first_size(
            (702, "VarMaxInj"), (121, "VArMaxQ1"), (702, "VarMaxInjRtg"), (120, "VArRtgQ1")
        )

    @property
    def var_absorbed_max(self) -> float | None:
        return self.first_size(
            (702, "VarMaxAbs"), (121, "VArMaxQ4"), (702, "VarMaxAbsRtg"), (120, "VArRtgQ4")
        )

    @property
    def charge_max_w(self) -> float | None:
        return self.first_number(
            (702, "WChaRteMax"), (702, "WChaRteMaxRtg"), (124, "WChaMax"), (120, "MaxChaRte"),
            (802, "WChaRteMax"),
        )  # fmt: skip

    @property
    def discharge_max_w(self) -> float | None:
        return self.first_number(
            (702, "WDisChaRteMax"), (702, "WDisChaRteMaxRtg"), (120, "MaxDisChaRte"),
            (124, "WChaMax"), (802, "WDisChaRteMax"),
        )  # fmt: skip

    @property
    def nominal_hz(self) -> float | None:
        """As the device says it, else 50 or 60 by what was measured."""
        told = self.number(121, "ECPNomHz")
        frequency_hz = self.frequency_hz if told is None else told
        return next((n for n in (50.0, 60.0) if abs((frequency_hz or 0.0) - n) < 4.0), None)

    @property
    def is_local(self) -> bool | None:
        """Whether a local/remote switch makes the device ignore us; None when it has none."""
        switches = [self.raw(715, "LocRemCtl"), self.raw(802, "LocRemCtl")]
        given = [switch for switch in switches if switch is not None]
        return LOCAL in given if given else None

    def addr(self, model_id: int, name: str) -> int:
        """Where a point stands in the device's register map."""
        held = self.held[model_id]
        return held.model.addr + held.points[name].offset

    def registers(self, model_id: int, names: tuple[str, ...]) -> tuple[int, ...]:
        """The registers of neighbouring points as last read."""
        held = self.held[model_id]
        places = [held.points[name] for name in names]
        return registers_in(held.data[2 * places[0].offset : 2 * places[-1].end])

    def write(
        self,
        model_id: int,
        names: tuple[str, ...],
        values: Mapping[str, int],
        compare: Mapping[str, Compare] | None = None,
        *,
        enable: str = "",
        always: Collection[str] = (),
    ) -> RegisterWrite:
        """One write of neighbouring points; `enable` names the one that puts them in force.

        What the device does not implement is written back as it was read, and what `values`
        leaves out keeps its value: neither is compared. `always` are points that are written
        although they hold nothing so far, as those of a stored curve may.
        """
        held = self.held[model_id]
        registers: tuple[int, ...] = ()
        rules: tuple[Compare, ...] = ()
        for name in names:
            point = held.points[name]
            rule = (compare or {}).get(name, Compare.EXACT)
            if name in values and (name in always or self.raw(model_id, name) is not None):
                registers += encode(values[name], point.type)
            else:
                registers += registers_in(held.of(point))
                rule = Compare.IGNORED
            rules += (rule,) * point.size
        points = [held.points[name] for name in names]
        return RegisterWrite(
            addr=held.model.addr + points[0].offset,
            registers=registers,
            compare=rules,
            sizes=tuple(point.size for point in points),
            enables=names.index(enable) if enable in names else None,
        )

    def nameplate(self, energy_capacity_wh: float | None) -> Nameplate:
        return Nameplate(
            active_power_max_w=self.first_number((702, "WMaxRtg"), (120, "WRtg")),
            apparent_power_max_va=self.first_number((702, "VAMaxRtg"), (120, "VARtg")),
            reactive_power_injected_max_var=self.first_size(
                (702, "VarMaxInjRtg"), (120, "VArRtgQ1")
            ),
            reactive_power_absorbed_max_var=self.first_size(
                (702, "VarMaxAbsRtg"), (120, "VArRtgQ4")
            ),
            charge_max_w=self.first_number(
                (702, "WChaRteMaxRtg"), (120, "MaxChaRte"), (124, "WChaMax"), (802, "WChaRteMax")
            ),
            discharge_max_w=self.first_number(
                (702, "WDisChaRteMaxRtg"), (120, "MaxDisChaRte"), (802, "WDisChaRteMax")
            ),
            energy_capacity_wh=energy_capacity_wh or self.first_number((120, "WHRtg")),
            active_power_setting_w=self.first_number((702, "WMax"), (121, "WMax")),
            voltage_nominal_v=self.first_number((702, "VNom"), (702, "VNomRtg"), (121, "VRef")),
        )
