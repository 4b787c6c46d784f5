"""Signs: which causes are there, judged for the whole fleet in one statement each.

A question gives two tables. `standing` holds the causes that are there now. `judged` holds the
kinds and places that could be looked at: a sign goes away only where somebody looked, so a device
that does not answer keeps its alarms.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

# Columns of `standing`, in this order.
COLUMNS = """kind, cause, place, device_id, feeder_id, command_id, priority, message, value,
    "limit", unit, delay_on_s, delay_off_s"""

# Every device in service, with the feeder that it hangs on. A zone has the feeder's name in lower
# case, which tells where a device is while its service point is not in the network model.
HERE = """
here as (
    select d.id as device_id, d.kind as device_kind, d.usage_point_id, d.zone_id, z.name as zone,
        d.active_from, 'device ' || d.id as place,
        coalesce(b.feeder_id, f.id) as feeder_id,
        greatest(%(lost_after_s)s, %(missed_polls)s * d.poll_period_s)
            * interval '1 second' as allowed
    from devices_device d
    join devices_zone z on z.id = d.zone_id
    left join interconnection_serviceconnection c on c.usage_point_id = d.usage_point_id
    left join interconnection_distributiontransformer t on t.id = c.transformer_id
    left join interconnection_bus b on b.id = t.bus_id
    left join interconnection_feeder f on lower(f.name) = z.name
    where d.active_to is null
)"""
# From how many missed polls, and from how many seconds at least, a device counts as lost.
MISSED_POLLS, LOST_AFTER_S = 5, 10

_NOTE = """
with {tables},
looked_at as (
    select kind, place from judged
    union
    select s.kind, s.place from devices_alarmsign s
    join devices_device d on d.id = s.device_id and d.active_to is not null
), gone as (
    update devices_alarmsign s set is_present = false, changed_at = %(at)s
    from looked_at j
    where j.kind = s.kind and j.place = s.place and s.kind = any(%(kinds)s) and s.is_present
      and not exists (
        select from standing n
        where n.kind = s.kind and n.cause = s.cause and n.place = s.place)
    returning s.id
), seen as (
    insert into devices_alarmsign as s ({columns}, is_present, changed_at)
    select distinct on (kind, cause, place) {columns}, true, %(at)s from standing
    on conflict (kind, cause, place) do update set
        is_present = true,
        changed_at = case when s.is_present then s.changed_at else %(at)s end,
        device_id = excluded.device_id, feeder_id = excluded.feeder_id,
        command_id = excluded.command_id, priority = excluded.priority,
        message = excluded.message, value = excluded.value, "limit" = excluded."limit",
        unit = excluded.unit, delay_on_s = excluded.delay_on_s,
        delay_off_s = excluded.delay_off_s
    where not s.is_present or s.priority <> excluded.priority
       or s.delay_on_s <> excluded.delay_on_s or s.delay_off_s <> excluded.delay_off_s
    returning s.id
)
select (select count(*) from seen), (select count(*) from gone)
"""
FORGET = """
delete from devices_alarmsign s
where not s.is_present and s.changed_at < %(at)s - interval '1 hour'
  and not exists (
    select from devices_alarm a
    where a.kind = s.kind and a.cause = s.cause and a.place = s.place
      and not a.status = 'cleared')
"""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the whole fleet: SQL that ends with `standing` and `judged`."""

    kinds: tuple[str, ...]
    tables: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def note_signs(question: Question, *, at: datetime) -> tuple[int, int]:
    """Ask, and note what came and what went; returns how many of each."""
    statement = _NOTE.format(tables=question.tables, columns=COLUMNS)
    facts: dict[str, Any] = {
        "at": at,
        "kinds": list(question.kinds),
        "lost_after_s": LOST_AFTER_S,
        "missed_polls": MISSED_POLLS,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, facts | dict(question.facts))
        seen, gone = cursor.fetchone()
    return seen, gone


def forget_signs(*, at: datetime) -> int:
    """Drop signs that have been gone for an hour and whose alarm is over."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, {"at": at})
        return int(cursor.rowcount)
