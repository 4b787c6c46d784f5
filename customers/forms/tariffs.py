"""A tariff's draft as a form: terms, and one row for each price."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils import timezone

from customers.models import TariffDraft
from customers.models.customer import Phases
from customers.models.tariff import RequiredCommunication
from customers.models.terms import LeftOn
from customers.services.tariffs import TERMS
from customers.tariffs.calendar import DAYS
from customers.tariffs.eligibility import TECHNOLOGY_WORDS
from derms.lib.days import midnight

MORE_LINES = 3
LINES_MAX = 100
DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
LINE_FIELDS = ("season", "season_begins", "days", "begins", "name", "export", "import")
_EACH_LINE = "One a line."


class NewTariffForm(forms.Form):
    """What a tariff is called."""

    code = forms.SlugField(
        label="Code", max_length=32, help_text="Short and lasting, such as SUNSET-HOURS."
    )
    name = forms.CharField(label="Name", max_length=120)


class Words(forms.Field):
    """A list of short texts, one a line."""

    def __init__(self, *, longest: int, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 4}), **kwargs)
        self.longest = longest

    def to_python(self, value: Any) -> list[str]:  # noqa: ANN401  the framework's own type
        lines = [line.strip() for line in str(value or "").splitlines() if line.strip()]
        for line in lines:
            if len(line) > self.longest:
                raise forms.ValidationError(f"Each at most {self.longest} letters: {line[:40]}…")
        return lines

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401  the framework's own type
        return "\n".join(value) if isinstance(value, list) else value


class DraftForm(forms.Form):
    """Everything but the prices."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    active_from = forms.DateField(label="In force from", widget=DATE)
    summary_lines = Words(label="Summary", longest=200, help_text=f"Two to six lines. {_EACH_LINE}")
    wording = forms.CharField(
        label="Wording",
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text="Prices and rules are added in words below it when it is published.",
    )
    technologies = forms.MultipleChoiceField(
        label="Technologies",
        choices=list(TECHNOLOGY_WORDS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    apparent_power_max_va = forms.IntegerField(
        label="Most apparent power at one service point", min_value=1, max_value=100_000_000
    )
    phases = forms.MultipleChoiceField(
        label="Connections", choices=Phases.choices, widget=forms.CheckboxSelectMultiple
    )
    postcodes = Words(
        label="Only in these postcodes", longest=16, required=False, help_text=_EACH_LINE
    )
    needs_interval_meter = forms.BooleanField(
        label="Needs a meter that counts every quarter of an hour", required=False
    )
    required_communication = forms.ChoiceField(
        label="Communication with the inverter", choices=RequiredCommunication.choices
    )
    required_forms = Words(label="Required papers", longest=120, required=False)
    may_join_groups = forms.BooleanField(label="May be dispatched in groups", required=False)
    dispatches_per_month_max = forms.IntegerField(
        label="Most dispatches a month", min_value=0, max_value=1000, required=False
    )
    opt_outs_per_month_max = forms.IntegerField(
        label="Events a customer may leave out, a month", min_value=0, max_value=1000
    )
    curtailment_price_per_kwh = forms.DecimalField(
        label="Paid for each kWh held back", max_digits=9, decimal_places=5
    )
    notice_days = forms.IntegerField(label="Notice to leave, days", min_value=0, max_value=1000)
    minimum_term_months = forms.IntegerField(
        label="Minimum term, months", min_value=0, max_value=120
    )
    left_on = forms.ChoiceField(label="May be left on", choices=LeftOn.choices)
    third_party_may_leave = forms.BooleanField(
        label="A company that acts for the customer may leave it", required=False
    )
    rejoin_after_days = forms.IntegerField(
        label="Days before joining again", min_value=0, max_value=3650
    )
    holidays = Words(
        label="Holidays",
        longest=10,
        required=False,
        help_text="They count as Sundays. One a line, such as 2027-07-04.",
    )


class LineForm(forms.Form):
    """One price; the checks of the whole schedule are the engine's."""

    season = forms.CharField(max_length=40, required=False)
    season_begins = forms.CharField(max_length=5, required=False)
    days = forms.ChoiceField(
        choices=[(code, label) for code, (label, _) in DAYS.items()], required=False
    )
    begins = forms.CharField(max_length=5, required=False)
    name = forms.CharField(max_length=40, required=False)
    export = forms.CharField(max_length=12, required=False)
    labels: Mapping[str, str] = {
        "season": "Season",
        "season_begins": "Begins (month-day)",
        "days": "Days",
        "begins": "From",
        "name": "Called",
        "export": "Fed in",
        "import": "Used",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["import"] = forms.CharField(max_length=12, required=False)
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = self.labels[name]


LineForms = forms.formset_factory(
    LineForm, extra=MORE_LINES, max_num=LINES_MAX, absolute_max=LINES_MAX
)


def draft_initial(draft: TariffDraft) -> dict[str, Any]:
    values = {name: getattr(draft, name) for name in TERMS if name != "prices"}
    return {
        **values,
        "revision": draft.revision,
        "wording": draft.wording,
        "active_from": timezone.localdate(draft.active_from),
        "holidays": draft.prices.get("holidays", []),
    }


def line_initial(draft: TariffDraft) -> list[dict[str, Any]]:
    return list(draft.prices.get("lines", []))


def values_of(form: DraftForm, lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the service keeps, from both forms."""
    cleaned = dict(form.cleaned_data)
    del cleaned["revision"]
    holidays = cleaned.pop("holidays")
    kept = [
        {name: line.get(name) or None for name in LINE_FIELDS}
        for line in lines
        if any(line.get(name) for name in LINE_FIELDS if name != "days")
    ]
    return {
        **cleaned,
        "active_from": midnight(cleaned["active_from"]),
        "prices": {"lines": kept, "holidays": holidays},
    }
