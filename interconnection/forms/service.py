"""What customer service types at its desk."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone

from derms.accounts.models import User
from derms.accounts.roles import Role
from interconnection.selectors.desk import DESK, MINE, OPEN, QueueFilter
from interconnection.statuses import ApplicationStatus

SHOWN = [status for status in ApplicationStatus if status != ApplicationStatus.DRAFT]


class QueueForm(forms.Form):
    """Filters of the queue; they live in the address, so that a view can be shared."""

    show = forms.ChoiceField(
        label="Show",
        required=False,
        widget=forms.Select(attrs={"class": "filter"}),
        choices=[
            (OPEN, "All open"),
            (DESK, "Waiting for customer service"),
            (MINE, "Assigned to me"),
            *((status.value, status.label) for status in SHOWN),
        ],
    )
    q = forms.CharField(label="Filter", required=False, max_length=100)

    def wanted(self) -> QueueFilter:
        """An address with nonsense in it shows the whole queue instead of an error."""
        if not self.is_valid():
            return QueueFilter()
        return QueueFilter(show=self.cleaned_data["show"] or OPEN, text=self.cleaned_data["q"])


class SearchForm(forms.Form):
    """The one search of the desk."""

    q = forms.CharField(
        label="Name, account, meter, address, serial number or application",
        required=False,
        max_length=100,
    )


class SeenForm(forms.Form):
    """Every deed says which state of the application its person had read."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)


class ReturnForm(SeenForm):
    """The exact words of a return to the customer."""

    request_text = forms.CharField(
        label="What the customer has to send or change",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Write what the customer has to send or change."},
    )


class StaffWithdrawForm(SeenForm):
    """Why the application ends."""

    reason = forms.CharField(
        label="Reason, as the customer gave it",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why the application is withdrawn."},
    )


class TechnicianField(forms.ModelChoiceField[User]):
    """A choice of people by their names."""

    def label_from_instance(self, obj: User) -> str:
        return obj.get_full_name() or obj.get_username()


class VisitForm(SeenForm):
    """The window of a commissioning visit, in the utility's local time."""

    day = forms.DateField(
        label="Day",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": "Choose the day of the visit.",
            "invalid": "Type the day as year-month-day, such as 2026-09-01.",
        },
    )
    begins = forms.TimeField(
        label="From",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={
            "required": "Say from when.",
            "invalid": "Type the time as hours and minutes, such as 09:00.",
        },
    )
    ends = forms.TimeField(
        label="To",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={
            "required": "Say until when.",
            "invalid": "Type the time as hours and minutes, such as 11:00.",
        },
    )

    technician = TechnicianField(
        label="Technician",
        queryset=User.objects.none(),
        required=False,
        empty_label="Whoever is free",
        error_messages={"invalid_choice": "Choose a technician of the list."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["technician"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  declared above
        field.queryset = User.objects.filter(role_grants__role=Role.TECHNICIAN, is_active=True)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        begins, ends = cleaned.get("begins"), cleaned.get("ends")
        if begins and ends and ends <= begins:
            self.add_error("ends", "The visit must end after it begins.")
        return cleaned

    def window(self) -> tuple[datetime, datetime]:
        def moment(clock: time) -> datetime:
            naive = datetime.combine(self.cleaned_data["day"], clock)
            return timezone.make_aware(naive)

        return moment(self.cleaned_data["begins"]), moment(self.cleaned_data["ends"])
