"""What settlement needs of a dispatch: counters, samples and the neighbours nothing held back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from devices.capabilities import Function
from devices.models import DeviceCommand
from devices.selectors import EnergySpan, energy_between, readings_between
from dispatch.models import DERGroupDispatch, Setpoint
from dispatch.selectors.dispatches import setpoints
from dispatch.settlement import Counters, Event, MemberFacts, Order, Sample
from groups.aggregation import Kind
from groups.selectors import roster

BEFORE = timedelta(minutes=6)
SAMPLE_S = 10.0
MOST_PEERS = 30


@dataclass(frozen=True, slots=True)
class Evidence:
    """One dispatch as settlement sees it."""

    event: Event
    members: tuple[MemberFacts, ...]
    peers: tuple[MemberFacts, ...]
    points: tuple[Setpoint, ...]


def evidence_of(dispatch: DERGroupDispatch, from_at: datetime, to_at: datetime) -> Evidence:
    points = tuple(setpoints(dispatch))
    everybody = roster().members
    energies = energy_between([point.device_id for point in points], from_at, to_at)
    members = tuple(_member(point, energies, from_at, to_at) for point in points)
    told = {point.der_id for point in points}
    feeders = {everybody[der_id].feeder_id for der_id in told if der_id in everybody}
    neighbours = [
        member
        for member in everybody.values()
        if member.kind is Kind.PHOTOVOLTAIC
        and member.der_id not in told
        and member.feeder_id in feeders
    ]
    busy = _held_meanwhile([member.device_id for member in neighbours], from_at - BEFORE, to_at)
    free = [member for member in neighbours if member.device_id not in busy][:MOST_PEERS]
    return Evidence(
        event=Event((to_at - from_at).total_seconds()),
        members=members,
        peers=tuple(
            MemberFacts(
                der_id=member.der_id,
                kind=member.kind,
                rated_w=member.rated_w,
                samples=_samples(member.device_id, from_at, to_at),
            )
            for member in free
        ),
        points=points,
    )


def _member(
    point: Setpoint,
    energies: dict[int, EnergySpan],
    from_at: datetime,
    to_at: datetime,
) -> MemberFacts:
    is_battery = point.der.technology == Kind.BATTERY
    span = energies.get(point.device_id)
    # A battery whose device counts only one direction is integrated from its readings.
    counts = span is not None and not (is_battery and span.absorbed_wh is None)
    counters = None
    if span is not None and counts and span.net_wh is not None:
        counters = Counters(span.net_wh, span.gap_s, span.missing_s)
    return MemberFacts(
        der_id=point.der_id,
        kind=Kind(point.der.technology),
        rated_w=point.der.active_power_rating_at_unity_power_factor_w,
        samples=_samples(point.device_id, from_at, to_at),
        counters=counters,
        order=Order.SET if point.command.function == Function.SET_ACTIVE_POWER else Order.LIMIT,
        value_w=point.value_w,
    )


def _samples(device_id: int, from_at: datetime, to_at: datetime) -> tuple[Sample, ...]:
    """Before and during apart, so that no mean mixes the two."""
    spans = ((from_at - BEFORE, from_at), (from_at, to_at))
    return tuple(
        Sample((one.at - from_at).total_seconds(), one.active_power_w)
        for begins, ends in spans
        for one in readings_between(
            device_id,
            begins,
            ends,
            max_points=max(1, int((ends - begins).total_seconds() / SAMPLE_S)),
        )
        if one.active_power_w is not None
    )


def _held_meanwhile(device_ids: Sequence[int], from_at: datetime, to_at: datetime) -> set[int]:
    """Devices that any command held in this time."""
    return set(
        DeviceCommand.objects.filter(
            device__in=device_ids,
            is_release=False,
            sent_at__lt=to_at,
            expires_at__gt=from_at,
        ).values_list("device_id", flat=True)
    )
