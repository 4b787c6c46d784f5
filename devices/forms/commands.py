"""What an operator types for one device: a form for each function, with its units and limits."""

from decimal import Decimal
from typing import Any

from django import forms

from derms.lib.units import w_from_kw
from devices.capabilities import Function
from devices.forms.asking import FunctionForm, ReleaseForm, begin_from, bound_by
from devices.forms.curves import FrequencyWattForm, VoltVarForm, VoltWattForm, WattVarForm
from devices.parameters import Parameters, to_json

__all__ = ["FORMS", "FunctionForm", "ReleaseForm"]


class LimitForm(FunctionForm):
    """The most it may inject."""

    FUNCTION = Function.LIMIT_ACTIVE_POWER
    HAS_RAMP = True
    value = forms.DecimalField(label="At most, kW", max_digits=9, decimal_places=3, min_value=0)

    def prepare(self, standing: Parameters | None) -> None:
        bound_by(self.fields["value"], Decimal(0), self.ratings.highest_w)

    def value_w(self) -> int | None:
        return w_from_kw(self.cleaned_data["value"])


class SetPointForm(FunctionForm):
    """What it shall inject, or charge with."""

    FUNCTION = Function.SET_ACTIVE_POWER
    HAS_RAMP = True
    value = forms.DecimalField(label="Power, kW", max_digits=9, decimal_places=3)

    def prepare(self, standing: Parameters | None) -> None:
        lowest = Decimal(str(self.ratings.lowest_w)) / 1_000
        bound_by(self.fields["value"], lowest, self.ratings.highest_w)
        words = self.fields["value"].help_text
        sign = "Injecting is positive, charging negative." if lowest else ""
        self.fields["value"].help_text = f"{words} {sign}".strip()

    def value_w(self) -> int | None:
        return w_from_kw(self.cleaned_data["value"])


class ConnectForm(FunctionForm):
    """Whether it may energize the grid."""

    FUNCTION = Function.CONNECT
    value = forms.TypedChoiceField(
        label="Connection",
        choices=[(0, "Disconnect: cease to energize"), (1, "Connect: may enter service")],
        coerce=int,
        widget=forms.RadioSelect,
    )

    def value_w(self) -> int | None:
        return int(self.cleaned_data["value"])


class PowerFactorForm(FunctionForm):
    """A constant power factor."""

    FUNCTION = Function.FIXED_POWER_FACTOR
    power_factor = forms.FloatField(
        label="Power factor", min_value=0.1, max_value=1.0, help_text="0.1 to 1."
    )
    excitation = forms.ChoiceField(
        label="Reactive power",
        choices=[("injecting", "Injects (over-excited)"), ("absorbing", "Absorbs (under-excited)")],
        widget=forms.RadioSelect,
    )

    def prepare(self, standing: Parameters | None) -> None:
        begin_from(self, to_json(standing))

    def parameters(self) -> dict[str, Any]:
        names = ("power_factor", "excitation")
        return {name: self.cleaned_data[name] for name in names}


class ReactivePowerForm(FunctionForm):
    """A constant reactive power."""

    FUNCTION = Function.SET_REACTIVE_POWER
    value = forms.DecimalField(label="Reactive power, kvar", max_digits=9, decimal_places=3)

    def prepare(self, standing: Parameters | None) -> None:
        lowest = -Decimal(str(self.ratings.reactive_absorbed_var or 0)) / 1_000
        bound_by(self.fields["value"], lowest or None, self.ratings.reactive_injected_var, "var")
        words = self.fields["value"].help_text
        self.fields["value"].help_text = f"{words} Injecting is positive.".strip()

    def parameters(self) -> dict[str, Any]:
        return {"reactive_power_var": float(self.cleaned_data["value"] * 1_000)}


class RampRateForm(FunctionForm):
    """How fast its power may change by default."""

    FUNCTION = Function.RAMP_RATE
    ramp_pct_per_s = forms.FloatField(
        label="Ramp rate, % per second", min_value=0.01, max_value=100.0,
        help_text="Of its active power setting; 0.01 to 100.",
    )  # fmt: skip

    def prepare(self, standing: Parameters | None) -> None:
        begin_from(self, to_json(standing))

    def parameters(self) -> dict[str, Any]:
        return {"ramp_pct_per_s": self.cleaned_data["ramp_pct_per_s"]}


class DroopForm(FunctionForm):
    """Dead bands and slopes of the frequency droop."""

    FUNCTION = Function.FREQUENCY_DROOP
    dead_band_over_hz = forms.FloatField(label="Dead band above, Hz", min_value=0, max_value=5)
    droop_over_pct = forms.FloatField(
        label="Droop above, %", min_value=0.1, max_value=100, help_text="Frequency per power."
    )
    dead_band_under_hz = forms.FloatField(label="Dead band below, Hz", min_value=0, max_value=5)
    droop_under_pct = forms.FloatField(label="Droop below, %", min_value=0.1, max_value=100)
    response_s = forms.FloatField(label="Response, seconds", min_value=0, max_value=3_600)

    def prepare(self, standing: Parameters | None) -> None:
        known = to_json(standing)
        for name in ("over", "under"):
            if f"droop_{name}" in known:
                known[f"droop_{name}_pct"] = 100 * known[f"droop_{name}"]
        begin_from(self, known)

    def parameters(self) -> dict[str, Any]:
        given = self.cleaned_data
        names = ("dead_band_over_hz", "dead_band_under_hz", "response_s")
        return {name: given[name] for name in names} | {
            "droop_over": given["droop_over_pct"] / 100,
            "droop_under": given["droop_under_pct"] / 100,
        }


class EnterServiceForm(FunctionForm):
    """When it may enter service again."""

    FUNCTION = Function.ENTER_SERVICE
    voltage_low_pct = forms.FloatField(label="Voltage from, %", min_value=80, max_value=100)
    voltage_high_pct = forms.FloatField(label="Voltage to, %", min_value=100, max_value=120)
    frequency_low_hz = forms.FloatField(label="Frequency from, Hz", min_value=45, max_value=70)
    frequency_high_hz = forms.FloatField(label="Frequency to, Hz", min_value=45, max_value=70)
    delay_s = forms.FloatField(label="Delay, seconds", min_value=0, max_value=3_600)
    random_delay_s = forms.FloatField(label="Random delay, seconds", min_value=0, max_value=3_600)
    ramp_up_s = forms.FloatField(label="Ramp up over, seconds", min_value=0, max_value=3_600)

    def prepare(self, standing: Parameters | None) -> None:
        known = to_json(standing)
        begin_from(self, known | {"ramp_up_s": known.get("ramp_s")})

    def parameters(self) -> dict[str, Any]:
        names = (
            "voltage_low_pct", "voltage_high_pct", "frequency_low_hz", "frequency_high_hz",
            "delay_s", "random_delay_s",
        )  # fmt: skip
        return {name: self.cleaned_data[name] for name in names} | {
            "ramp_s": self.cleaned_data["ramp_up_s"]
        }


FORMS: dict[str, type[FunctionForm]] = {
    form.FUNCTION.value: form
    for form in (
        LimitForm, SetPointForm, ConnectForm, PowerFactorForm, ReactivePowerForm, VoltVarForm,
        VoltWattForm, WattVarForm, DroopForm, FrequencyWattForm, RampRateForm, EnterServiceForm,
    )
}  # fmt: skip
