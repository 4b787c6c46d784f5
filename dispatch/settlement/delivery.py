"""Delivered energy by counters, available energy by the uncurtailed neighbours."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import mean, median, pstdev

from dispatch.settlement.facts import Event, MemberFacts, Order
from groups.aggregation import Kind

BIN_S = 60.0
SECONDS_PER_HOUR = 3600.0
# Long enough for a steady level, short enough that the sun has not moved.
BEFORE_S = 300.0
PEERS_NEEDED = 3
# Peers that gave less than this share of their rating say nothing about the sun.
DARK_SHARE = 0.03
# Within this share of its rating below the limit, a device is held by the limit.
HELD_SHARE = 0.02
# Without peers nobody knows the sun: the level before is carried on with this doubt.
PERSISTENCE_DOUBT = 0.10
# A longer silence between two samples is a gap, not a straight line.
LONGEST_SAMPLE_GAP_S = 60.0

# A counter's step between two readings is shared evenly, though the output jumps at either end.
EDGE_S = 5.0

BY_PEERS = "pre-event level x uncurtailed peers"
BY_PERSISTENCE = "pre-event level carried on"
UNKNOWN_BEFORE = "no measurement before the event"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one member did, in Wh.

    Under a limit available - delivered = curtailed, never negative. A battery that follows a
    set-point loses nothing: `available_wh` is what it would have done, `curtailed_wh` is 0.
    """

    der_id: int
    requested_wh: float
    delivered_wh: float
    available_wh: float
    curtailed_wh: float
    uncertainty_wh: float
    gap_s: float
    method: str


@dataclass(frozen=True, slots=True)
class _Sun:
    """How much of its pre-event level a free PV gives, by bin, and the spread of the peers."""

    ratios: Mapping[int, float]
    spread: float
    method: str


@dataclass(frozen=True, slots=True)
class _HeldBack:
    """What a limit kept from the grid, and how sure that is."""

    curtailed_wh: float
    doubt_wh: float
    method: str


def deliver(
    event: Event, members: Sequence[MemberFacts], peers: Sequence[MemberFacts]
) -> tuple[Outcome, ...]:
    sun = _sun(event, peers)
    return tuple(_outcome(event, member, sun) for member in members)


def _outcome(event: Event, member: MemberFacts, sun: _Sun) -> Outcome:
    delivered_wh, gap_s, doubt_wh = _delivered(event, member)
    before_w = _before(member)
    requested_wh = member.value_w * event.duration_s / SECONDS_PER_HOUR
    if before_w is None:
        return Outcome(
            member.der_id, requested_wh, delivered_wh, delivered_wh, 0.0,
            abs(delivered_wh) + doubt_wh, gap_s, UNKNOWN_BEFORE,
        )  # fmt: skip
    doubt_wh += abs(before_w - _level(event, member)) * EDGE_S / SECONDS_PER_HOUR
    if member.order is Order.SET:
        available_wh = before_w * event.duration_s / SECONDS_PER_HOUR
        return Outcome(
            member.der_id, requested_wh, delivered_wh, available_wh,
            0.0, doubt_wh, gap_s, BY_PERSISTENCE,
        )  # fmt: skip
    held_back = _curtailed(event, member, before_w, sun, delivered_wh)
    return Outcome(
        der_id=member.der_id,
        requested_wh=requested_wh,
        delivered_wh=delivered_wh,
        available_wh=delivered_wh + held_back.curtailed_wh,
        curtailed_wh=held_back.curtailed_wh,
        uncertainty_wh=doubt_wh + held_back.doubt_wh,
        gap_s=gap_s,
        method=held_back.method,
    )


def _curtailed(
    event: Event, member: MemberFacts, before_w: float, sun: _Sun, delivered_wh: float
) -> _HeldBack:
    """Energy that the limit held back, so that available - delivered = curtailed by the counters.

    Only where the device sits at its limit has anything been held back: below it, the sun decides.
    """
    is_sunlit = member.kind is Kind.PHOTOVOLTAIC
    ratios = sun.ratios if is_sunlit else {}
    available_wh = free_wh = 0.0
    for place, power_w, seconds in _bins(event, member):
        hours = seconds / SECONDS_PER_HOUR
        if power_w < member.value_w - HELD_SHARE * member.rated_w:
            free_wh += power_w * hours
            continue
        level_w = max(power_w, before_w * ratios.get(place, 1.0))
        available_wh += min(float(member.rated_w), max(0.0, level_w)) * hours
    held_wh = max(0.0, delivered_wh - free_wh)
    return _HeldBack(
        curtailed_wh=max(0.0, available_wh - held_wh) if available_wh else 0.0,
        doubt_wh=available_wh * sun.spread if is_sunlit else 0.0,
        method=sun.method if is_sunlit else BY_PERSISTENCE,
    )


def _sun(event: Event, peers: Sequence[MemberFacts]) -> _Sun:
    by_bin: dict[int, list[float]] = defaultdict(list)
    for peer in peers:
        before_w = _before(peer)
        if before_w is None or before_w < DARK_SHARE * peer.rated_w:
            continue
        for place, power_w, _ in _bins(event, peer):
            by_bin[place].append(max(0.0, power_w) / before_w)
    known = {place: found for place, found in by_bin.items() if len(found) >= PEERS_NEEDED}
    if not known:
        return _Sun({}, PERSISTENCE_DOUBT, BY_PERSISTENCE)
    spread = mean(pstdev(found) / sqrt(len(found)) for found in known.values())
    return _Sun({place: median(found) for place, found in known.items()}, spread, BY_PEERS)


def _before(member: MemberFacts) -> float | None:
    level = [s.power_w for s in member.samples if -BEFORE_S <= s.t_s < 0]
    return mean(level) if level else None


def _bins(event: Event, member: MemberFacts) -> list[tuple[int, float, float]]:
    """Number, mean power and length of each bin of the event that holds a sample."""
    grouped: dict[int, list[float]] = defaultdict(list)
    for sample in member.samples:
        if 0 <= sample.t_s < event.duration_s:
            grouped[int(sample.t_s // BIN_S)].append(sample.power_w)
    return [
        (place, mean(powers), min(BIN_S, event.duration_s - place * BIN_S))
        for place, powers in sorted(grouped.items())
    ]


def _delivered(event: Event, member: MemberFacts) -> tuple[float, float, float]:
    """Net energy, seconds nobody heard it, and the doubt in Wh."""
    if member.counters is not None:
        counters = member.counters
        doubt_wh = 1.0 + _level(event, member) * counters.missing_s / SECONDS_PER_HOUR
        return counters.net_wh, counters.gap_s + counters.missing_s, doubt_wh
    energy_wh, gap_s = _integrated(event, member)
    return energy_wh, gap_s, 1.0 + _level(event, member) * gap_s / SECONDS_PER_HOUR


def _level(event: Event, member: MemberFacts) -> float:
    inside = [abs(s.power_w) for s in member.samples if 0 <= s.t_s < event.duration_s]
    return mean(inside) if inside else float(member.rated_w)


def _integrated(event: Event, member: MemberFacts) -> tuple[float, float]:
    """Trapezoids between samples; a longer silence is a gap and counts as nothing delivered."""
    inside = [s for s in member.samples if 0 <= s.t_s <= event.duration_s]
    if not inside:
        return 0.0, event.duration_s
    energy_w_s = inside[0].power_w * inside[0].t_s
    gap_s = 0.0
    for first, second in pairwise(inside):
        length_s = second.t_s - first.t_s
        if length_s > LONGEST_SAMPLE_GAP_S:
            gap_s += length_s
        else:
            energy_w_s += (first.power_w + second.power_w) / 2 * length_s
    tail_s = event.duration_s - inside[-1].t_s
    if tail_s > LONGEST_SAMPLE_GAP_S:
        gap_s += tail_s
    else:
        energy_w_s += inside[-1].power_w * tail_s
    return energy_w_s / SECONDS_PER_HOUR, gap_s
