"""What a person types for a token."""

from django import forms
from django.utils.translation import gettext_lazy as _

from derms.accounts.tokens import DAYS_MAX, READ, SCOPES


class TokenForm(forms.Form):
    """A name, what it may do, and for how long."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("The program that uses it, so that you know it again."),
        error_messages={"required": _("Name the program that uses it.")},
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=list(SCOPES.items()),
        widget=forms.CheckboxSelectMultiple,
        initial=[READ],
        help_text=_("Never more than you may do yourself."),
        error_messages={"required": _("Choose what it may do.")},
    )
    days = forms.IntegerField(
        label=_("For how many days"),
        min_value=1,
        max_value=DAYS_MAX,
        initial=90,
        error_messages={
            "required": _("Say for how many days."),
            "min_value": _("At least one day."),
            "max_value": _("At most a year."),
        },
    )
