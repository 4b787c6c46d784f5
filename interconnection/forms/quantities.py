"""Fields for ratings: people type kW, kVA, kvar and kWh, the product keeps whole base units."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from derms.lib.units import w_from_kw

NOT_A_NUMBER = _("Type a plain number, such as 8.2.")
MISSING = _("Type a number here; it is on the nameplate or the data sheet.")
ABSURD = _("This is too large to be one unit. Check the decimal point.")


class NumberField(forms.DecimalField):
    """A number as people write it: with a point or a comma, never NaN, infinite or negative."""

    default_error_messages = {
        "required": MISSING,
        "invalid": NOT_A_NUMBER,
        "max_digits": ABSURD,
        "max_whole_digits": ABSURD,
        "max_decimal_places": "At most 3 digits after the point.",
    }

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        options: dict[str, Any] = {"max_digits": 9, "decimal_places": 3, "widget": widget}
        super().__init__(**{**options, **kwargs})

    @override
    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.count(",") == 1 and "." not in value:
            value = value.replace(",", ".")
        return super().to_python(value)

    @override
    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None and value < 0:
            raise ValidationError(_("This cannot be below zero."))


class KiloField(NumberField):
    """Typed in thousands (kW, kWh), cleaned to a whole number of base units (W, Wh)."""

    @override
    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        return None if typed is None else w_from_kw(typed)

    @override
    def prepare_value(self, value: Any) -> Any:
        return f"{Decimal(value) / 1000:f}" if isinstance(value, int) else value


class VoltageField(forms.IntegerField):
    """Whole volts."""

    default_error_messages = {
        "required": MISSING,
        "invalid": _("Type whole volts, such as 240."),
        "max_value": _("This is too large. Check the number."),
    }

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
        super().__init__(**{"max_value": 1_000_000, "widget": widget, **kwargs})
