"""Where in the network model a service point hangs, as an engineer enters it (IC-2)."""

from typing import Any

from django import forms

from customers.models import UsagePoint
from customers.models.customer import Phases
from interconnection.models import DistributionTransformer, Feeder


class ServiceConnectionForm(forms.Form):
    """Feeder and bus; a transformer by name where it is known."""

    feeder = forms.ModelChoiceField(
        Feeder.objects.order_by("name"),
        label="Feeder",
        empty_label="Choose",
        to_field_name="name",
        error_messages={"required": "Choose the feeder."},
    )
    bus = forms.CharField(
        label="Bus",
        required=False,
        max_length=64,
        help_text="One with room is taken where you leave it empty.",
    )
    transformer = forms.CharField(
        label="Service transformer",
        required=False,
        max_length=64,
        help_text="Where you know it; else one at the bus that has room, or a new one.",
    )
    phases = forms.ChoiceField(label="Phases", choices=Phases.choices)

    def __init__(self, *args: Any, point: UsagePoint, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("phases", point.phases)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        feeder = values.get("feeder")
        if feeder is None:
            return values
        bus, transformer = values.get("bus", ""), values.get("transformer", "")
        if bus and not feeder.buses.filter(name=bus).exists():
            self.add_error("bus", f"Feeder {feeder.name} has no bus {bus}.")
        there = DistributionTransformer.objects.filter(bus__feeder=feeder, name=transformer)
        if transformer and (found := there.select_related("bus").first()) is None:
            words = f"Feeder {feeder.name} has no service transformer {transformer}."
            self.add_error("transformer", words)
        elif transformer and bus and found is not None and found.bus.name != bus:
            self.add_error("transformer", f"{transformer} stands at bus {found.bus.name}.")
        return values
