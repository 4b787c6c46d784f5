"""What a technician types on site."""

from django import forms


class BlockForm(forms.Form):
    """Why the work cannot go on now."""

    reason = forms.CharField(
        label="What stops the work",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say what has to change before the work can go on."},
    )


class TickForm(forms.Form):
    """One line of the checklist."""

    key = forms.CharField(max_length=64)
    is_done = forms.BooleanField(required=False)
