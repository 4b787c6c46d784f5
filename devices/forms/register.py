"""What somebody looks for in the fleet list, and which columns to show."""

from collections.abc import Iterable, Mapping

from django import forms

from devices.capabilities import Function
from devices.models import Device
from devices.selectors.register import (
    ANY_ALARM,
    CONTROLS,
    NO_ALARM,
    ORDERS,
    STATES,
    UNSEEN_ALARM,
    FleetChoices,
    FleetWanted,
)
from devices.statuses import ALARM_PRIORITIES

ANY = ("", "Any")
ALARMS = (
    ANY,
    (ANY_ALARM, "With an open alarm"),
    (UNSEEN_ALARM, "Not yet acknowledged"),
    *((str(level), f"Most urgent: {word}") for level, word in ALARM_PRIORITIES.items()),
    (NO_ALARM, "Without"),
)
SORTS = tuple((f"{sign}{key}", f"{sign}{key}") for key in ORDERS for sign in ("", "-"))


def _choice(label: str, choices: Iterable[tuple[str, str]] = ()) -> forms.ChoiceField:
    return forms.ChoiceField(choices=[ANY, *choices], required=False, label=label)


class FleetSearch(forms.Form):
    """Filters, order and columns; what cannot be read does not narrow, and the page says so."""

    text = forms.CharField(
        max_length=100,
        required=False,
        label="Search",
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": "Serial, maker, meter, street, customer  /"}
        ),
    )
    kind = _choice("Kind", Device.Kind.choices)
    zone = _choice("Zone")
    feeder = _choice("Feeder")
    manufacturer = _choice("Maker")
    model = _choice("Model")
    state = _choice("Communication", STATES.items())
    alarm = forms.ChoiceField(choices=ALARMS, required=False, label="Alarm")
    control = _choice("Control", ((key, label) for key, (label, _) in CONTROLS.items()))
    drift = _choice("Settings drift", (("yes", "Drifted"), ("no", "As asked")))
    differs = _choice("Register and device", (("yes", "Differ"), ("no", "Agree")))
    function = _choice(
        "Function", ((item.value, item.value.replace("_", " ")) for item in Function)
    )
    sort = forms.ChoiceField(choices=[("", ""), *SORTS], required=False, widget=forms.HiddenInput())
    columns = forms.MultipleChoiceField(
        required=False, label="Columns", widget=forms.CheckboxSelectMultiple()
    )

    def __init__(
        self, asked: Mapping[str, str], *, offered: FleetChoices, columns: Mapping[str, str]
    ) -> None:
        super().__init__(asked)
        for name, words in (
            ("zone", offered.zones),
            ("feeder", offered.feeders),
            ("manufacturer", offered.manufacturers),
            ("model", offered.models),
        ):
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = [ANY, *((word, word) for word in words)]
        chosen = self.fields["columns"]
        if isinstance(chosen, forms.ChoiceField):
            chosen.choices = list(columns.items())

    def wanted(self) -> FleetWanted:
        self.full_clean()
        return FleetWanted(
            **{name: self.cleaned_data.get(name, "") for name in FleetWanted.__slots__}
        )

    def chosen_columns(self) -> list[str]:
        """Empty when none was chosen."""
        self.full_clean()
        return list(self.cleaned_data.get("columns", []))
