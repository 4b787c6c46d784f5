"""The network as a picture: buses, the DER on them and the voltages they measure."""

from collections import defaultdict
from collections.abc import Iterable

from derms.ui.formats import number
from derms.ui.oneline import BusFact, FeederPicture, draw
from groups.aggregation import Kind
from groups.selectors import Fleet
from interconnection.models import Feeder, LineSegment


def feeders() -> list[Feeder]:
    return list(Feeder.objects.select_related("substation").order_by("name"))


def picture(feeder: Feeder, fleet: Fleet, chosen: Iterable[int] = ()) -> FeederPicture | None:
    """None while the feeder has no radial model with one source; `chosen` are DER to point out."""
    facts = _facts(feeder, fleet, frozenset(chosen))
    if [fact.upstream for fact in facts].count(None) != 1:
        return None
    members = [m for m in fleet.members.values() if m.feeder_id == feeder.pk]
    return draw(
        facts,
        name=feeder.name,
        headline=f"{len(members)} DER, {_worst_words(facts)}",
        source=f"{feeder.substation.name}, {number(feeder.nominal_voltage_v / 1_000, 2)} kV",
    )


def _facts(feeder: Feeder, fleet: Fleet, chosen: frozenset[int]) -> list[BusFact]:
    upstream = dict(
        LineSegment.objects.filter(feeder=feeder).values_list("to_bus_id", "from_bus__name")
    )
    by_bus: dict[str, list[int]] = defaultdict(list)
    for der_id, member in fleet.members.items():
        if member.feeder_id == feeder.pk:
            by_bus[member.bus].append(der_id)
    return [
        _fact(
            BusFact(
                name=bus.name,
                upstream=upstream.get(bus.pk),
                distance_m=bus.distance_m,
                phases=bus.phases,
            ),
            by_bus[bus.name],
            fleet,
            chosen,
        )
        for bus in feeder.buses.order_by("distance_m", "name")
    ]


def _fact(bus: BusFact, der_ids: list[int], fleet: Fleet, chosen: frozenset[int]) -> BusFact:
    if not der_ids:
        return bus
    states = [fleet.states[der_id] for der_id in der_ids]
    reporting = [state for state in states if state.is_reporting]
    volts = [
        volts_v / fleet.members[state.der_id].nominal_voltage_v
        for state in reporting
        if (volts_v := fleet.latest[state.der_id].voltage_v)
    ]
    return BusFact(
        name=bus.name,
        upstream=bus.upstream,
        distance_m=bus.distance_m,
        phases=bus.phases,
        pv=sum(state.kind is Kind.PHOTOVOLTAIC for state in states),
        batteries=sum(state.kind is Kind.BATTERY for state in states),
        output_w=sum(state.power_w or 0.0 for state in reporting) if reporting else None,
        volts_pu=(min(volts), sum(volts) / len(volts), max(volts)) if volts else None,
        is_selected=bool(chosen.intersection(der_ids)),
        is_stale=not reporting,
    )


def _worst_words(facts: list[BusFact]) -> str:
    highest = max((f.volts_pu[2] for f in facts if f.volts_pu), default=None)
    if highest is None:
        return "no voltage measured"
    return f"highest voltage {number(highest, 3)} pu"
