"""What an engineer decides about a limit."""

from typing import Any

from django import forms

from devices.alarming.limits import WATCHED, Limit
from devices.models import Device
from devices.statuses import ALARM_PRIORITIES
from interconnection.models import Feeder


class AlarmLimitForm(forms.Form):
    """A limit with its scope; whether the numbers can be right is judged by the service."""

    kind = forms.ChoiceField(
        choices=[(one.kind, f"{one.label} ({one.unit})") for one in WATCHED.values()],
        label="What is watched",
    )
    feeder = forms.ModelChoiceField(
        Feeder.objects.order_by("name"),
        required=False,
        label="On feeder",
        empty_label="All feeders",
    )
    device_kind = forms.ChoiceField(
        choices=[("", "All devices"), *Device.Kind.choices], required=False, label="For"
    )
    is_enabled = forms.BooleanField(required=False, initial=True, label="Raise alarms")
    limit = forms.FloatField(label="Limit", help_text="In the unit of what is watched.")
    dead_band = forms.FloatField(
        label="Dead-band",
        min_value=0,
        help_text="How far back inside the limit the value must come before the alarm returns.",
    )
    delay_on_s = forms.IntegerField(
        label="Delay on", min_value=0, max_value=86_400, help_text="Seconds beyond the limit."
    )
    delay_off_s = forms.IntegerField(
        label="Delay off", min_value=0, max_value=86_400, help_text="Seconds back inside."
    )
    priority = forms.TypedChoiceField(
        choices=list(ALARM_PRIORITIES.items()), coerce=int, label="Priority"
    )
    reason = forms.CharField(max_length=300, label="Reason", help_text="Kept with the limit.")

    def as_limit(self) -> Limit:
        facts = self.cleaned_data
        return Limit(
            kind=facts["kind"],
            limit=facts["limit"],
            dead_band=facts["dead_band"],
            delay_on_s=facts["delay_on_s"],
            delay_off_s=facts["delay_off_s"],
            priority=facts["priority"],
            is_enabled=facts["is_enabled"],
        )


class RemovalForm(forms.Form):
    """Why a limit goes."""

    reason = forms.CharField(max_length=300, label="Reason", help_text="Kept with the history.")


def filled_with(limit: Limit) -> dict[str, Any]:
    """What the form shows of a limit at first; scope and reason come from elsewhere."""
    return {
        "kind": limit.kind,
        "is_enabled": limit.is_enabled,
        "limit": limit.limit,
        "dead_band": limit.dead_band,
        "delay_on_s": limit.delay_on_s,
        "delay_off_s": limit.delay_off_s,
        "priority": limit.priority,
    }
