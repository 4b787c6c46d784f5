"""What customer service chooses in its queue."""

from typing import Any
from urllib.parse import parse_qsl

from django import forms
from django.db.models import QuerySet

from customers.flows.kinds import FLOWS
from derms.accounts.models import User
from interconnection.selectors.queue import DESK, LATE, MINE, NOBODYS, OPEN, QueueFilter
from interconnection.selectors.waiting import APPLICATIONS
from interconnection.statuses import ApplicationStatus

SHOWN = [status for status in ApplicationStatus if status != ApplicationStatus.DRAFT]
ME, NOBODY = "me", "nobody"
CHOSEN_MAX = 200


class QueueForm(forms.Form):
    """Filters of the queue; they live in the address, so that a view can be shared."""

    show = forms.ChoiceField(
        label="Show",
        required=False,
        widget=forms.Select(attrs={"class": "filter"}),
        choices=[
            (OPEN, "All open"),
            (DESK, "Waiting for customer service"),
            (LATE, "Late or nearly late"),
            (MINE, "Assigned to me"),
            (NOBODYS, "Assigned to nobody"),
            *((status.value, status.label) for status in SHOWN),
        ],
    )
    kind = forms.ChoiceField(
        label="Kind",
        required=False,
        widget=forms.Select(attrs={"class": "filter"}),
        choices=[
            ("", "Every kind"),
            (APPLICATIONS, "Applications to connect DER"),
            *((flow.kind, flow.label) for flow in FLOWS.values() if not flow.is_mirrored),
        ],
    )
    q = forms.CharField(label="Filter", required=False, max_length=100)

    def wanted(self) -> QueueFilter:
        """An address with nonsense in it shows the whole queue instead of an error."""
        if not self.is_valid():
            return QueueFilter()
        typed = self.cleaned_data
        return QueueFilter(show=typed["show"] or OPEN, text=typed["q"], kind=typed["kind"])


class AssignForm(forms.Form):
    """Ticked rows, each with the version it was read in, and to whom they go."""

    to = forms.CharField(max_length=20)
    query = forms.CharField(required=False, max_length=1000)

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._people = people

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        ticked = self.data.getlist("chosen") if hasattr(self.data, "getlist") else []
        pairs = [one.rpartition(":") for one in ticked[:CHOSEN_MAX]]
        cleaned["chosen"] = [
            (reference, int(version))
            for reference, _, version in pairs
            if version.isdecimal() and len(version) < 10
        ]
        if not cleaned["chosen"]:
            raise forms.ValidationError("Tick rows first.")
        return cleaned

    def clean_to(self) -> str:
        to: str = self.cleaned_data["to"]
        if to in {ME, NOBODY}:
            return to
        if not (to.isdecimal() and self._people.filter(pk=to).exists()):
            raise forms.ValidationError("Choose a person of customer service.")
        return to

    def person(self, me: User) -> User | None:
        to = self.cleaned_data["to"]
        if to == NOBODY:
            return None
        return me if to == ME else self._people.get(pk=to)

    def where(self) -> list[tuple[str, str]]:
        """The filters of the page that was left."""
        return parse_qsl(str(self.data.get("query", ""))[:1000])

    def first_error(self) -> str:
        return str(next(iter(self.errors.values()))[0])
