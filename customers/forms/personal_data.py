"""What customer service types about a customer."""

from django import forms

from customers.models.customer import Channel, Language


class ContactForm(forms.Form):
    """Name and contact, with the version that was read."""

    name = forms.CharField(max_length=120, error_messages={"required": "Type the name."})
    email = forms.EmailField(label="E-mail", required=False, max_length=254)
    phone = forms.CharField(
        label="Telephone", required=False, max_length=32, help_text="With + and the country's code."
    )
    preferred_channel = forms.ChoiceField(label="Told by", choices=Channel.choices)
    language = forms.ChoiceField(label="Written to in", choices=Language.choices)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


class EraseForm(forms.Form):
    """An erasure is typed, not clicked: the account's number and who asked for it."""

    account_number = forms.CharField(
        label="Type the account's number",
        max_length=32,
        error_messages={"required": "Type the account's number."},
    )
    reason = forms.CharField(
        label="Who asked, and how you know it was the customer",
        max_length=200,
        error_messages={"required": "Say who asked for it."},
    )
