"""Values beyond a limit, with dead-band; the delays are counted by the signs themselves."""

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from devices.alarming.limits import WATCHED, first_limits
from devices.models import AlarmLimit
from devices.services.signs import HERE, Question

# A value that slow polls bring, such as the clock's offset, counts for this many of them.
SLOW_POLLS = 10

# Voltage and frequency belong to the service, however many devices measure it: one alarm, at the
# device that measures worst. What sleeps gives voltages of its own inside, so it is not asked.
# What no device can have is no value: one odd device must not keep the rest from being judged.
_BEYOND = f"""{HERE},
limits as (
    select * from jsonb_to_recordset(%(limits)s::jsonb) as l(
        kind text, feeder_id bigint, device_kind text, "limit" float8, dead_band float8,
        delay_on_s int, delay_off_s int, priority int, is_enabled bool, rank int, sign int,
        label text, unit text)
), loosest as (
    select kind, sign, min(sign * "limit" - dead_band) as bound
    from limits where is_enabled group by 1, 2
), fresh as (
    select h.*, l.*, u.nominal_voltage_v, r.apparent_power_max_rating_va as rated_va,
        l.operating_state not in ('off', 'sleeping') as is_awake
    from here h
    join (select device_id as of_device, measured_at, voltage_v, frequency_hz, active_power_w,
              reactive_power_var, state_of_charge_pct, operating_state
          from devices_latestreading where quality = 'good') l on l.of_device = h.device_id
    join customers_usagepoint u on u.id = h.usage_point_id
    left join devices_device d on d.id = h.device_id
    left join interconnection_der r on r.id = d.der_id
    where %(at)s - l.measured_at <= h.allowed
), measured as (
    select f.device_id, f.device_kind, f.feeder_id, v.*
    from fresh f cross join lateral (values
        ('voltage_high', 'service ' || f.usage_point_id,
            case when is_awake then 100 * voltage_v / nullif(nominal_voltage_v, 0) end),
        ('voltage_low', 'service ' || f.usage_point_id,
            case when is_awake then 100 * voltage_v / nullif(nominal_voltage_v, 0) end),
        ('frequency_high', 'service ' || f.usage_point_id,
            case when is_awake then frequency_hz end),
        ('frequency_low', 'service ' || f.usage_point_id,
            case when is_awake then frequency_hz end),
        ('overload', f.place, case when abs(active_power_w) < 1e12
                and abs(coalesce(reactive_power_var, 0)) < 1e12
            then 100 * sqrt(active_power_w ^ 2 + coalesce(reactive_power_var, 0) ^ 2)
                / nullif(rated_va, 0) end),
        ('charge_low', f.place, state_of_charge_pct),
        ('charge_high', f.place, state_of_charge_pct)
    ) v(kind, place, value)
    where v.value > -1e9 and v.value < 1e9
    union all
    select h.device_id, h.device_kind, h.feeder_id, 'clock_off', h.place, abs(c.clock_offset_s)
    from here h join devices_devicecondition c on c.device_id = h.device_id
    where abs(c.clock_offset_s) < 1e12 and c.supervised_at > %(at)s - %(slow_value_life)s
), near as (
    select m.* from measured m join loosest o on o.kind = m.kind and o.sign * m.value > o.bound
), applied as (
    select distinct on (n.device_id, n.kind) n.*, l."limit", l.dead_band, l.delay_on_s,
        l.delay_off_s, l.priority, l.is_enabled, l.sign, l.label, l.unit
    from near n join limits l on l.kind = n.kind
      and (l.feeder_id is null or l.feeder_id = n.feeder_id)
      and (l.device_kind = '' or l.device_kind = n.device_kind)
    order by n.device_id, n.kind, l.rank desc
), standing as (
    select distinct on (a.kind, a.place) a.kind, '' as cause, a.place, a.device_id, a.feeder_id,
        null::bigint as command_id, a.priority,
        format('%%s %%s %%s: %%s', a.label, trim_scale(round(a."limit"::numeric, 2)), a.unit,
            trim_scale(round(a.value::numeric, 2))) as message,
        a.value, a."limit", a.unit, a.delay_on_s, a.delay_off_s
    from applied a
    left join devices_alarmsign s on s.kind = a.kind and s.cause = '' and s.place = a.place
    where a.is_enabled and a.sign * a.value > a.sign * a."limit"
        - case when coalesce(s.is_present, false) then a.dead_band else 0 end
    order by a.kind, a.place, a.sign * (a.value - a."limit") desc
), judged as (
    select distinct kind, place from measured
)"""  # noqa: S608 - our own SQL


def beyond_limits(_at: datetime) -> Question:
    """Voltage, frequency, load, state of charge and clock, each by the narrowest limit."""
    life = timedelta(seconds=SLOW_POLLS * settings.SLOW_PERIOD_S)
    facts = {"limits": json.dumps(limits_in_force()), "slow_value_life": life}
    return Question(tuple(WATCHED), _BEYOND, facts)


def limits_in_force() -> list[dict[str, Any]]:
    """Every limit with its scope; what nobody decided for the fleet is as it was to begin with."""
    decided = list(AlarmLimit.objects.all())
    rows = [
        asdict(row.as_limit())
        | {"feeder_id": row.feeder_id, "device_kind": row.device_kind, "rank": row.rank}
        for row in decided
    ]
    for_fleet = {row.kind for row in decided if row.rank == 0}
    rows += [
        asdict(first) | {"feeder_id": None, "device_kind": "", "rank": 0}
        for first in first_limits(settings.GRID_FREQUENCY_HZ)
        if first.kind not in for_fleet
    ]
    for row in rows:
        watched = WATCHED[row["kind"]]
        row |= {"sign": watched.sign, "label": watched.label, "unit": watched.unit}
    return rows
