"""What devices report of themselves: alarm bits by SunSpec's names, and the state fault."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection

from devices.gateway import DECISIVE, AlarmBit, Meaning, battery_bits, named_bits, port_bits
from devices.models import AlarmKind
from devices.services.signs import HERE, Question

KINDS = {
    Meaning.DANGER: AlarmKind.PROTECTION_TRIP,
    Meaning.TRIP: AlarmKind.PROTECTION_TRIP,
    Meaning.FAULT: AlarmKind.DEVICE_FAULT,
    Meaning.WARNING: AlarmKind.DEVICE_WARNING,
}
STATE_FAULT_PRIORITY = 2
Fact = dict[str, Any]

# Devices that say the same are looked at together, so a storm of one cause is one row here.
_SAY_THE_SAME = """
select array(
        select distinct (m ->> 'id')::int from jsonb_array_elements(
            case when jsonb_typeof(d.discovery -> 'models') = 'array'
                 then d.discovery -> 'models' else '[]' end) m
        where m ->> 'id' = any(%(decisive)s) order by 1) as models,
    d.kind = 'meter' as is_meter, l.alarm_bits, coalesce(c.battery_alarm_bits, 0),
    coalesce(c.port_alarm_bits, 0), l.operating_state = 'fault' as is_fault, array_agg(d.id)
from devices_latestreading l join devices_device d on d.id = l.device_id
left join devices_devicecondition c on c.device_id = l.device_id
where d.active_to is null and (l.alarm_bits <> 0 or l.operating_state = 'fault'
    or c.battery_alarm_bits <> 0 or c.port_alarm_bits <> 0)
group by 1, 2, 3, 4, 5, 6
"""
_REPORTED = f"""{HERE},
said as (
    select r.kind, r.cause, r.priority, r.message, r.value, unnest(r.devices) as device_id
    from jsonb_to_recordset(%(said)s::jsonb) as r(
        kind text, cause text, priority int, message text, value float8, devices bigint[])
), standing as (
    select s.kind, s.cause, h.place, h.device_id, h.feeder_id, null::bigint as command_id,
        s.priority, left(s.message, 400) as message, s.value, null::float8 as "limit",
        '' as unit, 0 as delay_on_s, 0 as delay_off_s
    from said s join here h on h.device_id = s.device_id
), judged as (
    select k.kind, h.place
    from here h join devices_latestreading l on l.device_id = h.device_id
    cross join unnest(%(kinds)s::text[]) as k(kind)
    where %(at)s - l.measured_at <= h.allowed
)"""  # noqa: S608 - our own SQL


def what_devices_report(_at: datetime) -> Question:
    """One cause for each bit; the state fault only where no bit says why."""
    with connection.cursor() as cursor:
        cursor.execute(_SAY_THE_SAME, {"decisive": [str(model) for model in DECISIVE]})
        rows = cursor.fetchall()
    said = [
        {**fact, "devices": devices}
        for models, is_meter, raw, battery, ports, is_fault, devices in rows
        for fact in _facts(
            [
                *named_bits(models, raw, is_meter=is_meter),
                *battery_bits(battery),
                *port_bits(ports),
            ],
            is_fault=is_fault,
        )
    ]
    kinds = tuple(dict.fromkeys(str(kind) for kind in KINDS.values()))
    return Question(kinds, _REPORTED, {"said": json.dumps(said)})


def _facts(bits: list[AlarmBit], *, is_fault: bool) -> Iterator[Fact]:
    explains = False
    for bit in bits:
        explains = explains or bit.meaning is not Meaning.WARNING
        yield {
            "kind": str(KINDS[bit.meaning]),
            "cause": bit.cause,
            "priority": bit.priority,
            "message": f"{bit.message}.",
            "value": None,
        }
    if is_fault and not explains:
        yield {
            "kind": str(AlarmKind.DEVICE_FAULT),
            "cause": "state",
            "priority": STATE_FAULT_PRIORITY,
            "message": "The device is in the state fault and does not say why.",
            "value": None,
        }
