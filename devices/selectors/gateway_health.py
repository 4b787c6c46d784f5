"""How the gateways do: zones with their owners, and the endpoints behind each zone (DV-2, OP-3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.db import connection

from devices.models import Zone, ZoneLease
from devices.selectors.communication import BUSY_LATENESS_MS, unserved_words

# In the order in which they are drawn and read.
STATES: Mapping[str, tuple[str, str]] = {
    "up": ("Answering", "done"),
    "degraded": ("In trouble", "warn"),
    "open": ("Given up for now", "bad"),
    "unread": ("Not read now", "off"),
    "never": ("Never answered", "idle"),
}
CELL = 7
ROUND_TRIPS_MS = (5, 10, 20, 50, 100, 200, 500)

# One device's state, from what it last said and what the gateway counts of it.
_STATE = """
case when l.device_id is null then 'never'
     when not d.zone_id = any(%(served)s) then 'unread'
     when c.open_since is not null then 'open'
     when l.quality not in ('good', 'substituted') or coalesce(c.failures_in_row, 0) > 0
       or l.measured_at < %(at)s - make_interval(secs => greatest(%(stale_s)s, 3 * d.poll_period_s))
     then 'degraded'
     else 'up' end
"""
_FLEET = """
from devices_device d
left join devices_latestreading l on l.device_id = d.id
left join devices_devicecondition c on c.device_id = d.id
where d.active_to is null
"""
ZONES = f"""
select d.zone_id, {_STATE} as state, count(*), count(distinct (d.host, d.port)),
       sum(1 / greatest(d.poll_period_s, 0.05)) filter (where c.open_since is null),
       sum(c.polls), sum(c.failures)
{_FLEET} group by grouping sets ((1, 2), (1))
"""
ROUND_TRIPS = f"""
with trips as (
    select d.zone_id as zone, c.round_trip_ms as ms,
           width_bucket(c.round_trip_ms, %(edges)s) as bucket
    {_FLEET} and c.round_trip_ms is not null
)
select zone, bucket, count(*), percentile_cont(0.95) within group (order by ms)
from trips group by grouping sets ((zone, bucket), (zone))
"""  # noqa: S608
WAITING = """
select d.zone_id, count(*) filter (where c.not_before <= %(at)s),
       min(c.not_before) filter (where c.not_before <= %(at)s)
from devices_devicecommand c join devices_device d on d.id = c.device_id
where c.status in ('queued', 'leased', 'sent', 'unknown') group by 1
"""
CELLS = f"""
select d.zone_id, d.id, {_STATE} as state {_FLEET}
order by d.zone_id, d.host, d.port, d.unit
"""
_ENDPOINT_FACTS = f"""
select d.host, d.port, count(*) as units,
       count(*) filter (where {_STATE} = 'up') as up,
       count(*) filter (where {_STATE} = 'degraded') as degraded,
       count(*) filter (where {_STATE} = 'open') as open,
       count(*) filter (where {_STATE} = 'unread') as unread,
       count(*) filter (where {_STATE} = 'never') as never,
       max(c.round_trip_ms) as round_trip_ms, sum(c.polls) as polls, sum(c.failures) as failures,
       max(c.failures_in_row) as failures_in_row, min(c.open_since) as open_since,
       min(c.retry_at) as retry_at, max(l.measured_at) as answered_at,
       (array_agg(c.last_fault order by c.last_fault_at desc nulls last))[1] as last_fault,
       max(c.last_fault_at) as last_fault_at, min(d.id) as device
{_FLEET} and d.zone_id = %(zone)s group by 1, 2
"""
ENDPOINTS = f"""
select * from ({_ENDPOINT_FACTS}) e
where %(all)s or e.up < e.units
order by e.up = e.units, e.open desc, e.degraded desc, e.never desc, e.host, e.port
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many devices of a zone are in one state."""

    key: str
    label: str
    kind: str
    count: int
    percent: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One column of the round trips: how many devices answer within `label`."""

    label: str
    count: int
    height_pct: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneHealth:
    """One zone, who serves it, and how its devices are."""

    name: str
    owner: str
    fence: int
    is_served: bool
    heartbeat_age_s: float | None
    term_s: float | None
    lease_left_s: float | None
    lateness_ms: float | None
    words: str
    devices: int
    endpoints: int
    states: Sequence[StateCount]
    polls_per_s: float
    polls_due_per_s: float
    connects: int
    polls: int
    failures: int
    waiting: int
    oldest_s: float | None
    round_trip_p95_ms: float | None
    round_trips: Sequence[Bar]
    cells: Mapping[str, str] = field(default_factory=dict)
    cells_width: int = 0
    cells_height: int = 0

    @property
    def is_late(self) -> bool:
        return bool(self.lateness_ms and self.lateness_ms > BUSY_LATENESS_MS)

    @property
    def failure_pct(self) -> float | None:
        asked = self.polls + self.failures
        return 100 * self.failures / asked if asked else None

    def count_of(self, state: str) -> int:
        return next((one.count for one in self.states if one.key == state), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointHealth:
    """One address, with the units behind it."""

    host: str
    port: int
    units: int
    up: int
    degraded: int
    open: int
    unread: int
    never: int
    round_trip_ms: float | None
    polls: int | None
    failures: int | None
    failures_in_row: int | None
    open_since: datetime | None
    retry_at: datetime | None
    answered_at: datetime | None
    last_fault: str | None
    last_fault_at: datetime | None
    device: int

    @property
    def state(self) -> tuple[str, str]:
        """The worst of its units, in words and their kind."""
        for key in ("open", "degraded", "unread", "never"):
            count: int = getattr(self, key)
            word, kind = STATES[key]
            if count:
                is_all = count == self.units
                return (word if is_all else f"{count} of {self.units} {word.lower()}", kind)
        return STATES["up"]

    @property
    def failure_pct(self) -> float | None:
        asked = (self.polls or 0) + (self.failures or 0)
        return 100 * (self.failures or 0) / asked if asked else None


def zones_health(at: datetime) -> list[ZoneHealth]:
    """Every zone that has devices or was served once: five questions, however large the fleet."""
    zones = list(Zone.objects.select_related("lease").order_by("name"))
    served = [zone.pk for zone in zones if _is_served(zone, at)]
    facts = {
        "at": at,
        "served": served,
        "stale_s": settings.READING_STALE_S,
        "edges": [float(edge) for edge in ROUND_TRIPS_MS],
    }
    counts = _by_zone(_rows(ZONES, facts))
    trips = _by_zone(_rows(ROUND_TRIPS, facts))
    waiting = _by_zone(_rows(WAITING, facts))
    cells = _by_zone(_rows(CELLS, facts))
    return [
        _zone(zone, at, counts.get(zone.pk, []), trips.get(zone.pk, []),
              waiting.get(zone.pk, []), cells.get(zone.pk, []))
        for zone in zones
        if zone.pk in counts or getattr(zone, "lease", None) is not None
    ]  # fmt: skip


def endpoints_of(zone: Zone, at: datetime, *, only_trouble: bool) -> list[EndpointHealth]:
    """The addresses of a zone, those in trouble first."""
    facts: dict[str, Any] = {
        "at": at,
        "served": [zone.pk] if _is_served(zone, at) else [],
        "stale_s": settings.READING_STALE_S,
        "zone": zone.pk,
        "all": not only_trouble,
    }
    with connection.cursor() as cursor:
        cursor.execute(ENDPOINTS, facts)
        columns = [column.name for column in cursor.description or ()]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return [EndpointHealth(**row) for row in rows]


def _is_served(zone: Zone, at: datetime) -> bool:
    lease: ZoneLease | None = getattr(zone, "lease", None)
    return lease is not None and lease.expires_at > at


def _zone(
    zone: Zone,
    at: datetime,
    counts: Sequence[tuple[Any, ...]],
    trips: Sequence[tuple[Any, ...]],
    waiting: Sequence[tuple[Any, ...]],
    cells: Sequence[tuple[Any, ...]],
) -> ZoneHealth:
    lease: ZoneLease | None = getattr(zone, "lease", None)
    is_served = _is_served(zone, at)
    # The line without a state counts the whole zone.
    whole = next((row for row in counts if row[1] is None), (zone.pk, None, 0, 0, 0, 0, 0))
    total, found = whole[2], {row[1]: row[2] for row in counts}
    commands = waiting[0] if waiting else (zone.pk, 0, None)
    paths, height = cell_paths([row[2] for row in cells])
    return ZoneHealth(
        name=zone.name,
        owner=lease.owner if lease else "",
        fence=lease.fence if lease else 0,
        is_served=is_served,
        heartbeat_age_s=_age_s(lease.heartbeat_at, at) if lease else None,
        term_s=_age_s(lease.taken_at, at) if lease and is_served else None,
        lease_left_s=(lease.expires_at - at).total_seconds() if lease and is_served else None,
        lateness_ms=lease.lateness_max_ms if lease else None,
        words="" if is_served else unserved_words(zone.name, lease, at),
        devices=total,
        endpoints=whole[3],
        states=[
            StateCount(key, label, kind, found.get(key, 0), _percent(found.get(key, 0), total))
            for key, (label, kind) in STATES.items()
        ],
        polls_per_s=lease.polls_per_s if lease and is_served else 0.0,
        polls_due_per_s=whole[4] or 0.0 if is_served else 0.0,
        connects=lease.connects if lease else 0,
        polls=int(whole[5] or 0),
        failures=int(whole[6] or 0),
        waiting=commands[1],
        oldest_s=_age_s(commands[2], at),
        round_trip_p95_ms=next((row[3] for row in trips if row[1] is None), None),
        round_trips=_bars(trips),
        cells=paths,
        cells_width=CELL * columns_for(len(cells)) - 2,
        cells_height=height,
    )


def columns_for(count: int) -> int:
    """Few devices get large squares, thousands still fit a panel."""
    return next((columns for columns in (30, 60) if count <= columns * columns / 10), 100)


def cell_paths(states: Sequence[str]) -> tuple[dict[str, str], int]:
    """One square for each device as one path for each state, neighbours of a state in one stroke.

    Thousands of devices draw as four elements; a grid over them parts the squares.
    """
    parts: dict[str, list[str]] = {}
    per_line = columns_for(len(states))
    place = 0
    while place < len(states):
        line, column = divmod(place, per_line)
        same = 1
        while (
            column + same < per_line
            and place + same < len(states)
            and states[place + same] == states[place]
        ):
            same += 1
        top, tall = (2, 3) if states[place] == "degraded" else (0, 5)
        wide = CELL * same - 2
        parts.setdefault(states[place], []).append(
            f"M{CELL * column} {CELL * line + top}h{wide}v{tall}h-{wide}z"
        )
        place += same
    lines = -(-len(states) // per_line)
    return {state: "".join(runs) for state, runs in parts.items()}, CELL * max(1, lines)


def _bars(trips: Sequence[tuple[Any, ...]]) -> list[Bar]:
    counts = {row[1]: row[2] for row in trips if row[1] is not None}
    highest = max(counts.values(), default=0)
    labels = [f"under {ROUND_TRIPS_MS[0]} ms"]
    labels += [f"{low} to {high} ms" for low, high in pairwise(ROUND_TRIPS_MS)]
    labels.append(f"{ROUND_TRIPS_MS[-1]} ms and more")
    return [
        Bar(label, counts.get(place, 0), _percent(counts.get(place, 0), highest))
        for place, label in enumerate(labels)
    ]


def _rows(statement: str, facts: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(facts))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _by_zone(rows: Sequence[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return found


def _age_s(moment: datetime | None, at: datetime) -> float | None:
    return None if moment is None else max(0.0, (at - moment).total_seconds())


def _percent(count: int, of: int) -> float:
    return round(100 * count / of, 2) if of else 0.0
