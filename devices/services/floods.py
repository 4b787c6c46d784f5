"""Floods and chattering: many alarms folded into one, and one that comes and goes held still.

Nothing is dropped: every member is an alarm of its own with its own history. A group is one more
urgent than its members, as one cause behind many devices is.
"""

import json
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from devices.models import AlarmKind
from devices.selectors.policy import policy
from devices.services.alarms import SYSTEM, move_alarms
from devices.statuses import AlarmStatus

# Lost devices behind one gateway's address have one cause there; all else is of one feeder.
BY_ENDPOINT = """
    select a.id, a.kind, a.feeder_id, a.priority, a.status, a.raised_at,
        'endpoint ' || d.host || ':' || d.port as group_place,
        'Gateway ' || d.host || ':' || d.port as group_name
    from devices_alarm a join devices_device d on d.id = a.device_id
    where a.kind = 'lost_communication'"""
BY_FEEDER = """
    select a.id, a.kind, a.feeder_id, a.priority, a.status, a.raised_at,
        'feeder ' || f.id as group_place, 'Feeder ' || f.name as group_name
    from devices_alarm a join interconnection_feeder f on f.id = a.feeder_id
    where a.device_id is not null"""
_LOOSE = """
loose as ({which}
      and a.status in ('unacknowledged', 'acknowledged') and a.group_id is null
      and not a.is_group
)"""

FORM = """
with {loose}, many as (
    select kind, group_place, group_name, min(feeder_id) as feeder_id,
        greatest(1, min(priority) - 1) as priority, count(*) as members
    from loose where raised_at > %(at)s - %(window_s)s * interval '1 second'
    group by 1, 2, 3 having count(*) > %(from)s
), returned as (
    select a.id from devices_alarm a join many m on m.kind = a.kind and m.group_place = a.place
    where a.cause = 'group' and a.status = 'returned' order by a.id for update of a
), again as (
    update devices_alarm a set status = 'unacknowledged', returned_at = null,
        raised_at = %(at)s, announced_at = %(at)s, acknowledged_at = null, acknowledged_by = ''
    from returned r where a.id = r.id returning a.id, 'returned' as old
), fresh as (
    insert into devices_alarm (kind, cause, place, feeder_id, priority, message, unit, status,
        raised_at, announced_at, is_group, member_count, acknowledged_by, shelved_by,
        shelved_reason)
    select kind, 'group', group_place, feeder_id, priority,
        group_name || ': ' || case kind when 'lost_communication' then members || ' devices lost'
            else members || ' times ' || lower(%(labels)s::jsonb ->> kind) end,
        '', 'unacknowledged', %(at)s, %(at)s, true, members, '', '', ''
    from many m
    where not exists (
        select from devices_alarm a where a.kind = m.kind and a.cause = 'group'
          and a.place = m.group_place and not a.status = 'cleared')
    on conflict do nothing
    returning id, '' as old
), said as (
    insert into devices_alarmstatuschange (alarm_id, old_status, new_status, at, by, reason)
    select id, old, 'unacknowledged', %(at)s, %(by)s, ''
    from (select * from fresh union all select * from again) formed
)
select id from fresh union all select id from again
"""
# Who joins a group that somebody has seen brings it back: more is lost than he saw.
JOIN = """
with {loose}, joining as (
    select a.id, g.id as group_id from loose l
    join devices_alarm a on a.id = l.id
    join devices_alarm g on g.kind = l.kind and g.cause = 'group' and g.place = l.group_place
     and g.is_group and g.status in ('unacknowledged', 'acknowledged')
    where l.raised_at > g.raised_at - %(window_s)s * interval '1 second'
    order by a.id for update of a
), joined as (
    update devices_alarm a set group_id = j.group_id from joining j where a.id = j.id
    returning a.group_id, a.status
), again as (
    update devices_alarm g set status = 'unacknowledged', announced_at = %(at)s,
        acknowledged_at = null, acknowledged_by = ''
    where g.status = 'acknowledged'
      and g.id in (select group_id from joined where status = 'unacknowledged')
    returning g.id
), said as (
    insert into devices_alarmstatuschange (alarm_id, old_status, new_status, at, by, reason)
    select id, 'acknowledged', 'unacknowledged', %(at)s, %(by)s, 'More joined it.' from again
)
select distinct group_id from joined
"""
COUNT = """
with held as (
    select g.id, count(m.id) as members
    from devices_alarm g
    left join devices_alarm m on m.group_id = g.id
      and (m.status in ('unacknowledged', 'acknowledged')
           or (m.status = 'shelved' and m.returned_at is null))
    where g.is_group and not g.status = 'cleared'
    group by g.id
)
update devices_alarm g set member_count = h.members,
    message = regexp_replace(g.message, ': [0-9]+ ', ': ' || h.members || ' ')
from held h where g.id = h.id and g.member_count <> h.members and h.members > %(end_at)s
returning g.id
"""
# What is left of a group that ends stands alone again.
PART = """
with held as (
    select g.id, g.status, count(m.id) as members
    from devices_alarm g
    left join devices_alarm m on m.group_id = g.id
      and (m.status in ('unacknowledged', 'acknowledged')
           or (m.status = 'shelved' and m.returned_at is null))
    where g.is_group and not g.status = 'cleared'
    group by g.id
), ending as (
    select a.id, a.status from devices_alarm a join held h on h.id = a.id
    where h.members <= %(end_at)s and a.status in ('unacknowledged', 'acknowledged')
    order by a.id for update of a
), moved as (
    update devices_alarm a set returned_at = %(at)s,
        status = case e.status when 'acknowledged' then 'cleared' else 'returned' end
    from ending e where a.id = e.id
    returning a.id, e.status as old, a.status as new
), aside as (
    update devices_alarm g set returned_at =
        case when h.members <= %(end_at)s then coalesce(g.returned_at, %(at)s) end
    from held h where g.id = h.id and g.status = 'shelved'
      and (h.members <= %(end_at)s) <> (g.returned_at is not null)
), said as (
    insert into devices_alarmstatuschange (alarm_id, old_status, new_status, at, by, reason)
    select id, old, new, %(at)s, %(by)s, 'Few enough are left to stand alone.' from moved
)
select id from moved
"""
SET_FREE = """
update devices_alarm a set group_id = null from devices_alarm g
where g.id = a.group_id and g.status in ('returned', 'cleared')
  and a.status in ('unacknowledged', 'acknowledged', 'shelved')
returning a.id
"""

_OFTEN = """
often as (
    select a.kind, a.cause, a.place
    from devices_alarmstatuschange c join devices_alarm a on a.id = c.alarm_id
    where c.new_status = 'unacknowledged' and c.old_status in ('', 'returned')
      and c.at > %(at)s - %(window_s)s * interval '1 second' and not a.is_group
    group by 1, 2, 3 having count(*) >= %(raises)s
)"""
MARK_CHATTERING = f"""
with {_OFTEN}
update devices_alarm a set chattering_since = %(at)s from often o
where a.kind = o.kind and a.cause = o.cause and a.place = o.place
  and not a.status = 'cleared' and a.chattering_since is null
returning a.id
"""  # noqa: S608 - our own SQL, here and below
END_CHATTERING = f"""
with {_OFTEN}
update devices_alarm a set chattering_since = null from devices_alarmsign s
where a.chattering_since is not null and not a.status = 'cleared'
  and s.kind = a.kind and s.cause = a.cause and s.place = a.place
  and s.changed_at < %(at)s - %(quiet_s)s * interval '1 second'
  and not exists (
    select from often o where o.kind = a.kind and o.cause = a.cause and o.place = a.place)
returning a.id
"""  # noqa: S608


def fold_floods(*, at: datetime, by: str = SYSTEM) -> None:
    """Form groups, take in who belongs to them, and part those that are over."""
    figures = policy()
    facts: dict[str, Any] = {
        "at": at,
        "by": by,
        "window_s": figures.group_window_s,
        "from": figures.group_from,
        "end_at": figures.group_from // 2,
        "labels": json.dumps(dict(AlarmKind.choices)),
    }
    with transaction.atomic():
        # Who was in a flood that is over may be in the next one.
        move_alarms(SET_FREE, facts, to=AlarmStatus.UNACKNOWLEDGED)
        for which in (BY_ENDPOINT, BY_FEEDER):
            loose = _LOOSE.format(which=which)
            for statement in (FORM, JOIN):
                move_alarms(statement.format(loose=loose), facts, to=AlarmStatus.UNACKNOWLEDGED)
        move_alarms(COUNT, facts, to=AlarmStatus.UNACKNOWLEDGED)
        move_alarms(PART, facts, to=AlarmStatus.RETURNED)
        move_alarms(SET_FREE, facts, to=AlarmStatus.UNACKNOWLEDGED)


def mark_chattering(*, at: datetime) -> list[int]:
    """Mark what is raised again and again, and unmark what has kept quiet; the ids marked now."""
    figures = policy()
    facts: dict[str, Any] = {
        "at": at,
        "window_s": figures.chatter_window_s,
        "raises": figures.chatter_raises,
        "quiet_s": figures.chatter_quiet_s,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(MARK_CHATTERING, facts)
        marked = [row[0] for row in cursor.fetchall()]
        cursor.execute(END_CHATTERING, facts)
    return marked
