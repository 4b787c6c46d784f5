"""What somebody types who asks whether a place can take DER."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from derms.lib.words import say
from interconnection.forms.quantities import KiloField


class PlaceForm(forms.Form):
    """A meter number, or an address; and perhaps the size that is wanted."""

    meter = forms.CharField(
        label=_("Meter number"),
        max_length=32,
        required=False,
        help_text=_("It stands on the front of the meter."),
    )
    street = forms.CharField(label=_("Or street and number"), max_length=120, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=16, required=False)
    size = KiloField(
        label=_("Size you think of"),
        required=False,
        help_text=_("AC power of all inverters together. Leave it empty to see what fits."),
    )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if not values.get("meter"):
            if not values.get("street") and not values.get("postcode"):
                self.add_error("meter", say("Type your meter number, or your street and postcode."))
            elif not values.get("street") and "street" not in self.errors:
                self.add_error("street", say("Type your street and house number too."))
            elif not values.get("postcode") and "postcode" not in self.errors:
                self.add_error("postcode", say("Type your postcode too."))
        return values
