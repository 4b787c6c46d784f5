"""What a roll-up must say, worked out one reading after the other in plain Python."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from devices.services import ReadingRow

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
COUNTER_ENDS = tuple(2**32 * 10.0**scale for scale in range(-3, 4)) + tuple(
    10.0**digits for digits in range(8, 13)
)


@dataclass
class Interval:
    """One interval of one device, still adding up."""

    covered_s: float = 0.0
    power_ws: float = 0.0
    injected_wh: float | None = None
    absorbed_wh: float | None = None
    said: list[ReadingRow] = field(default_factory=list)
    silent_from: datetime | None = None
    silent_injected_wh: float | None = None
    silent_power_w: float | None = None

    @property
    def power_mean_w(self) -> float | None:
        return self.power_ws / self.covered_s if self.covered_s else None

    def add(self, injected_wh: float | None, absorbed_wh: float | None) -> None:
        if injected_wh is not None:
            self.injected_wh = (self.injected_wh or 0) + injected_wh
        if absorbed_wh is not None:
            self.absorbed_wh = (self.absorbed_wh or 0) + absorbed_wh


def roll_up(
    rows: Iterable[ReadingRow],
    level_s: float,
    *,
    close_s: float = 15.0,
    rating_w: float | None = None,
) -> dict[datetime, Interval]:
    """The intervals of one device, by their beginning."""
    intervals: dict[datetime, Interval] = {}
    length = timedelta(seconds=level_s)

    def at(moment: datetime) -> Interval:
        return intervals.setdefault(moment - (moment - EPOCH) % length, Interval())

    heard = _once(rows)
    for row in heard:
        at(row.measured_at).said.append(row)
    usable = [row for row in heard if row.quality != "bad"]
    for before, row in pairwise(usable):
        whole_s = (row.measured_at - before.measured_at).total_seconds()
        is_gap = whole_s > max(close_s, 1.5 * (row.interval_s or 0))
        most_wh = _most_wh(before, row, whole_s, is_gap=is_gap, rating_w=rating_w)
        counted = _counted(before.energy_injected_wh, row.energy_injected_wh, most_wh)
        counted_out = _counted(before.energy_absorbed_wh, row.energy_absorbed_wh, most_wh)
        flowed, flowed_out = (None, None) if is_gap else _flowed(before, row, whole_s)
        injected = flowed if counted is None else counted
        absorbed = flowed_out if counted_out is None else counted_out
        last = row.measured_at - timedelta(microseconds=1)
        if not is_gap and whole_s <= level_s:
            _split(at, before, row, injected, absorbed, (counted, counted_out), length)
        elif at(before.measured_at) is at(last):
            at(last).add(injected, absorbed)
        else:
            ends = before.measured_at, row.measured_at
            power_w = _mean_power(before, row, *ends, (counted, counted_out), whole_s)
            power_w = None if is_gap else power_w
            if counted is not None or counted_out is not None or power_w is not None:
                at(last).silent_from = before.measured_at
                at(last).silent_injected_wh = counted
                at(last).silent_power_w = power_w
    return {begin: one for begin, one in intervals.items() if _is_told(one)}


def _is_told(one: Interval) -> bool:
    return bool(one.said or one.covered_s or one.injected_wh is not None or one.silent_from)


def _once(rows: Iterable[ReadingRow]) -> list[ReadingRow]:
    kept: dict[datetime, ReadingRow] = {}
    for row in rows:
        other = kept.get(row.measured_at)
        if other is None or _rank(row) > _rank(other):
            kept[row.measured_at] = row
    return [kept[moment] for moment in sorted(kept)]


def _rank(row: ReadingRow) -> tuple[bool, datetime, float, float]:
    return (
        row.quality != "bad",
        row.received_at,
        -1e99 if row.energy_injected_wh is None else row.energy_injected_wh,
        -1e99 if row.active_power_w is None else row.active_power_w,
    )


def _most_wh(
    before: ReadingRow, row: ReadingRow, whole_s: float, *, is_gap: bool, rating_w: float | None
) -> float | None:
    if rating_w is not None:
        return 1000 + 2 * rating_w * whole_s / 3600
    powers = [abs(p) for p in (before.active_power_w, row.active_power_w) if p is not None]
    if is_gap or not powers:
        return None
    return 1000 + (1000 + 4 * max(powers)) * whole_s / 3600


def _counted(before: float | None, now: float | None, most_wh: float | None) -> float | None:
    if before is None or now is None:
        return None
    if now >= before:
        return now - before if most_wh is None or now - before <= most_wh else None
    if most_wh is None:
        return None
    over = [end + now - before for end in COUNTER_ENDS if end >= before]
    return min((wh for wh in over if wh <= most_wh), default=None)


def _flowed(
    before: ReadingRow, row: ReadingRow, whole_s: float
) -> tuple[float | None, float | None]:
    """Energy of power running straight, by a thousand steps where it changes its sign."""
    first, last = before.active_power_w, row.active_power_w
    if first is None or last is None:
        return None, None
    if first * last >= 0:
        wh = (first + last) / 2 * whole_s / 3600
        return max(wh, 0.0), max(-wh, 0.0)
    zero = abs(first) / (abs(first) + abs(last))
    parts = (first / 2 * zero * whole_s / 3600, last / 2 * (1 - zero) * whole_s / 3600)
    return max(*parts, 0.0), max(-parts[0], -parts[1], 0.0)


def _split(
    at: Callable[[datetime], Interval],
    before: ReadingRow,
    row: ReadingRow,
    injected: float | None,
    absorbed: float | None,
    counted: Sequence[float | None],
    length: timedelta,
) -> None:
    whole_s = (row.measured_at - before.measured_at).total_seconds()
    border = before.measured_at - (before.measured_at - EPOCH) % length + length
    cuts = [before.measured_at, row.measured_at]
    if border < row.measured_at:
        cuts.insert(1, border)
    for begins, ends in pairwise(cuts):
        inside_s = (ends - begins).total_seconds()
        share = inside_s / whole_s
        one = at(begins)
        one.add(
            None if injected is None else injected * share,
            None if absorbed is None else absorbed * share,
        )
        power_w = _mean_power(before, row, begins, ends, counted, whole_s)
        if power_w is not None:
            one.covered_s += inside_s
            one.power_ws += power_w * inside_s


def _mean_power(
    before: ReadingRow,
    row: ReadingRow,
    begins: datetime,
    ends: datetime,
    counted: Sequence[float | None],
    whole_s: float,
) -> float | None:
    first, last = before.active_power_w, row.active_power_w
    if first is None or last is None:
        if counted[0] is None and counted[1] is None:
            return None
        return ((counted[0] or 0) - (counted[1] or 0)) * 3600 / whole_s
    middle_s = ((begins - before.measured_at) + (ends - before.measured_at)).total_seconds() / 2
    return first + (last - first) * middle_s / whole_s
