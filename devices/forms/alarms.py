"""What an operator looks for among alarms and devices."""

from django import forms

from devices.models import Device
from devices.statuses import ALARM_PRIORITIES

SHOWN = (("open", "Open"), ("all", "All, with cleared"))


class AlarmSearch(forms.Form):
    """Which alarms to show; what cannot be read shows the open ones."""

    show = forms.ChoiceField(choices=SHOWN, required=False, label="Show")
    priority = forms.TypedChoiceField(
        choices=[("", "Any"), *ALARM_PRIORITIES.items()],
        coerce=int,
        empty_value=None,
        required=False,
        label="Priority",
    )

    def wanted(self) -> tuple[str, int | None]:
        self.full_clean()
        facts = self.cleaned_data
        return facts.get("show") or "open", facts.get("priority")


class DeviceSearch(forms.Form):
    """Which devices to show."""

    text = forms.CharField(max_length=64, required=False, label="Serial number, maker or address")
    kind = forms.ChoiceField(
        choices=[("", "Any"), *Device.Kind.choices], required=False, label="Kind"
    )

    def wanted(self) -> tuple[str, str]:
        self.full_clean()
        facts = self.cleaned_data
        return facts.get("text", ""), facts.get("kind", "")
