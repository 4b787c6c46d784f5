"""Keeping the tables of a feeder in step with its imported model (IC-2).

Facts that people entered stay: loads, ratings, devices. What the model does not have any more is
taken away, except what still feeds a service point.
"""

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction
from django.db.models import Count

from interconnection.models import (
    Bus,
    DistributionTransformer,
    Feeder,
    LineSection,
    ServiceConnection,
    Substation,
)
from interconnection.powerflow.changes import TableChanges
from interconnection.powerflow.circuit import Circuit
from interconnection.powerflow.network import BusData
from interconnection.powerflow.tables import NetworkTables, tables_of
from interconnection.services.network import load_buses, load_segments


def table_changes(name: str, circuit: Circuit) -> tuple[TableChanges, ...]:
    """What filling the tables would add and take away; nothing is written."""
    return _compared(name, tables_of(circuit))


def fill_tables(*, name: str, circuit: Circuit, source: str) -> tuple[TableChanges, ...]:
    """Write the feeder's buses, sections, segments and service transformers, all or nothing."""
    tables = tables_of(circuit)
    with transaction.atomic():
        changes = _compared(name, tables)
        feeder = _feeder(name, tables, source, round(circuit.load_w))
        sections, rows = _sections(feeder, tables)
        buses = load_buses(feeder, rows, sections)
        load_segments(feeder, tables.segments, buses)
        _transformers(feeder, tables, buses)
        _take_away(feeder, {one.kind: one.removed for one in changes})
    return changes


def _feeder(name: str, tables: NetworkTables, source: str, load_w: int) -> Feeder:
    """A new one takes its rating from its head, else its modelled load; both can be corrected."""
    existing = Feeder.objects.filter(name=name).first()
    if existing is not None:
        existing.nominal_voltage_v, existing.source = tables.nominal_voltage_v, source[:200]
        existing.save(update_fields=["nominal_voltage_v", "source"])
        return existing
    substation, _ = Substation.objects.get_or_create(name=f"Substation of {name}"[:64])
    return Feeder.objects.create(
        name=name,
        substation=substation,
        nominal_voltage_v=tables.nominal_voltage_v,
        rated_capacity_w=tables.rated_w or load_w,
        source=source[:200],
    )


def _sections(
    feeder: Feeder, tables: NetworkTables
) -> tuple[dict[str, LineSection], list[BusData]]:
    """By the name in the model, and the buses in them.

    A section that is known is found by the device at its head, or by the first bus behind it. One
    that was entered by hand, at a device that does not sectionalize in the model, keeps its buses.
    """
    known = {row.head_device: row for row in feeder.sections.all()}
    section_of = {bus.name: bus.section for bus in feeder.buses.select_related("section")}
    first_bus: dict[str, str] = {}
    for bus in tables.buses:
        first_bus.setdefault(bus.section, bus.name)
    head = feeder.sections.filter(upstream=None).order_by("pk").first()
    taken = {row.name for row in known.values()}
    found: dict[str, LineSection] = {}
    for one in tables.sections:
        upstream = found[one.upstream] if one.upstream else None
        behind = section_of.get(first_bus.get(one.name, ""))
        row = head if upstream is None else known.get(one.head_device) or behind
        if row is not None and row in found.values():
            row = None
        if row is None:
            row = LineSection(
                feeder=feeder, name=_free(one.name, taken), head_device=one.head_device
            )
            taken.add(row.name)
        row.upstream = upstream
        row.save()
        found[one.name] = row
    return _with_those_by_hand(tables.buses, found, section_of)


def _with_those_by_hand(
    buses: Sequence[BusData], found: dict[str, LineSection], section_of: dict[str, LineSection]
) -> tuple[dict[str, LineSection], list[BusData]]:
    rows, matched = [], {row.pk for row in found.values()}
    for bus in buses:
        own = section_of.get(bus.name)
        if own is not None and own.pk not in matched:
            found[f"by hand {own.pk}"] = own
            rows.append(replace(bus, section=f"by hand {own.pk}"))
        else:
            rows.append(bus)
    return found, rows


def _free(name: str, taken: set[str]) -> str:
    number = len(taken)
    free = name
    while free in taken:
        free, number = f"S{number}", number + 1
    return free


def _transformers(feeder: Feeder, tables: NetworkTables, buses: dict[str, Bus]) -> None:
    own = {row.name: row for row in DistributionTransformer.objects.filter(bus__feeder=feeder)}
    for one in tables.service_transformers:
        name = _transformer_name(feeder.name, one.name)
        row = own.get(name) or DistributionTransformer(name=name, premises=one.premises)
        row.bus, row.phases = buses[one.bus], one.phases
        row.rated_va, row.secondary_voltage_v = one.rated_va, one.secondary_voltage_v
        row.save()


def _transformer_name(feeder: str, name: str) -> str:
    """Names of service transformers are unique over all feeders."""
    return f"{feeder}-{name}"[:64]


def _compared(name: str, tables: NetworkTables) -> tuple[TableChanges, ...]:
    feeder = Feeder.objects.filter(name=name).first()
    known = _known(feeder) if feeder else {}
    wanted = {
        "buses": {one.name for one in tables.buses},
        "segments": {one.name for one in tables.segments},
        "service transformers": {
            _transformer_name(name, one.name) for one in tables.service_transformers
        },
    }
    feeding = _feeding(feeder) if feeder else {}
    return tuple(
        TableChanges(
            kind,
            tuple(sorted(names - known.get(kind, set()))),
            tuple(sorted(known.get(kind, set()) - names - feeding.get(kind, set()))),
            tuple(sorted((known.get(kind, set()) - names) & feeding.get(kind, set()))),
        )
        for kind, names in wanted.items()
    )


def _known(feeder: Feeder) -> dict[str, set[str]]:
    return {
        "buses": set(feeder.buses.values_list("name", flat=True)),
        "segments": set(feeder.segments.values_list("name", flat=True)),
        "service transformers": set(
            DistributionTransformer.objects.filter(bus__feeder=feeder).values_list(
                "name", flat=True
            )
        ),
    }


def _feeding(feeder: Feeder) -> dict[str, set[str]]:
    """Transformers that feed a service point, and their buses."""
    rows = list(
        ServiceConnection.objects.filter(transformer__bus__feeder=feeder).values_list(
            "transformer__name", "transformer__bus__name"
        )
    )
    return {
        "service transformers": {transformer for transformer, _ in rows},
        "buses": {bus for _, bus in rows},
    }


def _take_away(feeder: Feeder, removed: dict[str, tuple[str, ...]]) -> None:
    """Segments at a bus that stays although it is gone are gone all the same."""
    feeder.segments.filter(name__in=removed["segments"]).delete()
    DistributionTransformer.objects.filter(
        bus__feeder=feeder, name__in=removed["service transformers"]
    ).delete()
    feeder.buses.filter(name__in=removed["buses"]).delete()
    (
        feeder.sections.annotate(used=Count("buses"), fed=Count("downstream"))
        .filter(used=0, fed=0, upstream__isnull=False, peak_load_w=None, minimum_load_w=None)
        .delete()
    )
