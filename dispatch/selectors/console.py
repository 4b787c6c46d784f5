"""The console's numbers from a standing and what devices last said; the same for page and push."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from derms.ui.console import DispatchRow, GroupRow, Tile
from derms.ui.formats import number, scaled
from dispatch.selectors.standing import DispatchStanding, GroupStanding, Standing
from dispatch.selectors.tiles import tiles_of
from groups.aggregation import available_w
from groups.selectors import Fleet, Latest, capability_of

LiveValues = dict[str, str | float]


@dataclass(frozen=True, slots=True)
class SystemNow:
    """The whole system as of one moment."""

    at: datetime
    standing: Standing
    fleet: Fleet
    meters: Mapping[int, Latest]
    tiles: tuple[Tile, ...]
    groups: tuple[GroupRow, ...]
    held_back_w: Mapping[int, float]

    @property
    def output_w(self) -> float | None:
        powers = [
            state.power_w or 0.0 for state in self.fleet.states.values() if state.is_reporting
        ]
        return sum(powers) if powers else None


def system_now(standing: Standing, latest: Mapping[int, Latest], at: datetime) -> SystemNow:
    """`latest` by device, meters included."""
    fleet = Fleet.of(standing.roster, latest, at)
    meters = {pk: latest[pk] for pk in standing.meters if pk in latest}
    held_back_w = {dispatch.id: _held_back_w(dispatch, fleet) for dispatch in standing.dispatches}
    return SystemNow(
        at=at,
        standing=standing,
        fleet=fleet,
        meters=meters,
        tiles=tiles_of(standing, fleet, meters, sum(held_back_w.values()), at),
        groups=tuple(_group_row(group, fleet) for group in standing.groups),
        held_back_w=held_back_w,
    )


def _held_back_w(dispatch: DispatchStanding, fleet: Fleet) -> float:
    """What PV under this order could give beyond what it gives, as its free peers suggest."""
    ratio = fleet.ratio_for(dispatch.der_ids)
    states = [state for state in fleet.states_of(dispatch.der_ids) if state.is_reporting]
    return sum(
        available_w(state, ratio) - max(0.0, state.power_w or 0.0)
        for state in states
        if state.ceiling_w is not None and state.capacity_wh == 0
    )


def _group_row(group: GroupStanding, fleet: Fleet) -> GroupRow:
    capability = capability_of(group.der_ids, fleet)
    is_silent = capability.reporting == 0
    is_stale = capability.reporting * 2 < capability.members
    return GroupRow(
        id=group.id,
        name=group.name,
        kinds=group.kinds,
        members=capability.members,
        reporting=capability.reporting,
        feeder=group.feeder,
        output_w=None if is_silent else capability.power_w,
        lowest_w=capability.power_w - capability.down_w,
        highest_w=capability.power_w + capability.up_w,
        scale_from_w=-float(capability.charge_max_w),
        scale_to_w=float(capability.rated_w),
        setpoint_w=group.setpoint_w,
        state="stale" if is_stale else group.state,
        word="Stale" if is_stale else group.word,
    )


def dispatch_rows(now: SystemNow) -> list[DispatchRow]:
    """Without addresses; the page adds those."""
    return [
        DispatchRow(
            id=one.id,
            group=one.group,
            order=order_words(one),
            reason=one.reason,
            by=one.by,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            word=one.word,
            elapsed_pct=one.elapsed_pct(now.at),
            holding=_holding(one, now),
        )
        for one in now.standing.dispatches
    ]


def order_words(one: DispatchStanding) -> str:
    verb = "limited to" if one.is_limit else "set to"
    return f"{verb} {scaled(one.target_w, unit='W')}"


def _holding(one: DispatchStanding, now: SystemNow) -> str:
    row = next((group for group in now.groups if group.id == one.group_id), None)
    if row is None or row.output_w is None:
        return "No member reports."
    held_back_w = now.held_back_w.get(one.id, 0.0)
    return (
        f"Gives {scaled(row.output_w, unit='W')} of {scaled(one.target_w, unit='W')} asked,"
        f" about {scaled(held_back_w, unit='W')} held back"
    )


def live_values(now: SystemNow) -> LiveValues:
    """Every live text and place of the console, by the keys of docs/ui.md."""
    values: LiveValues = {}
    for tile in now.tiles:
        values[f"k.{tile.key}"] = tile.text
        values[f"k.{tile.key}.n"] = tile.note
        values[f"k.{tile.key}.s"] = tile.state
        if tile.scale is not None and tile.scale.value_pct is not None:
            values[f"k.{tile.key}.x"] = tile.scale.value_pct
    for row in now.groups:
        values |= _group_values(row)
    for name, power_w in (
        ("g.p", _sum(row.output_w for row in now.groups)),
        ("g.dn", _sum(row.down_w for row in now.groups)),
        ("g.up", _sum(row.up_w for row in now.groups)),
    ):
        values[name] = kilo(power_w)
    for (feeder, bus), output_w in outputs_by_bus(now.fleet).items():
        values[f"b.{feeder}.{bus}"] = kilo(output_w)
    for dispatch in dispatch_rows(now):
        values[f"d{dispatch.id}.x"] = round(dispatch.elapsed_pct, 2)
        values[f"d{dispatch.id}.n"] = dispatch.holding
    return values


def live_points(now: SystemNow) -> dict[str, float]:
    """The newest point of every trend, in kW."""
    powers = {"output": now.output_w} | {f"g{row.id}": row.output_w for row in now.groups}
    return {key: round(w / 1_000, 3) for key, w in powers.items() if w is not None}


def _group_values(row: GroupRow) -> LiveValues:
    return {
        f"g{row.id}.p": kilo(row.output_w),
        f"g{row.id}.dn": kilo(row.down_w),
        f"g{row.id}.up": kilo(row.up_w),
        f"g{row.id}.x": row.now_pct,
        f"g{row.id}.hi": row.highest_pct,
        f"g{row.id}.s": row.state,
        f"g{row.id}.n": row.word,
        f"g{row.id}.r": f"{row.reporting} of {row.members}",
    }


def outputs_by_bus(fleet: Fleet) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = defaultdict(float)
    for der_id, member in fleet.members.items():
        state = fleet.states[der_id]
        if state.is_reporting and member.bus:
            found[member.feeder, member.bus] += state.power_w or 0.0
    return dict(found)


def kilo(power_w: float | None) -> str:
    return number(None if power_w is None else power_w / 1_000, 1)


def _sum(powers_w: Iterable[float | None]) -> float | None:
    known = [power_w for power_w in powers_w if power_w is not None]
    return sum(known) if known else None
