"""The facts of a feeder that the screens need, and which of them nobody has (IC-2)."""

from dataclasses import dataclass

from django.db.models import Model

from derms.lib.errors import NotFound
from interconnection.models import (
    Bus,
    DistributionTransformer,
    Feeder,
    LineSection,
    Substation,
)

# What each kind needs for its screens; the others only decide special cases.
NEEDED = {
    "substation": ("stability",),
    "feeder": ("is_under_tariff",),
    "section": (
        "peak_load_w", "minimum_load_w", "minimum_daytime_load_w", "primary_wires",
        "interrupting_rating_a", "fault_duty_a",
    ),
    "bus": ("is_mainline", "fault_current_a"),
    "transformer": ("rated_va", "network_service", "primary_connection", "is_centre_tapped"),
}  # fmt: skip


# All that may be entered of each kind, what is needed first.
FACT_NAMES = {
    "substation": (*NEEDED["substation"], "transmission_generation_w"),
    "feeder": (*NEEDED["feeder"], "rated_capacity_w", "hosting_capacity_w"),
    "section": (*NEEDED["section"], "minimum_tracking_load_w"),
    "bus": (
        *NEEDED["bus"],
        "ground_fault_a",
        "ica_static_grid_w",
        "ica_operational_w",
        "ica_protection_va",
    ),
    "transformer": (*NEEDED["transformer"], "secondary_a", "network_peak_load_w"),
}


@dataclass(frozen=True, slots=True)
class FactRow:
    """One element and the names of what nobody has entered."""

    kind: str
    pk: int
    name: str
    missing: tuple[str, ...]


def feeder_facts(name: str) -> tuple[Feeder, list[FactRow]]:
    """Raises NotFound; a fixed number of queries."""
    feeder = Feeder.objects.select_related("substation").filter(name=name).first()
    if feeder is None:
        raise NotFound(f"There is no feeder {name}.")
    rows = [_row("substation", feeder.substation), _row("feeder", feeder)]
    rows += [_row("section", one) for one in feeder.sections.order_by("pk")]
    rows += [_row("bus", one) for one in feeder.buses.order_by("distance_m", "pk")]
    hung = DistributionTransformer.objects.filter(bus__feeder=feeder).order_by("name")
    rows += [_row("transformer", one) for one in hung]
    return feeder, rows


def element_of(feeder: Feeder, kind: str, pk: int) -> Model:
    """An element of this feeder; raises NotFound."""
    found: Model | None = None
    if kind == "substation":
        found = Substation.objects.filter(pk=pk, feeders=feeder).first()
    elif kind == "feeder":
        found = feeder if feeder.pk == pk else None
    elif kind == "section":
        found = LineSection.objects.filter(pk=pk, feeder=feeder).first()
    elif kind == "bus":
        found = Bus.objects.filter(pk=pk, feeder=feeder).first()
    elif kind == "transformer":
        found = DistributionTransformer.objects.filter(pk=pk, bus__feeder=feeder).first()
    if found is None:
        raise NotFound(f"Feeder {feeder.name} has no {kind} {pk}.")
    return found


def missing_of(kind: str, row: Model) -> list[str]:
    """The names of the facts that the screens need and nobody has entered."""
    return [name for name in NEEDED[kind] if getattr(row, name) in {None, ""}]


def _row(kind: str, row: Model) -> FactRow:
    missing = tuple(
        str(row._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # a column
        for name in missing_of(kind, row)
    )
    return FactRow(kind, row.pk, str(getattr(row, "name", row)), missing)
