"""What is typed about findings and about days that do not count (CS-11)."""

from django import forms

from devices.models import MaintenanceFinding
from devices.statuses import MaintenanceStatus

DAY = {"required": "Choose the day.", "invalid": "Type the day as year-month-day, as 2026-09-01."}


class FindingListForm(forms.Form):
    """Filters of the list of findings."""

    show = forms.ChoiceField(
        label="Show",
        required=False,
        widget=forms.Select(attrs={"class": "filter"}),
        choices=[("", "All that stand"), *MaintenanceStatus.choices, ("all", "Ended too")],
    )
    kind = forms.ChoiceField(
        label="Kind",
        required=False,
        widget=forms.Select(attrs={"class": "filter"}),
        choices=[("", "Every kind"), *MaintenanceFinding.Kind.choices],
    )


class DismissForm(forms.Form):
    """Why nothing has to be done."""

    reason = forms.CharField(
        label="Why nothing has to be done",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why nothing has to be done."},
    )


class UncountedDaysForm(forms.Form):
    """Days on which output says nothing."""

    begins_on = forms.DateField(
        label="First day",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages=DAY,
    )
    ends_on = forms.DateField(
        label="Last day",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages=DAY,
    )
    postcode = forms.CharField(
        label="Postcode", required=False, max_length=16, help_text="Empty: everywhere."
    )
    reason = forms.CharField(
        label="Why",
        max_length=200,
        help_text="For example: snow on the roofs.",
        error_messages={"required": "Say why these days do not count."},
    )
