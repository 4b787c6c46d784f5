"""What an engineer proposes, and what Operations answers."""

from typing import Any

from django import forms

from interconnection.forms.quantities import KiloField
from interconnection.models import Feeder, NetworkUpgrade, StandardCondition
from interconnection.screening.schedule import Band, ScheduleFault, parse
from interconnection.services.conditions import Term
from interconnection.statuses import DecisionVerdict

CONDITION_LENGTH = 300


class UpgradeField(forms.ModelChoiceField[NetworkUpgrade]):
    """Upgrades that are not in service yet, with their dates."""

    def label_from_instance(self, obj: NetworkUpgrade) -> str:
        return f"{obj.name} ({obj.planned_in_service_date:%d %b %Y})"


class ConditionField(forms.ModelMultipleChoiceField[StandardCondition]):
    """Conditions of the library, each with its wording."""

    def label_from_instance(self, obj: StandardCondition) -> str:
        return f"{obj.title}: {obj.wording}"


class ProposalForm(forms.Form):
    """A verdict with reasons; a hold chooses an upgrade or names a new one with its date."""

    verdict = forms.ChoiceField(
        label="Verdict",
        choices=[
            (DecisionVerdict.APPROVE, "Approve, with the conditions below if any"),
            (DecisionVerdict.HOLD, "Hold for a network upgrade"),
            (DecisionVerdict.REJECT, "Reject"),
        ],
        widget=forms.RadioSelect,
    )
    reasons = forms.CharField(
        label="Reasons",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Operations and the customer read them.",
        error_messages={"required": "Give the reasons: they go to Operations and the customer."},
    )
    library = ConditionField(
        label="Conditions of the library",
        queryset=StandardCondition.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="For an approval.",
    )
    export_limit_w = KiloField(
        label="Export limit, kW",
        required=False,
        help_text="For an export limit; for a flexible connection what holds outside its hours.",
    )
    schedule = forms.CharField(
        label="Limit schedule",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For a flexible connection, one line each: months, hours, kW, as in "
        "Jun-Aug 10-16 3.5",
    )
    conditions = forms.CharField(
        label="Other conditions",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For an approval, one on each line. The technician verifies each on site.",
    )
    override_reason = forms.CharField(
        label="Why approve although a screen did not pass",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Needed for an approval when a screen fails or cannot be decided.",
    )
    upgrade = UpgradeField(
        label="Wait for upgrade",
        queryset=NetworkUpgrade.objects.none(),
        required=False,
        empty_label="– choose for a hold –",
    )
    upgrade_name = forms.CharField(label="Or a new upgrade", required=False, max_length=120)
    upgrade_date = forms.DateField(
        label="Planned in service",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": "Enter a date like 2026-11-30."},
    )

    def __init__(self, *args: Any, feeder: Feeder | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["upgrade"]
        assert isinstance(choice, forms.ModelChoiceField)  # noqa: S101  declared above
        choice.queryset = NetworkUpgrade.objects.filter(
            feeder=feeder, in_service_at__isnull=True
        ).order_by("planned_in_service_date")
        library = self.fields["library"]
        assert isinstance(library, ConditionField)  # noqa: S101  declared above
        library.queryset = StandardCondition.objects.filter(is_active=True).order_by("title")

    def clean_schedule(self) -> tuple[Band, ...]:
        try:
            return parse(self.cleaned_data["schedule"])
        except ScheduleFault as fault:
            raise forms.ValidationError(str(fault)) from fault

    def terms(self) -> list[Term]:
        """What was chosen, with this case's figures."""
        entered = self.cleaned_data
        return [
            Term(one, entered["export_limit_w"], entered["schedule"]) for one in entered["library"]
        ]

    def clean_conditions(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["conditions"].splitlines()]
        too_long = [line for line in lines if len(line) > CONDITION_LENGTH]
        if too_long:
            raise forms.ValidationError(
                f"A condition may have {CONDITION_LENGTH} characters; shorten "
                f"“{too_long[0][:40]}…”."
            )
        return [line for line in lines if line]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("verdict") != DecisionVerdict.HOLD:
            return cleaned
        if cleaned.get("upgrade_name") and cleaned.get("upgrade"):
            self.add_error("upgrade_name", "Either choose an upgrade or name a new one, not both.")
        if cleaned.get("upgrade_name") and not cleaned.get("upgrade_date"):
            self.add_error("upgrade_date", "Say when the new upgrade is planned to be in service.")
        return cleaned


class AnswerForm(forms.Form):
    """What Operations answers; declining needs the note."""

    note = forms.CharField(
        label="Note",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Needed when you decline: what Engineering should look at again.",
    )
    answer = forms.ChoiceField(choices=[("confirm", "Confirm"), ("decline", "Decline")])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("answer") == "decline" and not cleaned.get("note", "").strip():
            self.add_error("note", "Say what Engineering should look at again.")
        return cleaned
