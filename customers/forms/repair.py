"""What is typed about a service provider (CS-11)."""

from datetime import date

from django import forms

from customers.models import ServiceProvider
from customers.models.repair import Skill

MOST_POSTCODES = 200


class ServiceProviderForm(forms.Form):
    """One company, as somebody has just checked it."""

    name = forms.CharField(
        label="Company", max_length=120, error_messages={"required": "Type the company's name."}
    )
    phone = forms.CharField(
        label="Telephone",
        max_length=32,
        error_messages={"required": "Type the number that customers can call."},
    )
    postcodes = forms.CharField(
        label="Postcodes",
        required=False,
        max_length=2_000,
        help_text="Where it goes, with commas between. Empty: everywhere.",
    )
    skills = forms.MultipleChoiceField(
        label="Repairs",
        choices=Skill.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose what it repairs."},
    )
    is_listed = forms.BooleanField(label="Offered to customers", required=False, initial=True)
    checked_on = forms.DateField(
        label="Checked on",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="When somebody called there last.",
        error_messages={
            "required": "Say when somebody called there last.",
            "invalid": "Type the day as year-month-day, as 2026-09-01.",
        },
    )

    def __init__(self, *args: object, today: date, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they came
        self.today = today

    def clean_postcodes(self) -> list[str]:
        typed = self.cleaned_data["postcodes"].replace(";", ",").split(",")
        found = sorted({" ".join(one.split()).upper() for one in typed} - {""})
        if any(len(one) > 16 for one in found):
            raise forms.ValidationError("A postcode has 16 letters at most. Put commas between.")
        if len(found) > MOST_POSTCODES:
            raise forms.ValidationError("These are too many. Leave it empty for everywhere.")
        return found

    def clean_checked_on(self) -> date:
        day: date = self.cleaned_data["checked_on"]
        if day > self.today:
            raise forms.ValidationError("This day has not come yet.")
        return day


def as_typed(provider: ServiceProvider) -> dict[str, object]:
    return {
        "name": provider.name,
        "phone": provider.phone,
        "postcodes": ", ".join(provider.postcodes),
        "skills": provider.skills,
        "is_listed": provider.is_listed,
        "checked_on": provider.checked_on,
    }
