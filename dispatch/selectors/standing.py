"""What changes rarely, read a few times a minute: places, groups, orders in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from devices.models import Device
from dispatch.models import DERGroupDispatch, Setpoint
from dispatch.selectors.dispatches import holds, in_force
from dispatch.statuses import DispatchFunction
from groups.aggregation import Kind
from groups.models import DERGroup
from groups.selectors import Roster, live_groups, roster
from groups.selectors.status import ders_by_group


@dataclass(frozen=True, slots=True)
class GroupStanding:
    """A live group, and who or what holds it."""

    id: int
    name: str
    feeder: str
    kinds: str
    der_ids: tuple[int, ...]
    setpoint_w: int | None
    state: str  # "", dispatched, held
    word: str


@dataclass(frozen=True, slots=True)
class DispatchStanding:
    """A dispatch in force."""

    id: int
    group_id: int
    group: str
    function: str
    target_w: int
    reason: str
    by: str
    starts_at: datetime
    ends_at: datetime
    word: str
    der_ids: tuple[int, ...]

    @property
    def is_limit(self) -> bool:
        return self.function == DispatchFunction.LIMIT_ACTIVE_POWER

    def elapsed_pct(self, at: datetime) -> float:
        whole_s = (self.ends_at - self.starts_at).total_seconds()
        return min(100.0, max(0.0, 100 * (at - self.starts_at).total_seconds() / whole_s))


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything the console's numbers hang on, but the numbers."""

    roster: Roster
    meters: tuple[int, ...]
    groups: tuple[GroupStanding, ...]
    dispatches: tuple[DispatchStanding, ...]


def standing(at: datetime) -> Standing:
    everybody = roster()
    meters = Device.objects.filter(active_to=None, kind=Device.Kind.METER).order_by("pk")
    running = dispatches_in_force()
    groups = list(live_groups())
    ders = ders_by_group([group.pk for group in groups], at)
    held = {one.group_id: one for one in holds(at)}
    ordered = {one.group_id: one for one in running}
    return Standing(
        roster=everybody,
        meters=tuple(meters.values_list("pk", flat=True)),
        groups=tuple(
            _group(group, ders[group.pk], everybody, ordered.get(group.pk), held.get(group.pk))
            for group in groups
        ),
        dispatches=tuple(running),
    )


def dispatches_in_force() -> list[DispatchStanding]:
    rows = list(in_force())
    told: Mapping[int, list[int]] = {row.pk: [] for row in rows}
    for dispatch_id, der_id in Setpoint.objects.filter(dispatch__in=rows).values_list(
        "dispatch_id", "der_id"
    ):
        told[dispatch_id].append(der_id)
    return [
        DispatchStanding(
            id=row.pk,
            group_id=row.group_id,
            group=row.group.name,
            function=str(row.function),
            target_w=row.target_w,
            reason=row.reason,
            by=row.executed_by,
            starts_at=row.executed_at or row.starts_at,
            ends_at=row.ends_at,
            word=row.get_status_display(),
            der_ids=tuple(told[row.pk]),
        )
        for row in rows
    ]


def _group(
    group: DERGroup,
    der_ids: tuple[int, ...],
    everybody: Roster,
    order: DispatchStanding | None,
    hold: DERGroupDispatch | None,
) -> GroupStanding:
    state, word = "", "Auto"
    if order is not None:
        state, word = "dispatched", "Limited" if order.is_limit else "Set"
    elif hold is not None:
        state, word = "held", f"Held by {hold.selected_by}"
    return GroupStanding(
        id=group.pk,
        name=group.name,
        feeder=group.feeder.name if group.feeder else "",
        kinds=kinds_of(der_ids, everybody),
        der_ids=der_ids,
        setpoint_w=None if order is None else order.target_w,
        state=state,
        word=word,
    )


def kinds_of(der_ids: Sequence[int], everybody: Roster) -> str:
    kinds = {everybody.members[pk].kind for pk in der_ids if pk in everybody.members}
    names = ((Kind.PHOTOVOLTAIC, "PV"), (Kind.BATTERY, "battery"))
    return " + ".join(word for kind, word in names if kind in kinds) or "no device"
