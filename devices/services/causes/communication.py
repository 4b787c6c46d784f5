"""Who does not answer: devices, gateways, and devices that are not the registered ones."""

from datetime import datetime, timedelta

from devices.services.signs import HERE, Question

GATEWAY_SILENT_AFTER = timedelta(seconds=30)
# A gateway that has just begun needs a while to reach a large fleet.
STARTING = timedelta(seconds=30)

_HEARD = f"""{HERE},
heard as (
    select h.*, l.measured_at, l.quality, l.reason, e.heartbeat_at, e.taken_at, c.last_fault,
        coalesce(l.measured_at, h.active_from) as heard_at,
        coalesce(c.failures_in_row > 0 and c.last_fault_kind = 'wrong_device', false)
            as is_stranger
    from here h
    left join devices_latestreading l on l.device_id = h.device_id
    left join devices_devicecondition c on c.device_id = h.device_id
    left join devices_zonelease e on e.zone_id = h.zone_id
)"""  # noqa: S608 - our own SQL, here and below

# Counted from when its gateway could have heard it: while the gateway is away nobody can tell, and
# the silent gateway is an alarm of its own.
_LOST = f"""{_HEARD},
standing as (
    select 'lost_communication' as kind, '' as cause, place, device_id, feeder_id,
        null::bigint as command_id, 3 as priority,
        left(case when measured_at is null then 'Never answered.'
            else 'Silent since ' || to_char(heard_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')
                || ' UTC.' end || coalesce(' ' || nullif(reason, ''), ''), 400) as message,
        null::float8 as value, null::float8 as "limit", '' as unit,
        0 as delay_on_s, 0 as delay_off_s
    from heard
    where not is_stranger
      and heartbeat_at > %(at)s - %(silent_after)s
      and least(heartbeat_at, %(at)s) - heard_at > allowed
      and (taken_at is null or %(at)s - taken_at > %(starting)s)
), judged as (
    select 'lost_communication' as kind, place from heard
    where %(at)s - heard_at <= allowed or is_stranger
)"""  # noqa: S608

_STRANGERS = f"""{_HEARD},
standing as (
    select 'wrong_device' as kind, '' as cause, place, device_id, feeder_id,
        null::bigint as command_id, 2 as priority, last_fault as message,
        null::float8 as value, null::float8 as "limit", '' as unit,
        0 as delay_on_s, 0 as delay_off_s
    from heard where is_stranger
), judged as (
    select 'wrong_device' as kind, place from heard
    where not is_stranger and %(at)s - heard_at <= allowed
)"""  # noqa: S608

_SILENT_ZONES = """
silent as (
    select z.id, z.name, e.heartbeat_at, f.id as feeder_id
    from devices_zone z
    left join devices_zonelease e on e.zone_id = z.id
    left join interconnection_feeder f on lower(f.name) = z.name
    where z.unserved_since <= %(at)s - %(silent_after)s
      and exists (select from devices_device d where d.zone_id = z.id and d.active_to is null)
), standing as (
    select 'gateway_silent' as kind, '' as cause, 'zone ' || name as place,
        null::bigint as device_id, feeder_id, null::bigint as command_id, 1 as priority,
        format('No gateway has served zone %%s %%s: its values are old.', name,
            coalesce('since ' || to_char(heartbeat_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')
                || ' UTC', 'so far')) as message,
        null::float8 as value, null::float8 as "limit", '' as unit,
        0 as delay_on_s, 0 as delay_off_s
    from silent
), judged as (
    select 'gateway_silent' as kind, 'zone ' || name as place from devices_zone
)"""


def lost_communication(_at: datetime) -> Question:
    """Lost after several missed polls, while its gateway was there to hear it."""
    facts = {"silent_after": GATEWAY_SILENT_AFTER, "starting": STARTING}
    return Question(("lost_communication",), _LOST, facts)


def wrong_devices(_at: datetime) -> Question:
    """Another device answers at the address of a registered one."""
    return Question(("wrong_device",), _STRANGERS)


def silent_gateways(_at: datetime) -> Question:
    """Zones that nobody has served for a while; `Zone.unserved_since` is kept by the watch."""
    return Question(("gateway_silent",), _SILENT_ZONES, {"silent_after": GATEWAY_SILENT_AFTER})
