"""What the loop says to the command table.

`held` locks rows in the order of their ids everywhere, so that no two workers or requests wait for
each other. `mine` is empty when the lease is not ours by the database's clock: nothing happens.
"""

# So that the first of thousands are on the wire while the next are being taken. With 1,500 at a
# time it took longer.
MOST_CLAIMED = 500
_MINE = """mine as (
    select 1 from devices_zonelease
    where zone_id = %(zone)s and owner = %(owner)s and fence = %(fence)s
      and expires_at > clock_timestamp()
)"""
# A release gives back to what was approved for the function, where that is known; a setting that
# has no off to what stood there before the commands in force. After its own timer a limit falls to
# what was approved for then.
_ORDER = """c.id, c.device_id, c.function, c.is_release, c.value_w, c.parameters, c.reversion_s,
    c.ramp_s, c.sequence,
    case when c.is_release or c.function = 'limit_active_power' then (
        select jsonb_build_object('is_enabled', a.is_enabled, 'value_w', a.value_w,
                                  'parameters', a.parameters, 'approved_by', a.approved_by,
                                  'holds_until', a.holds_until, 'afterwards_w', a.afterwards_w)
        from devices_approvedsetting a
        where a.device_id = c.device_id and a.function = c.function and a.ended_at is null
    ) end,
    case when c.function in ('ramp_rate', 'enter_service') then (
        select p.found_before from devices_devicecommand p
        where p.device_id = c.device_id and p.function = c.function and p.sequence < c.sequence
          and p.status = 'verified' and p.found_before is not null
        order by p.sequence desc limit 1
    ) end"""
_OPEN = "('queued', 'leased', 'sent', 'unknown')"
_IN_ZONE = "join devices_device d on d.id = c.device_id and d.zone_id = %(zone)s"
# Keeps a question about one row a question about one row. Statistics that know of no open command,
# as between dispatches, make the planner join instead: thousands that come at once are then each
# compared with each.
_FENCE = "offset 0"
# A newer command of the same device and function that may act already.
_NEWER = f"""exists (
    select 1 from devices_devicecommand n
    where n.device_id = c.device_id and n.function = c.function and n.sequence > c.sequence
      and (n.status = 'verified' or (n.status in {_OPEN} and n.not_before <= %(at)s))
    {_FENCE})"""  # noqa: S608 - our own names only, here and below

SUPERSEDE = f"""
with {_MINE}, held as (
    select c.id, c.status from devices_devicecommand c {_IN_ZONE}
    where c.status in {_OPEN} and exists (select from mine) and exists (
        select 1 from devices_devicecommand n
        where n.device_id = c.device_id and n.function = c.function and n.sequence > c.sequence
          and n.status in {_OPEN} and n.not_before <= %(at)s and n.expires_at > %(at)s
        {_FENCE})
    order by c.id for update of c
), moved as (
    update devices_devicecommand c set status = 'superseded', ended_at = %(at)s
    from held where c.id = held.id
    returning c.id, c.device_id, held.status as old
), said as (
    insert into devices_commandstatuschange (command_id, old_status, new_status, at, by, reason)
    select id, old, 'superseded', %(at)s, %(owner)s, 'A newer command came.' from moved
)
select device_id from moved
"""  # noqa: S608

# A release completes what it ends; any other newer command supersedes it.
CLOSE_OLDER = f"""
with {_MINE}, held as (
    select c.id, (
        select n.is_release from devices_devicecommand n
        where n.device_id = c.device_id and n.function = c.function
          and n.sequence > c.sequence and n.verified_at is not null
        order by n.sequence limit 1
    ) as released
    from devices_devicecommand c {_IN_ZONE}
    where c.status = 'verified' and exists (select from mine) and exists (
        select 1 from devices_devicecommand n
        where n.device_id = c.device_id and n.function = c.function
          and n.sequence > c.sequence and n.status = 'verified'
        {_FENCE})
    order by c.id for update of c
), moved as (
    update devices_devicecommand c
    set status = case when released then 'completed' else 'superseded' end, ended_at = %(at)s
    from held where c.id = held.id
    returning c.id, c.device_id, c.status
), said as (
    insert into devices_commandstatuschange (command_id, old_status, new_status, at, by, reason)
    select id, 'verified', status, %(at)s, %(owner)s,
           case when status = 'completed' then 'Its release was verified.'
                else 'A newer command was verified.' end
    from moved
)
select device_id from moved
"""  # noqa: S608

CLAIM = f"""
with {_MINE}, held as (
    select c.id from devices_devicecommand c {_IN_ZONE}
    where c.status = 'queued' and c.not_before <= %(at)s and c.expires_at > %(at)s
      and exists (select from mine) and not exists (
        select 1 from devices_devicecommand n
        where n.device_id = c.device_id and n.function = c.function and n.sequence > c.sequence
          and n.status = 'queued' and n.not_before <= %(at)s and n.expires_at > %(at)s
        {_FENCE})
    order by c.id limit {MOST_CLAIMED} for update of c skip locked
), taken as (
    update devices_devicecommand c
    set status = 'leased', leased_by = %(owner)s, leased_until = %(until)s, fence = %(fence)s,
        attempts = c.attempts + 1
    from held where c.id = held.id
    returning c.*
), said as (
    insert into devices_commandstatuschange (command_id, old_status, new_status, at, by, reason)
    select id, 'queued', 'leased', %(at)s, %(owner)s, '' from taken
)
select {_ORDER}, 'queued', c.expires_at, c.attempts from taken c order by c.id
"""  # noqa: S608

TAKE_INTERRUPTED = f"""
with {_MINE}, held as (
    select c.id, c.leased_until from devices_devicecommand c {_IN_ZONE}
    where c.status in ('leased', 'sent', 'unknown') and c.expires_at > %(at)s
      and (c.fence <> %(fence)s or c.leased_until <= %(at)s)
      and c.id <> all(%(running)s) and exists (select from mine)
    order by c.id limit 5000 for update of c skip locked
), taken as (
    update devices_devicecommand c
    set leased_by = %(owner)s, leased_until = %(until)s, fence = %(fence)s,
        attempts = c.attempts + 1
    from held where c.id = held.id
    returning c.*, held.leased_until as held_until
)
select {_ORDER}, c.status, c.expires_at, c.attempts,
    case when c.status = 'leased' then c.held_until end
from taken c order by c.id
"""  # noqa: S608

REFRESHES_DUE = f"""
with {_MINE}
select {_ORDER}, c.status, c.expires_at, c.attempts
from devices_devicecommand c {_IN_ZONE}
where c.status = 'verified' and not c.is_release and c.reversion_s > 0
  and c.reverts_in_device is not false and c.expires_at > %(at)s + interval '1 second'
  and coalesce(c.refreshed_at, c.sent_at, c.verified_at)
      + c.reversion_s * interval '0.5 second' <= %(at)s
  and c.id <> all(%(running)s) and exists (select from mine) and not {_NEWER}
order by c.id limit 5000
"""  # noqa: S608

OVER = f"""
with {_MINE}
select {_ORDER}, c.status, c.expires_at, c.attempts
from devices_devicecommand c {_IN_ZONE}
where c.status = 'verified' and not c.is_release and c.expires_at <= %(at)s
  and c.id <> all(%(running)s) and exists (select from mine) and not {_NEWER}
order by c.id limit 1000
"""  # noqa: S608

STILL_WANTED = f"""
with {_MINE}
select c.id from devices_devicecommand c
where c.id = any(%(ids)s) and exists (select from mine) and c.expires_at > %(at)s
  and (c.status = 'verified'
       or (c.status in ('leased', 'sent', 'unknown')
           and c.leased_by = %(owner)s and c.fence = %(fence)s))
  and not {_NEWER}
"""  # noqa: S608

NOTE_REFRESHES = f"""
with {_MINE}, given as (
    select * from unnest(%(ids)s::bigint[], %(times)s::timestamptz[]) as g(id, at)
)
update devices_devicecommand c set refreshed_at = g.at from given g
where c.id = g.id and c.status = 'verified' and exists (select from mine)
returning c.id
"""  # noqa: S608

STATUSES = "select id, status, leased_by, fence from devices_devicecommand where id = any(%s)"

# What devices should hold, and what they were found to hold -------------------------------------
IN_FORCE = f"""
select {_ORDER}, c.status, c.expires_at, c.attempts,
    c.requested_by, c.requested_at, c.reason, c.verified_at, c.rewrites,
    c.confirmed_by_measurement_at is not null
from devices_devicecommand c
where c.device_id = any(%(devices)s) and c.status = 'verified' and not c.is_release
  and c.expires_at > %(at)s and not {_NEWER}
"""  # noqa: S608

# On its way, or over and not yet released: nobody can say what the device should hold.
UNSETTLED = f"""
select device_id, function from devices_devicecommand
where device_id = any(%(devices)s) and status in {_OPEN} and not_before <= %(at)s
union
select device_id, function from devices_devicecommand
where device_id = any(%(devices)s) and status = 'verified' and not is_release
  and expires_at <= %(at)s
"""  # noqa: S608

APPROVED = """
select device_id, function, is_enabled, value_w, parameters, approved_by, approved_at, source
from devices_approvedsetting
where device_id = any(%(devices)s) and ended_at is null
  and (holds_until is null or holds_until > %(at)s)
"""

MISSED = """
select device_id, function, command_id, differs_since
from devices_foundsetting where device_id = any(%(devices)s) and differs_since is not null
"""

KEEP_FOUND = """
insert into devices_foundsetting as f
    (device_id, function, read_at, is_enabled, value_w, parameters, registers, command_id,
     differs_since, difference)
select g.device_id, g.function, g.read_at, g.is_enabled, g.value_w, g.parameters, g.registers,
    g.command_id, g.differs_since, g.difference
from jsonb_to_recordset(%s::jsonb) as g(
    device_id bigint, function text, read_at timestamptz, is_enabled bool, value_w float8,
    parameters jsonb, registers int[], command_id bigint, differs_since timestamptz,
    difference text)
join devices_device d on d.id = g.device_id and d.active_to is null
order by g.device_id, g.function
on conflict (device_id, function) do update set
    read_at = excluded.read_at, is_enabled = excluded.is_enabled, value_w = excluded.value_w,
    parameters = excluded.parameters, registers = excluded.registers,
    command_id = excluded.command_id, differs_since = excluded.differs_since,
    difference = excluded.difference
where f.read_at < excluded.read_at
"""

# A command stays verified when it is written again: the change says why and how that went.
NOTE_REWRITES = f"""
with {_MINE}, given as (
    select * from unnest(%(ids)s::bigint[], %(held)s::bool[], %(words)s::text[])
        as g(id, held, words)
), noted as (
    update devices_devicecommand c set rewrites = c.rewrites + 1,
        refreshed_at = case when g.held then %(at)s else c.refreshed_at end
    from given g
    where c.id = g.id and c.status = 'verified' and exists (select from mine)
    returning c.id, c.rewrites, g.words
)
insert into devices_commandstatuschange (command_id, old_status, new_status, at, by, reason)
select id, 'verified', 'verified', %(at)s, %(owner)s,
    words || ' (' || rewrites || ' of ' || %(most)s || ')'
from noted returning command_id
"""  # noqa: S608

CONFIRM = """
update devices_devicecommand c set confirmed_by_measurement_at = g.at
from unnest(%s::bigint[], %s::timestamptz[]) as g(id, at)
where c.id = g.id and c.status = 'verified' and c.confirmed_by_measurement_at is null
"""
