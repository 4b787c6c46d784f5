"""What customer service types about the words of notices."""

from django import forms

from customers.models import Language


class WordingForm(forms.Form):
    """A wording, and the number of the one that was read when it was written."""

    subject = forms.CharField(
        label="Subject",
        max_length=200,
        error_messages={"required": "Write a subject."},
    )
    body = forms.CharField(
        label="Text",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 9}),
        error_messages={"required": "Write the text."},
    )
    reason = forms.CharField(label="Why it changes", max_length=200, required=False)
    language = forms.ChoiceField(choices=Language.choices, widget=forms.HiddenInput)
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
