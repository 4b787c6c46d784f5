"""What an operator looks for among alarms."""

from django import forms

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
