"""Which differences somebody looks for, and what somebody decides of them."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.http import QueryDict
from django.utils import timezone

from customers.flows.clock import WorkingDays
from devices.models import Device
from devices.register.nameplates import RULES
from devices.selectors.differences import ALL, ORDERS, STANDING, DifferencesWanted
from devices.services.differences import REASON_MAX
from devices.statuses import DifferenceStatus

ANY = ("", "Any")
STATUSES = (
    ("", "To decide"),
    (STANDING, "All that stand"),
    *((status.value, status.label) for status in DifferenceStatus if status != "open"),
    (ALL, "All, with the past"),
)
SORTS = tuple((f"{sign}{key}", key) for key in ORDERS for sign in ("", "-"))
VISIT_FROM, VISIT_TO = time(8), time(16)


class DifferenceSearch(forms.Form):
    """Filters and order of the list; what cannot be read does not narrow."""

    text = forms.CharField(
        max_length=100,
        required=False,
        label="Search",
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": "Serial, maker, meter, street, customer  /"}
        ),
    )
    status = forms.ChoiceField(choices=STATUSES, required=False, label="Show")
    attribute = forms.ChoiceField(
        choices=[ANY, *((rule.key, rule.label) for rule in RULES)], required=False, label="What"
    )
    kind = forms.ChoiceField(choices=[ANY, *Device.Kind.choices], required=False, label="Kind")
    zone = forms.ChoiceField(required=False, label="Zone")
    sort = forms.ChoiceField(choices=[("", ""), *SORTS], required=False, widget=forms.HiddenInput())

    def __init__(self, asked: QueryDict, *, zones: tuple[str, ...]) -> None:
        super().__init__(asked)
        zone = self.fields["zone"]
        if isinstance(zone, forms.ChoiceField):
            zone.choices = [ANY, *((name, name) for name in zones)]

    def wanted(self) -> DifferencesWanted:
        self.full_clean()
        return DifferencesWanted(
            **{name: self.cleaned_data.get(name, "") for name in DifferencesWanted.__slots__}
        )


class DecisionForm(forms.Form):
    """One decision for all differences that are ticked."""

    ACCEPT, SEND, IGNORE = "accept", "send", "ignore"

    decision = forms.ChoiceField(
        choices=[(ACCEPT, "Accept"), (SEND, "Send"), (IGNORE, "Ignore")],
        error_messages={"required": "Choose what to do.", "invalid_choice": "Choose what to do."},
    )
    reason = forms.CharField(
        max_length=REASON_MAX,
        label="Why",
        error_messages={"required": "Say why; the next reader will want to know."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    visit_on = forms.DateField(
        required=False, label="Visit on", widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        required=False, label="Ignore until", widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean(self) -> None:
        super().clean()
        decision = self.cleaned_data.get("decision")
        for name, needed in (("visit_on", self.SEND), ("until", self.IGNORE)):
            if decision == needed and name not in self.errors and not self.cleaned_data.get(name):
                self.add_error(name, "Choose a day.")

    def visit(self) -> tuple[datetime, datetime]:
        """A working day's window on the site's clock."""
        day: date = self.cleaned_data["visit_on"]
        zone = timezone.get_current_timezone()
        return (
            datetime.combine(day, VISIT_FROM, tzinfo=zone),
            datetime.combine(day, VISIT_TO, tzinfo=zone),
        )

    @staticmethod
    def usual(days: WorkingDays) -> dict[str, date]:
        """The next working day for a visit, a month for what is ignored."""
        return {"visit_on": days.after(1), "until": days.today + timedelta(days=30)}


def seen_of(posted: QueryDict) -> dict[int, str]:
    """The ticked differences, each with the mark that it was shown with."""
    return {
        int(text): posted.get(f"seen-{text}", "")
        for text in posted.getlist("chosen")
        if text.isascii() and text.isdecimal() and len(text) < 19
    }
