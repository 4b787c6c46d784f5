"""What customer service types at its desk."""

from django import forms

from customers.forms.visits import SeenForm, VisitForm
from interconnection.selectors.desk import DESK, MINE, OPEN, QueueFilter
from interconnection.statuses import ApplicationStatus

__all__ = ["QueueForm", "ReturnForm", "SeenForm", "StaffWithdrawForm", "VisitForm"]

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
