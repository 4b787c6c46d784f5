# ruff: noqa: S608  put together from our own names only; values are parameters
"""From quarters of an hour to days, and to strips: a day of a device side by side, for sums."""

from devices.models import ROLLUP_COLUMNS
from devices.services.rolling.statements import COLUMNS, NEWER

SLOTS = range(96)

_QUARTERS = """
select q.*, {day_begins} as day_begins,
       q.silent_from >= {day_begins} as is_inside,
       extract(epoch from q.silent_to - q.silent_from)::float8 as silent_s
from {source}
where q.begins_at >= %(begins_at)s and q.begins_at < %(ends_at)s
"""
# Devices in days of their own, whose ends are the utility's midnights.
_SOME_QUARTERS = _QUARTERS.format(
    day_begins="w.begins_at",
    source="""
unnest(%(devices)s::bigint[], %(begins)s::timestamptz[], %(ends)s::timestamptz[])
    as w(device_id, begins_at, ends_at)
join devices_rollup_quarter_hour q on q.device_id = w.device_id
 and q.begins_at >= w.begins_at and q.begins_at < w.ends_at""",
)
_RANGE_QUARTERS = (
    _QUARTERS.format(
        day_begins="%(begins_at)s::timestamptz", source="devices_rollup_quarter_hour q"
    )
    + "and q.device_id > %(after)s and q.device_id <= %(up_to)s"
)
# A silence that lies in one day counts in it: its energy by counters, and its time where it was
# no gap but the usual distance of two readings.
_PARTS = """
select *, covered_s + case when is_inside and silent_power_w is not null then silent_s else 0 end
       as day_covered_s,
       coalesce(power_mean_w * covered_s, 0)
       + coalesce(case when is_inside then silent_power_w * silent_s end, 0) as power_ws,
       case when is_inside then coalesce(
           silent_injected_wh, greatest(silent_power_w, 0) * silent_s / 3600) end as inside_in_wh,
       case when is_inside then coalesce(
           silent_absorbed_wh, greatest(-silent_power_w, 0) * silent_s / 3600) end
       as inside_out_wh,
       case when is_inside and silent_power_w is not null
            then silent_injected_wh is not null end as is_inside_in_counted,
       case when is_inside and silent_power_w is not null
            then silent_absorbed_wh is not null end as is_inside_out_counted
from quarters
"""
_ENERGY = """
sum(coalesce(energy_{name}_wh, 0) + coalesce(inside_{side}_wh, 0))
    filter (where energy_{name}_wh is not null or inside_{side}_wh is not null)
"""
_COUNTED = """
coalesce(bool_and(is_{name}_counted and is_inside_{side}_counted is not false),
         bool_or(is_inside and silent_{name}_wh is not null))
"""
_MEAN = "sum({name} * covered_s) / nullif(sum(covered_s) filter (where {name} is not null), 0)"
_DAY_VALUES = {
    "covered_s": "sum(day_covered_s)",
    "count": "sum(count)",
    "good_count": "sum(good_count)",
    "power_mean_w": "sum(power_ws) / nullif(sum(day_covered_s), 0)",
    "power_min_w": "min(power_min_w)",
    "power_max_w": "max(power_max_w)",
    "reactive_power_mean_var": _MEAN.format(name="reactive_power_mean_var"),
    "voltage_min_v": "min(voltage_min_v)",
    "voltage_mean_v": _MEAN.format(name="voltage_mean_v"),
    "voltage_max_v": "max(voltage_max_v)",
    "state_of_charge_last_pct": """(array_agg(state_of_charge_last_pct order by begins_at desc)
        filter (where state_of_charge_last_pct is not null))[1]""",
    "energy_injected_wh": _ENERGY.format(name="injected", side="in"),
    "energy_absorbed_wh": _ENERGY.format(name="absorbed", side="out"),
    "is_injected_counted": _COUNTED.format(name="injected", side="in"),
    "is_absorbed_counted": _COUNTED.format(name="absorbed", side="out"),
    "silent_from": "max(silent_from) filter (where not is_inside)",
    "silent_to": "max(silent_to) filter (where not is_inside)",
    "silent_injected_wh": "max(silent_injected_wh) filter (where not is_inside)",
    "silent_absorbed_wh": "max(silent_absorbed_wh) filter (where not is_inside)",
    "silent_power_w": "max(silent_power_w) filter (where not is_inside)",
}
_DAYS = f"""
with quarters as ({{quarters}}), parts as ({_PARTS})
insert into devices_rollup_day (device_id, begins_at, {COLUMNS})
select device_id, day_begins, {", ".join(_DAY_VALUES[name] for name in ROLLUP_COLUMNS)}
from parts group by device_id, day_begins
on conflict (device_id, begins_at) do update set {NEWER}
"""
DAY_OF_RANGE = _DAYS.format(quarters=_RANGE_QUARTERS)
DAYS_OF_SOME = _DAYS.format(quarters=_SOME_QUARTERS)

# Each device has all 96 places, so that what an array holds at a place is its quarter's.
_STRIP_NAMES = [f"p{slot:02}" for slot in SLOTS] + [f"c{slot:02}" for slot in SLOTS]
_STRIP_VALUES = [f"powers[{slot + 1}]" for slot in SLOTS]
_STRIP_VALUES += [f"covers[{slot + 1}]" for slot in SLOTS]
_STRIPS = f"""
insert into devices_power_strip (device_id, day, {", ".join(_STRIP_NAMES)})
select device_id, day, {", ".join(_STRIP_VALUES)} from (
    select w.device_id, w.day, array_agg(q.power_mean_w order by place) as powers,
           array_agg(coalesce(q.covered_s, 0)::smallint order by place) as covers
    from ({{wanted}}) w
    cross join generate_series(0, 95) place
    left join devices_rollup_quarter_hour q on q.device_id = w.device_id
     and q.begins_at = (w.day + place * interval '15 min') at time zone 'UTC'
     and q.begins_at >= %(begins_at)s and q.begins_at < %(ends_at)s
    group by 1, 2
) laid order by day, device_id
on conflict (device_id, day) do update
set {", ".join(f"{name} = excluded.{name}" for name in _STRIP_NAMES)}
"""
STRIPS_OF_RANGE = _STRIPS.format(
    wanted="""
select distinct device_id, %(day)s::date as day from devices_rollup_quarter_hour
where begins_at >= %(begins_at)s and begins_at < %(ends_at)s
  and device_id > %(after)s and device_id <= %(up_to)s"""
)
STRIPS_OF_SOME = _STRIPS.format(
    wanted="select * from unnest(%(devices)s::bigint[], %(days)s::date[]) as s(device_id, day)"
)
