"""What a customer types to let a company or a person in, and customer service for her (TP-1)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.flows.consent import FILING, READINGS, TAKING_PART
from customers.models import ThirdParty

SCOPE_LABELS = (
    (READINGS, _("See production, events and statements")),
    (FILING, _("Apply, accept a tariff and make requests, and follow them")),
    (TAKING_PART, _("Let equipment take part in programmes and groups, and take it out")),
)


def day_field(**options: Any) -> forms.DateField:
    return forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Type the day as year-month-day, such as 2026-09-01.")},
        **options,
    )


class ConsentForm(forms.Form):
    """Which company may do what, from when and until when."""

    third_party = forms.ModelChoiceField(
        label=_("Company"),
        queryset=ThirdParty.objects.order_by("name"),
        empty_label=_("Choose"),
        error_messages={
            "required": _("Choose the company."),
            "invalid_choice": _("Choose a company of the list."),
        },
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=SCOPE_LABELS,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing that the company may do.")},
    )
    begins_on = day_field(label=_("First day"))
    last_day = day_field(
        label=_("Last day"), required=False, help_text=_("Empty: until it is ended.")
    )

    def terms(self) -> dict[str, Any]:
        """Company, scopes and days as the service takes them."""
        names = ("third_party", "scopes", "begins_on", "last_day")
        return {name: self.cleaned_data[name] for name in names}


class SignForm(forms.Form):
    """The name typed under the words."""

    given_name = forms.CharField(
        label=_("Type your name to agree"),
        max_length=120,
        error_messages={"required": _("Type your name.")},
    )


class PaperForm(ConsentForm):
    """A consent that came on paper, with who signed it and where the paper lies."""

    given_name = forms.CharField(
        label="Signed by",
        max_length=120,
        error_messages={"required": "Type the name under the paper."},
    )
    paper_reference = forms.CharField(
        label="Where the paper lies",
        max_length=80,
        help_text="File number or place in the archive.",
        error_messages={"required": "Say where the signed paper lies."},
    )


class EndConsentForm(forms.Form):
    """When it ends; empty is at once."""

    last_day = day_field(
        label=_("Last day"), required=False, help_text=_("Empty: it ends at once.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class InviteForm(forms.Form):
    """Whom a customer lets in, to look or to act."""

    name = forms.CharField(
        label=_("Name"), max_length=120, error_messages={"required": _("Type the name.")}
    )
    email = forms.EmailField(
        label=_("E-mail"),
        error_messages={
            "required": _("Type the e-mail address."),
            "invalid": _("This is no e-mail address. Type it as name@example.org."),
        },
    )
    may_act = forms.ChoiceField(
        label=_("May this person only look?"),
        choices=(("no", _("Only look")), ("yes", _("Look and act as I do"))),
        widget=forms.RadioSelect,
        initial="no",
        error_messages={"required": _("Choose one.")},
    )
    last_day = day_field(
        label=_("Last day"), required=False, help_text=_("Empty: until you end it.")
    )


class NewPasswordForm(forms.Form):
    """A password for a sign-in that is opened by an invitation."""

    password = forms.CharField(
        label=_("Choose a password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least eight characters, none that others use often."),
        error_messages={"required": _("Choose a password.")},
    )
