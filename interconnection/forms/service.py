"""What customer service types at its desk."""

from django import forms

from customers.forms.visits import SeenForm, VisitForm

__all__ = ["PaperAnswerForm", "ReturnForm", "SeenForm", "StaffWithdrawForm", "VisitForm"]


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


class PaperAnswerForm(forms.Form):
    """What customer service thinks of a paper."""

    verdict = forms.ChoiceField(choices=[("accept", "Accept"), ("return", "Return")])
    reason = forms.CharField(required=False, max_length=500)
