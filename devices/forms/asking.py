"""What every command form shares: how long, why, and limits of the nameplate."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from derms.ui.formats import scaled
from devices.capabilities import Function, parameters_from
from devices.parameters import Parameters, ParametersRefused
from devices.selectors.ratings import Ratings
from devices.services.commands import Wish

LONGEST_MIN = 1_440
RELEASE_S = 600


class FunctionForm(forms.Form):
    """How long and why; each function adds what it takes.

    `ratings` give the limits, `standing` what stands now, to begin from.
    """

    FUNCTION: ClassVar[Function]
    HAS_RAMP: ClassVar[bool] = False

    def __init__(
        self, *args: Any, ratings: Ratings, standing: Parameters | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.ratings = ratings
        self.fields["duration"] = forms.IntegerField(
            label="For, minutes", min_value=1, max_value=LONGEST_MIN, initial=30,
            help_text="Then it is released.",
        )  # fmt: skip
        if self.HAS_RAMP:
            self.fields["ramp_s"] = forms.IntegerField(
                label="Ramp, seconds", min_value=0, max_value=3_600, required=False,
                help_text="Empty: the device's own.",
            )  # fmt: skip
        self.fields["reason"] = forms.CharField(
            label="Reason", max_length=200, help_text="Kept on record."
        )
        self.prepare(standing)

    def prepare(self, standing: Parameters | None) -> None:
        """Set limits and first values."""

    def value_w(self) -> int | None:
        return None

    def parameters(self) -> dict[str, Any]:
        """What a row keeps; raises ParametersRefused."""
        return {}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            cleaned["parameters"] = self.parameters()
            parameters_from(self.FUNCTION, cleaned["parameters"])
        except ParametersRefused as refusal:
            self.add_error(None, f"{str(refusal).capitalize()}.")
        return cleaned

    def wish(self, device_id: int) -> Wish:
        """Only of a valid form."""
        return Wish(
            device_id=device_id,
            function=self.FUNCTION.value,
            value_w=self.value_w(),
            parameters=self.cleaned_data["parameters"],
            duration_s=60 * self.cleaned_data["duration"],
            ramp_s=self.cleaned_data.get("ramp_s"),
            reason=self.cleaned_data["reason"].strip(),
        )


class ReleaseForm(forms.Form):
    """Giving a function back to the device."""

    reason = forms.CharField(label="Reason", max_length=200, help_text="Kept on record.")

    def __init__(self, *args: Any, function: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._function = function

    def wish(self, device_id: int) -> Wish:
        """Only of a valid form."""
        return Wish(
            device_id=device_id,
            function=self._function,
            duration_s=RELEASE_S,
            is_release=True,
            reason=self.cleaned_data["reason"].strip(),
        )


def bound_by(
    field: forms.Field, lowest: Decimal | None, highest: float | None, unit: str = "W"
) -> None:
    """Limits of the nameplate, in thousands; the browser and the server both keep them."""
    if not isinstance(field, forms.DecimalField):
        return
    low = scaled(float(lowest or 0) * 1_000, unit=unit)
    if lowest is not None:
        field.validators.append(MinValueValidator(lowest, f"It cannot go below {low}."))
        field.widget.attrs["min"] = str(lowest)
    if highest:
        top, most = Decimal(str(highest)) / 1_000, scaled(highest, unit=unit)
        field.validators.append(MaxValueValidator(top, f"It can do at most {most}."))
        field.widget.attrs["max"] = str(top)
        field.help_text = f"{low} to {most}."


def begin_from(form: forms.Form, known: Mapping[str, Any]) -> None:
    """First values of the fields, as far as they are known."""
    for name, value in known.items():
        if name in form.fields and value is not None:
            form.fields[name].initial = value
