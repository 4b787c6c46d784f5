"""What customer service types at its desk."""

from django import forms

from customers.models import SearchEntry


class SearchForm(forms.Form):
    """The one search of the desk."""

    q = forms.CharField(
        label="Name, account, meter, address, telephone, serial number or application",
        required=False,
        max_length=100,
    )
    kind = forms.ChoiceField(required=False, choices=[("", "All"), *SearchEntry.Kind.choices])
