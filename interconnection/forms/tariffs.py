"""Leaving a tariff."""

from django import forms


class LeaveForm(forms.Form):
    """On which day; empty is as early as the rules allow."""

    last_day = forms.DateField(
        label="Last day",
        required=False,
        help_text="Leave it as it is to leave as early as the rules allow.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Type the day as year-month-day, such as 2026-09-30."},
    )
