"""Leaving a tariff."""

from django import forms
from django.utils.translation import gettext_lazy as _


class LeaveForm(forms.Form):
    """On which day; empty is as early as the rules allow."""

    last_day = forms.DateField(
        label=_("Last day"),
        required=False,
        help_text=_("Leave it as it is to leave as early as the rules allow."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Type the day as year-month-day, such as 2026-09-30.")},
    )
