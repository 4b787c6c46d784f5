"""Loading feeders and connecting service points to their transformers (IC-2)."""

from collections import Counter
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Count

from customers.models import UsagePoint
from derms.lib.errors import Refused
from interconnection.models import (
    Bus,
    DistributionTransformer,
    Feeder,
    LineSection,
    LineSegment,
    ServiceConnection,
    Substation,
)
from interconnection.powerflow.network import BusData, FeederModel, SegmentData

# What is hung where nothing has room: the smallest usual size for the phases.
SINGLE_PHASE_VA, THREE_PHASE_VA = 25_000, 75_000
SINGLE_PHASE_SECONDARY_V, THREE_PHASE_SECONDARY_V = 240, 480


class NoBusForPhases(Refused):
    """The feeder has no bus with the phases that the service point needs."""

    code = "no_bus_for_phases"


def load_feeder(*, model: FeederModel) -> Feeder:
    """Write a feeder to the tables; loading the same description again changes nothing."""
    with transaction.atomic():
        substation, _ = Substation.objects.get_or_create(name=model.substation)
        feeder, _ = Feeder.objects.update_or_create(
            name=model.name,
            defaults={
                "substation": substation,
                "nominal_voltage_v": model.nominal_voltage_v,
                "rated_capacity_w": model.rated_capacity_w,
                "hosting_capacity_w": model.hosting_capacity_w,
                "source": model.source,
            },
        )
        sections = _load_sections(feeder, model)
        buses = load_buses(feeder, model.buses, sections)
        load_segments(feeder, model.segments, buses)
        _load_transformers(model, buses)
    return feeder


def connect_usage_point(
    *,
    usage_point: UsagePoint,
    feeder: Feeder,
    phases: str,
    transformer: str = "",
    bus: str = "",
    is_alone: bool = False,
) -> ServiceConnection:
    """Connect a service point to `transformer`, or to one of the feeder that has room.

    `bus` wants it there: at one with room, or at a new one of the smallest usual size.

    `is_alone` asks for a secondary that nobody else is on yet.

    A point that is already connected stays where it is. Raises NoBusForPhases when the feeder
    cannot serve these phases, Refused when the named transformer is not on it.
    """
    with transaction.atomic():
        # One at a time on a feeder, so that no two points take the last place of a transformer.
        Feeder.objects.select_for_update().get(pk=feeder.pk)
        existing = ServiceConnection.objects.filter(usage_point=usage_point).first()
        if existing is not None:
            return existing
        chosen = (
            _named(feeder, transformer)
            if transformer
            else _with_room(feeder, phases, bus, is_alone=is_alone)
            or _hang_new(feeder, phases, bus)
        )
        return ServiceConnection.objects.create(usage_point=usage_point, transformer=chosen)


def _load_sections(feeder: Feeder, model: FeederModel) -> dict[str, LineSection]:
    sections: dict[str, LineSection] = {}
    for section in model.sections:
        sections[section.name], _ = LineSection.objects.update_or_create(
            feeder=feeder,
            name=section.name,
            defaults={
                "head_device": section.head_device,
                "upstream": sections[section.upstream] if section.upstream else None,
                "peak_load_w": section.peak_load_w,
                "minimum_load_w": section.minimum_load_w,
                "minimum_daytime_load_w": section.minimum_daytime_load_w,
            },
        )
    return sections


def load_buses(
    feeder: Feeder, rows: Sequence[BusData], sections: dict[str, LineSection]
) -> dict[str, Bus]:
    Bus.objects.bulk_create(
        [
            Bus(
                feeder=feeder,
                section=sections[bus.section],
                name=bus.name,
                phases=bus.phases,
                nominal_voltage_v=bus.nominal_voltage_v,
                distance_m=bus.distance_m,
                x=bus.x,
                y=bus.y,
            )
            for bus in rows
        ],
        update_conflicts=True,
        unique_fields=["feeder", "name"],
        update_fields=["section", "phases", "nominal_voltage_v", "distance_m", "x", "y"],
    )
    return {bus.name: bus for bus in feeder.buses.all()}


def load_segments(feeder: Feeder, rows: Sequence[SegmentData], buses: dict[str, Bus]) -> None:
    LineSegment.objects.bulk_create(
        [
            LineSegment(
                feeder=feeder,
                name=segment.name,
                from_bus=buses[segment.from_bus],
                to_bus=buses[segment.to_bus],
                phases=segment.phases,
                length_m=segment.length_m,
            )
            for segment in rows
        ],
        update_conflicts=True,
        unique_fields=["feeder", "name"],
        update_fields=["from_bus", "to_bus", "phases", "length_m"],
    )


def _load_transformers(model: FeederModel, buses: dict[str, Bus]) -> None:
    DistributionTransformer.objects.bulk_create(
        [
            DistributionTransformer(
                name=transformer.name,
                bus=buses[transformer.bus],
                phases=transformer.phases,
                rated_va=transformer.rated_va,
                secondary_voltage_v=transformer.secondary_voltage_v,
                premises=transformer.premises,
            )
            for transformer in model.service_transformers
        ],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["bus", "phases", "rated_va", "secondary_voltage_v", "premises"],
    )


def _named(feeder: Feeder, name: str) -> DistributionTransformer:
    found = DistributionTransformer.objects.filter(bus__feeder=feeder, name=name).first()
    if found is None:
        raise Refused(f"Feeder {feeder.name} has no transformer {name}. Look up its list.")
    return found


def _with_room(
    feeder: Feeder, phases: str, bus: str, *, is_alone: bool
) -> DistributionTransformer | None:
    """Fill each secondary before the next, and go round the sections, so that all get some."""
    fitting = list(
        DistributionTransformer.objects.filter(
            bus__feeder=feeder, phases=phases, **({"bus__name": bus} if bus else {})
        )
        .select_related("bus")
        .annotate(connected=Count("connections"))
        .order_by("pk")
    )
    on_section: Counter[int] = Counter()
    for one in fitting:
        on_section[one.bus.section_id] += one.connected
    with_room = [one for one in fitting if one.connected < one.premises]
    begun = [one for one in with_room if one.connected]
    fresh = [one for one in with_room if not one.connected]
    choice = fresh if is_alone else begun or fresh
    return min(choice, key=lambda one: on_section[one.bus.section_id], default=None)


def _hang_new(feeder: Feeder, phases: str, bus: str) -> DistributionTransformer:
    buses = [
        one
        for one in feeder.buses.annotate(hung=Count("transformers")).order_by("hung", "pk")
        if set(phases) <= set(one.phases) and bus in {"", one.name}
    ]
    if not buses:
        raise NoBusForPhases(
            f"{f'Bus {bus} is not there or has not' if bus else 'No bus has'} the phases {phases} "
            f"on feeder {feeder.name}. "
            "Choose another feeder or extend its lines.",
            feeder=feeder.name,
            phases=phases,
        )
    is_single = len(phases) < 3
    number = DistributionTransformer.objects.filter(bus__feeder=feeder).count() + 1
    return DistributionTransformer.objects.create(
        name=f"{feeder.name}-N{number:03d}",
        bus=buses[0],
        phases=phases,
        rated_va=SINGLE_PHASE_VA if is_single else THREE_PHASE_VA,
        secondary_voltage_v=SINGLE_PHASE_SECONDARY_V if is_single else THREE_PHASE_SECONDARY_V,
        premises=1,
    )
