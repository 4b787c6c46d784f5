"""Peer ratio and clear-sky ratio of one system on one day.

Peer ratio: output over clear-sky output, over the same of the neighbours (their median), over
what that was in the system's own past. Where neighbours are missing: the good days of the last two
weeks (P90 of output over clear-sky output) over those of the past.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from devices.maintenance.course import Policy
from devices.maintenance.facts import Level, Mask, Method, OutputDay, System

PEERS_NEEDED = 5
# Under a dark sky a ratio of two small numbers says nothing.
DARK_INDEX = 0.12
RECENT_DAYS, RECENT_NEEDED = 7, 4
GOOD_DAYS, GOOD_NEEDED = 14, 8
PAST_DAYS, PAST_NEEDED = 90, 10
PAST_GOOD_NEEDED = 20
SHOWN_DAYS = 60
CLOCK_H = 1.0
WELL_DAYS_APART = 2


@dataclass(frozen=True, slots=True)
class DayRatio:
    """One day in the evidence: 1 is as ever; `lost_wh` is what it lacked of what is explained."""

    day: date
    ratio: float | None
    energy_wh: float | None
    lost_wh: float
    mask: Mask | None


@dataclass(frozen=True, slots=True)
class Assessment:
    """A system on one day; `reference` is what its past says, kept while something is wrong."""

    level: Level
    method: Method
    ratio: float | None
    reference: float | None
    peers: int
    began_on: date | None
    days: tuple[DayRatio, ...]

    @property
    def lost_wh(self) -> float:
        if self.began_on is None:
            return 0.0
        return sum(max(0.0, one.lost_wh) for one in self.days if one.day >= self.began_on)


def assess(
    system: System,
    peers: Sequence[System],
    on: date,
    *,
    policy: Policy,
    declared: frozenset[date] = frozenset(),
    reference: float | None = None,
) -> Assessment:
    """Judge `system` by the days up to and with `on`.

    `declared` are days that people said do not count. `reference`, where given, is used instead of
    the system's past: a system that is ill for long must not become its own measure.
    """
    days = _counting(system, declared, on)
    skies = {day: _sky(peers, day, declared) for day in days}
    compared = {
        day: one.index / sky
        for day, one in days.items()
        if one.index is not None and (sky := skies[day]) is not None and sky >= DARK_INDEX
    }
    recent = _between(compared, on, 0, RECENT_DAYS)
    if len(recent) >= RECENT_NEEDED:
        return _by_peers(days, skies, compared, on, policy, reference, len(peers))
    return _by_clear_sky(days, on, policy, reference, len(peers))


def _by_peers(
    days: Mapping[date, OutputDay],
    skies: Mapping[date, float | None],
    compared: Mapping[date, float],
    on: date,
    policy: Policy,
    held: float | None,
    peers: int,
) -> Assessment:
    past = _between(compared, on, RECENT_DAYS, PAST_DAYS)
    method, known = Method.PEERS, held
    if known is None and len(past) >= PAST_NEEDED:
        known = median(past)
    if known is None:
        method = Method.FIRST_DAYS
    base = known or 1.0
    shown = tuple(_day(one, compared.get(day), base, skies[day]) for day, one in _shown(days, on))
    ratio = median(_between(compared, on, 0, RECENT_DAYS)) / base
    level = policy.first_level(ratio) if method is Method.FIRST_DAYS else policy.level(ratio)
    return Assessment(level, method, ratio, known, peers, _began(shown, level, policy), shown)


def _by_clear_sky(
    days: Mapping[date, OutputDay],
    on: date,
    policy: Policy,
    held: float | None,
    peers: int,
) -> Assessment:
    indices = {day: one.index for day, one in days.items() if one.index is not None}
    recent = _between(indices, on, 0, GOOD_DAYS)
    past = _between(indices, on, GOOD_DAYS, PAST_DAYS)
    known = held if held is not None else _ninth(past) if len(past) >= PAST_GOOD_NEEDED else None
    if known is None or known <= 0 or len(recent) < GOOD_NEEDED:
        return Assessment(Level.UNKNOWN, Method.CLEAR_SKY, None, known, peers, None, ())
    ratio = _ninth(recent) / known
    # The weather of a single day is not known: what the good days lack, each day lacks.
    shown = tuple(
        DayRatio(
            day=day,
            ratio=None if one.index is None else one.index / known,
            energy_wh=one.energy_wh,
            lost_wh=0.0
            if one.index is None
            else one.energy_wh * max(0.0, 1 / ratio - 1)
            if ratio > 0
            else known * one.clear_wh,
            mask=one.mask,
        )
        for day, one in _shown(days, on)
    )
    level = policy.level(ratio)
    began_on = on - timedelta(days=GOOD_DAYS - 1) if level in policy.LOW else None
    return Assessment(level, Method.CLEAR_SKY, ratio, known, peers, began_on, shown)


def _counting(system: System, declared: frozenset[date], on: date) -> dict[date, OutputDay]:
    """The days up to `on`, with those masked that people declared or a wrong clock spoils."""
    first = on - timedelta(days=PAST_DAYS)
    days = {day: one for day, one in system.days.items() if first < day <= on}
    shifts = [one.shift_h for one in days.values() if one.shift_h is not None and not one.mask]
    usual = median(shifts) if shifts else 0.0
    found = {}
    for day in sorted(days):
        one = days[day]
        mask = one.mask
        if mask is None and day in declared:
            mask = Mask.DECLARED
        if mask is None and one.shift_h is not None and abs(one.shift_h - usual) > CLOCK_H:
            mask = Mask.CLOCK
        found[day] = OutputDay(
            day, one.energy_wh, one.clear_wh, one.counted_share, one.shift_h, mask
        )
    return found


def _sky(peers: Sequence[System], day: date, declared: frozenset[date]) -> float | None:
    """What the neighbours made of the day: the median of their output over clear-sky output."""
    if day in declared:
        return None
    known = [
        index
        for peer in peers
        if (one := peer.days.get(day)) is not None and (index := one.index) is not None
    ]
    return median(known) if len(known) >= PEERS_NEEDED else None


def _day(one: OutputDay, compared: float | None, base: float, sky: float | None) -> DayRatio:
    ratio = None if compared is None or base <= 0 else compared / base
    explained_wh = base * (sky or 0.0) * one.clear_wh
    return DayRatio(
        day=one.day,
        ratio=ratio,
        energy_wh=one.energy_wh,
        lost_wh=0.0 if ratio is None else explained_wh - one.energy_wh,
        mask=one.mask,
    )


def _between(values: Mapping[date, float], on: date, newest: int, oldest: int) -> list[float]:
    """Values of the days that lie at least `newest` and less than `oldest` days back."""
    return [value for day, value in values.items() if newest <= (on - day).days < oldest]


def _shown(days: Mapping[date, OutputDay], on: date) -> list[tuple[date, OutputDay]]:
    return [(day, one) for day, one in days.items() if (on - day).days < SHOWN_DAYS]


def _began(days: Sequence[DayRatio], level: Level, policy: Policy) -> date | None:
    """The first day of the low stretch that lasts until now: well days end it, one by one not."""
    if level not in policy.LOW:
        return None
    began, well = None, 0
    for one in reversed(days):
        if one.ratio is None:
            continue
        well = well + 1 if one.ratio >= policy.well_ratio else 0
        if well >= WELL_DAYS_APART:
            break
        if not well:
            began = one.day
    return began


def _ninth(values: Sequence[float]) -> float:
    """The value that nine of ten do not exceed."""
    ordered = sorted(values)
    place = 0.9 * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
