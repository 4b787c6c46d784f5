"""What an operator types for a dispatch."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms

from derms.lib.units import w_from_kw
from dispatch.services.selection import Wish
from dispatch.statuses import DispatchFunction


class CommandForm(forms.Form):
    """Function, value, how long, why."""

    function = forms.ChoiceField(choices=DispatchFunction.choices, label="Order")
    target = forms.DecimalField(
        label="Group output, kW",
        max_digits=9,
        decimal_places=3,
        min_value=Decimal(-1_000_000),
        max_value=Decimal(1_000_000),
        help_text="At the points of connection; feeding the grid is positive.",
    )
    duration = forms.IntegerField(label="For, minutes", min_value=1, max_value=240, initial=30)
    reason = forms.CharField(
        label="Reason", max_length=200, help_text="Kept on record; customers read it."
    )

    def wish(self, at: datetime) -> Wish:
        """Only of a valid form."""
        values: dict[str, Any] = self.cleaned_data
        return Wish(
            function=values["function"],
            target_w=w_from_kw(values["target"]),
            ends_at=at + timedelta(minutes=values["duration"]),
            reason=values["reason"],
        )
