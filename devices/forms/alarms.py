"""What an operator looks for among alarms, and how alarms are put aside."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import QueryDict

from devices.models import AlarmKind
from devices.selectors.alarms import SHOWN, AlarmFilter
from devices.selectors.policy import policy
from devices.statuses import ALARM_PRIORITIES
from interconnection.models import Feeder

# One page of the list and a little more: what is ticked was seen.
MOST_TICKED = 200


class AlarmSearch(forms.Form):
    """Which alarms to show; what cannot be read filters nothing."""

    show = forms.ChoiceField(
        choices=list(SHOWN.items()), required=False, widget=forms.HiddenInput()
    )
    text = forms.CharField(
        max_length=64,
        required=False,
        label="Words",
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    priority = forms.TypedChoiceField(
        choices=[("", "Any"), *ALARM_PRIORITIES.items()],
        coerce=int,
        empty_value=None,
        required=False,
        label="Priority",
    )
    kind = forms.ChoiceField(
        choices=[("", "Any"), *AlarmKind.choices], required=False, label="Kind"
    )
    feeder = forms.ModelChoiceField(
        Feeder.objects.order_by("name"), required=False, label="Feeder", empty_label="Any"
    )

    def wanted(self) -> AlarmFilter:
        self.full_clean()
        facts = self.cleaned_data
        feeder: Feeder | None = facts.get("feeder")
        return AlarmFilter(
            show=facts.get("show") or "active",
            priority=facts.get("priority"),
            kind=facts.get("kind", ""),
            feeder_id=feeder.pk if feeder is not None else None,
            text=facts.get("text", ""),
        )


class ShelveForm(forms.Form):
    """For how long, and why."""

    hours = forms.TypedChoiceField(coerce=float, label="For")
    reason = forms.CharField(
        max_length=300,
        label="Reason",
        help_text="The next shift reads it: what is known, and who takes care of it.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        longest_h = policy().shelve_max_h
        hours = [0.5, *(h for h in (1, 2, 4, 8, 12, 24) if h < longest_h), longest_h]
        hours_field: Any = self.fields["hours"]
        hours_field.choices = [(f"{h:g}", "30 min" if h < 1 else f"{h:g} h") for h in hours]
        hours_field.initial = "1"

    @property
    def span(self) -> timedelta:
        return timedelta(hours=self.cleaned_data["hours"])


def ticked(given: QueryDict) -> list[int]:
    """The alarms ticked in a list; what is no number counts for nothing."""
    numbers = [int(text) for text in given.getlist("alarm") if text.isdecimal() and len(text) < 19]
    return list(dict.fromkeys(numbers))[:MOST_TICKED]
