"""Which limits hold where, and what they were before."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from devices.alarming.limits import WATCHED, Limit, Watched, first_limits
from devices.models import AlarmLimit, Device
from devices.statuses import ALARM_PRIORITIES
from interconnection.models import Feeder

MOST_CHANGES = 100
DEEDS = {"insert": "Decided", "update": "Changed", "delete": "Removed"}


@dataclass(frozen=True, slots=True)
class LimitRow:
    """One limit of the list; `row` is None for what holds from the beginning."""

    watched: Watched
    limit: Limit
    scope: str
    row: AlarmLimit | None

    @property
    def priority_label(self) -> str:
        return ALARM_PRIORITIES[self.limit.priority]


@dataclass(frozen=True, slots=True)
class LimitChange:
    """One decision of the past, in words."""

    at: datetime
    who: str
    what: str
    reason: str


def limit_rows() -> list[LimitRow]:
    """By what is watched, the fleet's first and then from wide to narrow."""
    decided = list(AlarmLimit.objects.select_related("feeder").order_by("feeder__name", "pk"))
    has_own = {row.kind for row in decided if row.rank == 0}
    rows = [
        LimitRow(WATCHED[first.kind], first, "the whole fleet, to begin with", None)
        for first in first_limits(settings.GRID_FREQUENCY_HZ)
        if first.kind not in has_own
    ]
    rows += [LimitRow(WATCHED[row.kind], row.as_limit(), row.scope, row) for row in decided]
    order = list(WATCHED)
    return sorted(rows, key=lambda one: (order.index(one.watched.kind), _rank(one)))


def limit_at(kind: str, feeder: Feeder | None, device_kind: str) -> Limit:
    """What holds at a scope now, by the narrowest limit that fits."""
    fitting = [
        row
        for row in AlarmLimit.objects.filter(kind=kind)
        if row.feeder_id in {None, feeder.pk if feeder else None}
        and row.device_kind in {"", device_kind}
    ]
    if fitting:
        return max(fitting, key=lambda row: row.rank).as_limit()
    return {limit.kind: limit for limit in first_limits(settings.GRID_FREQUENCY_HZ)}[kind]


def limit_changes() -> list[LimitChange]:
    """The newest decisions first, of limits that are gone too."""
    tracked: Any = AlarmLimit
    events = tracked.pgh_event_model
    names = dict(Feeder.objects.values_list("pk", "name"))
    rows = events.objects.order_by("-pgh_id")[:MOST_CHANGES]
    return list(_changes(rows, names))


def _changes(rows: Iterable[Any], names: dict[int, str]) -> Iterable[LimitChange]:
    kinds = dict(Device.Kind.choices)
    removed: set[tuple[int, datetime]] = set()
    for event in rows:
        # Before a row goes, who removes it is written into it: one decision, two events.
        decision = (event.id, event.changed_at)
        if event.pgh_label == "delete":
            removed.add(decision)
        elif decision in removed:
            continue
        watched = WATCHED[event.kind]
        where = names.get(event.feeder_id or 0, "") or "the whole fleet"
        if event.device_kind:
            where += f", each {kinds[event.device_kind].lower()}"
        words = f"{DEEDS[event.pgh_label]}: {watched.label} {event.limit:g} {watched.unit}"
        words += f", {where}: dead-band {event.dead_band:g}, delay {event.delay_on_s} s on and "
        words += f"{event.delay_off_s} s off, priority {event.priority}"
        yield LimitChange(
            event.changed_at,
            event.changed_by,
            words if event.is_enabled else f"{words}, off",
            event.reason,
        )


def _rank(one: LimitRow) -> int:
    return one.row.rank if one.row is not None else 0
