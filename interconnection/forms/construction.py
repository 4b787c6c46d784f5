"""What is typed about dates of construction and incentives to keep one (IC-8)."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from interconnection.services.construction import Dates
from interconnection.services.date_offers import Terms

DATE_FAULTS = {
    "required": _("Choose a date."),
    "invalid": _("Write the date as 2026-06-15."),
}


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class DatesForm(forms.Form):
    """Planned start and finish; `seen` is the plan that was read."""

    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    starts_on = forms.DateField(
        label=_("Construction begins"), widget=_day(), error_messages=DATE_FAULTS
    )
    finishes_on = forms.DateField(
        label=_("Ready for the visit"),
        widget=_day(),
        error_messages=DATE_FAULTS,
        help_text=_("The day on which the equipment is installed and can be checked."),
    )
    reason = forms.CharField(
        label=_("Why do the dates change?"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Not needed the first time. The grid operator reads it."),
    )

    def dates(self) -> Dates:
        typed = self.cleaned_data
        return Dates(
            starts_on=typed["starts_on"], finishes_on=typed["finishes_on"], reason=typed["reason"]
        )


class OfferForm(forms.Form):
    """What the utility offers for keeping a date."""

    amount = forms.DecimalField(
        label=f"Amount, {settings.CURRENCY}",
        max_digits=9,
        decimal_places=2,
        error_messages={"required": "Say how much is paid."},
    )
    keep_by = forms.DateField(
        label="Permission to operate by",
        help_text="The last day on which it is earned.",
        widget=_day(),
        error_messages=DATE_FAULTS,
    )
    valid_until = forms.DateField(
        label="To be answered until", widget=_day(), error_messages=DATE_FAULTS
    )

    def terms(self) -> Terms:
        return Terms(**self.cleaned_data)
