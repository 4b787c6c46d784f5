"""When somebody drives to a premise, and what the person at the desk had read before."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone

from derms.accounts.models import User
from derms.accounts.roles import Role


class SeenForm(forms.Form):
    """Every deed says which state of the row its person had read."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)


class TechnicianField(forms.ModelChoiceField[User]):
    """A choice of people by their names."""

    def label_from_instance(self, obj: User) -> str:
        return obj.get_full_name() or obj.get_username()


class VisitForm(SeenForm):
    """The window of a visit, in the utility's local time."""

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
