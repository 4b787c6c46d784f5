"""Facts of the network as a form, and what an engineer found out."""

from typing import Any

from django import forms
from django.db.models import Model

from interconnection.services.network_facts import FACTS
from interconnection.statuses import JudgedScreen


def facts_form(kind: str, row: Model, data: Any = None) -> forms.ModelForm[Model]:  # noqa: ANN401
    """The form of one element of this kind; an empty field is a fact that nobody has."""
    table, _, names = FACTS[kind]
    made: Any = forms.modelform_factory(table, fields=names)
    form: forms.ModelForm[Model] = made(data, instance=row)
    for field in form.fields.values():
        if isinstance(field, forms.IntegerField):
            field.widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    return form


class FindingForm(forms.Form):
    """An engineer's answer to a screen that no figure decides."""

    screen = forms.ChoiceField(label="Screen", choices=JudgedScreen.choices)
    is_fine = forms.ChoiceField(
        label="Finding",
        choices=[("yes", "In order"), ("no", "Not in order")],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label="What you found out",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say what you found out: it stands in the report."},
    )
