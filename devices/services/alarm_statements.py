"""Moves of many alarms at once: each statement is guarded by the old status and records its moves.

Rows are locked in the order of their ids everywhere, so that the watch and an operator never wait
for each other in a circle.
"""

_OPEN = "not {0}.status = 'cleared'"
_SAME = "{0}.kind = {1}.kind and {0}.cause = {1}.cause and {0}.place = {1}.place"
_A_OF_S = _SAME.format("a", "s")
_COLUMNS = """kind, cause, place, device_id, feeder_id, command_id, priority, message, value,
    "limit", unit"""
# What a new alarm has not yet, in the order of `_BLANK`.
_REST = """shelved_by, shelved_reason, acknowledged_by, is_group, member_count"""
_BLANK = "'', '', '', false, 0"

ANNOUNCE = f"""
with due as (
    select s.* from devices_alarmsign s
    where s.is_present and s.changed_at + s.delay_on_s * interval '1 second' <= %(at)s
), returned as (
    select a.id from devices_alarm a join due s on {_A_OF_S}
    where a.status = 'returned' order by a.id for update of a
), again as (
    update devices_alarm a set status = 'unacknowledged', raised_at = %(at)s,
        announced_at = %(at)s, returned_at = null, acknowledged_at = null, acknowledged_by = '',
        priority = s.priority, message = s.message, value = s.value, "limit" = s."limit",
        unit = s.unit, device_id = s.device_id, command_id = s.command_id
    from returned r, due s
    where a.id = r.id and {_A_OF_S}
    returning a.id, 'returned' as old
), aside as (
    update devices_alarm a set returned_at = null from due s
    where {_A_OF_S} and a.status = 'shelved' and a.returned_at is not null
), fresh as (
    insert into devices_alarm ({_COLUMNS}, {_REST}, status, raised_at, announced_at)
    select {_COLUMNS}, {_BLANK}, 'unacknowledged', %(at)s, %(at)s
    from due s
    where not exists (select from devices_alarm a where {_A_OF_S} and {_OPEN.format("a")})
    order by s.id
    on conflict do nothing
    returning id, '' as old
), said as (
    insert into devices_alarmstatuschange (alarm_id, old_status, new_status, at, by, reason)
    select id, old, 'unacknowledged', %(at)s, %(by)s, ''
    from (select * from fresh union all select * from again) moved
)
select id from fresh union all select id from again
"""  # noqa: S608 - our own SQL, here and below

# A chattering alarm stays until its cause has kept quiet for a while.
RETURN = f"""
with over as (
    select a.id, a.status from devices_alarm a join devices_alarmsign s on {_A_OF_S}
    where a.status in ('unacknowledged', 'acknowledged') and not a.is_group
      and not s.is_present
      and s.changed_at + greatest(s.delay_off_s,
            case when a.chattering_since is null then 0 else %(quiet_s)s end)
          * interval '1 second' <= %(at)s
    order by a.id for update of a
), moved as (
    update devices_alarm a set returned_at = %(at)s,
        status = case over.status when 'acknowledged' then 'cleared' else 'returned' end
    from over where a.id = over.id
    returning a.id, over.status as old, a.status as new
), aside as (
    update devices_alarm a set returned_at = %(at)s from devices_alarmsign s
    where {_A_OF_S} and a.status = 'shelved' and a.returned_at is null and not a.is_group
      and not s.is_present
), said as (
    insert into devices_alarmstatuschange (alarm_id, old_status, new_status, at, by, reason)
    select id, old, new, %(at)s, %(by)s, 'The cause is gone.' from moved
)
select id from moved
"""  # noqa: S608

# What is done to a group is done to its members.
_WANTED = """
wanted as (
    select a.id, a.status from devices_alarm a
    where (a.id = any(%(ids)s) or a.group_id = any(%(ids)s)) and a.status = any(%(from)s)
    order by a.id for update of a
)"""
_SAID = """
said as (
    insert into devices_alarmstatuschange (alarm_id, old_status, new_status, at, by, reason)
    select id, old, new, %(at)s, %(by)s, %(reason)s from moved
)"""

ACKNOWLEDGE = f"""
with {_WANTED}, moved as (
    update devices_alarm a set acknowledged_at = %(at)s, acknowledged_by = %(by)s,
        status = case w.status when 'returned' then 'cleared' else 'acknowledged' end
    from wanted w where a.id = w.id
    returning a.id, w.status as old, a.status as new
), {_SAID}
select id from moved
"""  # noqa: S608

SHELVE = f"""
with {_WANTED}, moved as (
    update devices_alarm a set status = 'shelved', shelved_at = %(at)s,
        shelved_until = %(until)s, shelved_by = %(by)s, shelved_reason = %(why)s
    from wanted w where a.id = w.id
    returning a.id, w.status as old, a.status as new
), {_SAID}
select id from moved
"""  # noqa: S608

# With its cause still there an alarm comes back as a new one does: somebody has to look at it.
_BACK = """
moved as (
    update devices_alarm a set
        status = case when a.returned_at is null then 'unacknowledged' else 'cleared' end,
        announced_at = case when a.returned_at is null then %(at)s else a.announced_at end,
        acknowledged_at = case when a.returned_at is null then null else a.acknowledged_at end,
        acknowledged_by = case when a.returned_at is null then '' else a.acknowledged_by end
    from wanted w where a.id = w.id
    returning a.id, w.status as old, a.status as new
)"""
UNSHELVE = f"""
with {_WANTED}, {_BACK}, {_SAID}
select id from moved
"""  # noqa: S608
UNSHELVE_DUE = f"""
with wanted as (
    select a.id, a.status from devices_alarm a
    where a.status = 'shelved' and a.shelved_until <= %(at)s
    order by a.id for update of a
), {_BACK}, {_SAID}
select id from moved
"""  # noqa: S608

# Signs that somebody gives by hand, beside those that the watch finds.
NOTE_FACTS = """
insert into devices_alarmsign as s (kind, cause, place, device_id, feeder_id, command_id, priority,
    message, value, "limit", unit, is_present, changed_at, delay_on_s, delay_off_s)
select kind, cause, place, device_id, feeder_id, command_id, priority, message, value, "limit",
    unit, true, %(at)s, 0, 0
from jsonb_to_recordset(%(facts)s::jsonb) as f(
    kind text, cause text, place text, device_id bigint, feeder_id bigint, command_id bigint,
    priority int, message text, value float8, "limit" float8, unit text)
on conflict (kind, cause, place) do update set
    is_present = true, changed_at = %(at)s, priority = excluded.priority,
    message = excluded.message, value = excluded.value, "limit" = excluded."limit",
    unit = excluded.unit, command_id = excluded.command_id
where not s.is_present
"""
END_SIGN = """
update devices_alarmsign set is_present = false, changed_at = %(at)s, delay_off_s = 0
where kind = %(kind)s and cause = %(cause)s and place = %(place)s and is_present
"""
