"""A curve as a person types it: its points in rows, one below the other."""

from typing import Any, ClassVar

from django import forms

from devices.capabilities import Function
from devices.forms.asking import FunctionForm
from devices.parameters import MOST_POINTS, Curve, Parameters, ParametersRefused

CURVE_ROWS = 6


class CurveForm(FunctionForm):
    """A curve, point by point; rows that are left empty do not count."""

    X: ClassVar[str] = "voltage, %"
    Y: ClassVar[str] = "reactive power, %"

    def prepare(self, standing: Parameters | None) -> None:
        points = standing.points if isinstance(standing, Curve) else ()
        self.rows = min(MOST_POINTS, max(CURVE_ROWS, len(points)))
        for i in range(self.rows):
            x, y = points[i] if i < len(points) else (None, None)
            for name, label, value in (("x", self.X, x), ("y", self.Y, y)):
                self.fields[f"{name}{i}"] = forms.FloatField(
                    label=f"Point {i + 1}: {label}", required=False, initial=value,
                    min_value=-10_000, max_value=10_000,
                )  # fmt: skip
        self.fields["response_s"] = forms.FloatField(
            label="Response, seconds", min_value=0, max_value=3_600, required=False,
            initial=standing.response_s if isinstance(standing, Curve) else None,
            help_text="Open loop; empty: the device's own.",
        )  # fmt: skip
        last = ["response_s", "duration", "reason"]
        self.order_fields([f"{name}{i}" for i in range(self.rows) for name in "xy"] + last)

    @property
    def point_rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"x{i}"], self[f"y{i}"]) for i in range(self.rows)]

    @property
    def other_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("response_s", "duration", "reason")]

    def parameters(self) -> dict[str, Any]:
        given, points = self.cleaned_data, []
        for i in range(self.rows):
            x, y = given.get(f"x{i}"), given.get(f"y{i}")
            if x is None and y is None:
                continue
            if x is None or y is None:
                raise ParametersRefused(f"point {i + 1} needs both values")
            points.append([x, y])
        if len(points) < 2:
            raise ParametersRefused("a curve needs at least two points")
        return {"points": points, "response_s": given.get("response_s")}


class VoltVarForm(CurveForm):
    """Reactive power over voltage."""

    FUNCTION = Function.VOLT_VAR


class VoltWattForm(CurveForm):
    """Active power over voltage."""

    FUNCTION = Function.VOLT_WATT
    Y = "active power, %"


class WattVarForm(CurveForm):
    """Reactive power over active power."""

    FUNCTION = Function.WATT_VAR
    X = "active power, %"


class FrequencyWattForm(CurveForm):
    """Active power over frequency."""

    FUNCTION = Function.FREQUENCY_WATT
    X, Y = "frequency, Hz", "active power, %"
