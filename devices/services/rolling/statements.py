# ruff: noqa: S608  put together from our own names only; values are parameters
"""From readings to roll-ups in one statement, for all devices of a span or for some of them.

Each reading and the one before it make a pair. A pair that is close enough for its device covers
its time and is split at the borders of intervals. One that is not is a silence: its energy is
known by counters, its course is not, so it counts in an interval that holds all of it, and
otherwise is only named in the interval in which it ended.
"""

from devices.models import ROLLUP_COLUMNS

# When an interval is rolled up, readings are complete up to this far behind its end.
NEAR_S = 20
# However often a device is asked, readings as close as this are no gap.
CLOSE_S = 10.0
COLUMNS = ", ".join(ROLLUP_COLUMNS)
NEWER = ", ".join(f"{name} = excluded.{name}" for name in ROLLUP_COLUMNS)
_NEAR = f"interval '{NEAR_S} s'"
_LEVEL = "make_interval(secs => %(level_s)s)"
_EPOCH = "timestamptz '2000-01-01T00:00:00Z'"

# What no device means, and what PostgreSQL would refuse to reckon with, is no value: one reading
# must not stop the work on all.
_SANE = "case when abs(r.{0}) < 1e-9 then 0 when abs(r.{0}) <= 1e15 then r.{0} end"
_SAID_VALUES = ",\n       ".join(
    f"{_SANE.format(column)} as {name}"
    for column, name in (
        ("active_power_w", "power_w"),
        ("reactive_power_var", "reactive_var"),
        ("voltage_v", "voltage_v"),
        ("energy_injected_wh", "injected_wh"),
        ("energy_absorbed_wh", "absorbed_wh"),
        ("interval_s", "interval_s"),
    )
)
# The same reading may have come twice: of those that are usable the last to arrive counts.
_HEARD = f"""
select distinct on (r.device_id, s.begins_at, r.measured_at)
       r.device_id, s.begins_at as span_begins, s.ends_at as span_ends, r.measured_at as at,
       {_SAID_VALUES}, {_SANE.format("state_of_charge_pct")} as charge_pct,
       r.quality <> 'bad' as is_usable, r.quality = 'good' as is_good
from {{source}}
where r.measured_at >= %(begins_at)s - {_NEAR} and r.measured_at <= %(ends_at)s + {{ahead}}
order by r.device_id, s.begins_at, r.measured_at, r.quality = 'bad', r.received_at desc,
         r.energy_injected_wh desc nulls last, r.active_power_w desc nulls last
"""
# All devices in one span, up to the moment behind it that is known to be complete.
_EVERYBODY = _HEARD.format(
    source="devices_reading r, (select %(begins_at)s::timestamptz as begins_at,"
    " %(ends_at)s::timestamptz as ends_at) s",
    ahead=_NEAR,
)
# Some devices, each in spans of its own that do not overlap.
_SOME = _HEARD.format(
    source=f"""
unnest(%(devices)s::bigint[], %(begins)s::timestamptz[], %(ends)s::timestamptz[])
    as s(device_id, begins_at, ends_at)
join devices_reading r on r.device_id = s.device_id
 and r.measured_at >= s.begins_at - {_NEAR} and r.measured_at <= s.ends_at + {_LEVEL}""",
    ahead=_LEVEL,
)
# What was last heard of those that were silent when the span began, however long ago.
_EARLIER = f"""
select f.device_id, f.span_begins, f.span_ends, b.*
from (
    select device_id, span_begins, span_ends, min(at) filter (where is_usable) as at
    from heard group by 1, 2, 3
) f cross join lateral (
    select r.measured_at as at, {_SAID_VALUES}
    from devices_reading r
    where r.device_id = f.device_id and r.measured_at < f.span_begins - {_NEAR}
      and r.quality <> 'bad'
    order by r.measured_at desc, r.received_at desc limit 1
) b where f.at >= f.span_begins and f.at <= f.span_ends
"""
_PAIRS = """
select device_id, span_begins, span_ends, at, power_w, reactive_var, voltage_v, injected_wh,
       absorbed_wh, interval_s, lag(at) over w as before,
       lag(power_w) over w as power_before_w, lag(reactive_var) over w as reactive_before_var,
       lag(voltage_v) over w as voltage_before_v, lag(injected_wh) over w as injected_before_wh,
       lag(absorbed_wh) over w as absorbed_before_wh
from (
    select device_id, span_begins, span_ends, at, power_w, reactive_var, voltage_v, injected_wh,
           absorbed_wh, interval_s
    from heard where is_usable
    union all select * from earlier
) usable window w as (partition by device_id, span_begins order by at)
"""
# Twice its rating is more than any DER gives; without one, four times what it says it gives.
_JUDGED = """
select p.*, t.whole_s, g.is_gap,
       1000 + t.whole_s / 3600 * coalesce(
           2.0 * der.active_power_rating_at_unity_power_factor_w,
           case when not g.is_gap
                then 1000 + 4 * greatest(abs(p.power_w), abs(p.power_before_w)) end) as most_wh
from pairs p
left join devices_device d on d.id = p.device_id
left join interconnection_der der on der.id = d.der_id
cross join lateral (select extract(epoch from p.at - p.before)::float8 as whole_s) t
cross join lateral (select t.whole_s > greatest(
    %(close_s)s, 3 * d.poll_period_s, 1.5 * p.interval_s) as is_gap) g
where p.before is not null
"""
# A counter that ran backwards or leapt says nothing, unless it went over its end.
_COUNTED = """
case when {now} >= {before} then case when {now} - {before} <= coalesce(most_wh, 'infinity')
                                      then {now} - {before} end
     when {now} < {before} then devices_rolled_over({before}, {now}, most_wh) end
"""
# Of power that runs straight from one reading to the next, what lies on one side of zero.
_FLOWED = """
case when is_gap then null
     when {sign} power_before_w >= 0 and {sign} power_w >= 0
     then {sign} (power_before_w + power_w) / 2
     when {sign} power_before_w <= 0 and {sign} power_w <= 0 then 0
     else greatest({sign} power_before_w, {sign} power_w)
          * (greatest({sign} power_before_w, {sign} power_w) / abs(power_w - power_before_w))
          / 2 end * whole_s / 3600
"""
_KNOWN = f"""
select j.*, not is_gap and whole_s <= %(level_s)s as is_split,
       date_bin({_LEVEL}, before, {_EPOCH}) as first_at,
       date_bin({_LEVEL}, at - interval '1 us', {_EPOCH}) as last_at,
       coalesce(counted_in_wh, flowed_in_wh) as in_wh,
       coalesce(counted_out_wh, flowed_out_wh) as out_wh,
       case when is_gap then null else coalesce(
           (power_before_w + power_w) / 2,
           case when counted_in_wh is not null or counted_out_wh is not null
                then (coalesce(counted_in_wh, 0) - coalesce(counted_out_wh, 0)) * 3600 / whole_s
           end) end as mean_w,
       case when not is_gap then (reactive_before_var + reactive_var) / 2 end as mean_var,
       case when not is_gap then (voltage_before_v + voltage_v) / 2 end as mean_v
from (
    select *, {_COUNTED.format(now="injected_wh", before="injected_before_wh")} as counted_in_wh,
           {_COUNTED.format(now="absorbed_wh", before="absorbed_before_wh")} as counted_out_wh,
           {_FLOWED.format(sign="")} as flowed_in_wh, {_FLOWED.format(sign="-")} as flowed_out_wh
    from judged
) j
"""
# A split pair lies in one interval or in two neighbours; its power runs straight.
_PIECE = """
select device_id, span_begins, span_ends, {interval} as begins_at, c.inside_s,
       mean_w + coalesce((power_w - power_before_w) * extract(
           epoch from ({begins} - before) + ({ends} - at))::float8 / 2 / whole_s, 0) as mean_w,
       mean_var, mean_v,
       in_wh * c.inside_s / whole_s as in_wh, out_wh * c.inside_s / whole_s as out_wh,
       counted_in_wh is not null as is_in_counted, counted_out_wh is not null as is_out_counted,
       null::timestamptz as silent_from, null::timestamptz as silent_to,
       null::float8 as silent_in_wh, null::float8 as silent_out_wh, null::float8 as silent_w
from known
cross join lateral (select extract(epoch from {ends} - {begins})::float8 as inside_s) c
where is_split
"""
_PIECES = f"""
{_PIECE.format(interval="first_at", begins="before", ends=f"least(at, first_at + {_LEVEL})")}
union all
{_PIECE.format(interval="last_at", begins="last_at", ends="at")} and last_at > first_at
union all
select device_id, span_begins, span_ends, last_at, 0, null, null, null, in_wh, out_wh,
       counted_in_wh is not null, counted_out_wh is not null, null, null, null, null, null
from known where not is_split and first_at = last_at
union all
select device_id, span_begins, span_ends, last_at, 0, null, null, null, null, null, null, null,
       before, at, counted_in_wh, counted_out_wh, mean_w
from known where not is_split and first_at < last_at
  and (counted_in_wh is not null or counted_out_wh is not null or mean_w is not null)
"""
_FLOWS = """
select device_id, begins_at, sum(inside_s) filter (where mean_w is not null) as covered_s,
       sum(mean_w * inside_s) / nullif(sum(inside_s) filter (where mean_w is not null), 0)
       as power_mean_w,
       sum(mean_var * inside_s) / nullif(sum(inside_s) filter (where mean_var is not null), 0)
       as reactive_power_mean_var,
       sum(mean_v * inside_s) / nullif(sum(inside_s) filter (where mean_v is not null), 0)
       as voltage_mean_v,
       sum(in_wh) as energy_injected_wh, sum(out_wh) as energy_absorbed_wh,
       bool_and(is_in_counted) filter (where in_wh is not null) as is_injected_counted,
       bool_and(is_out_counted) filter (where out_wh is not null) as is_absorbed_counted,
       max(silent_from) as silent_from, max(silent_to) as silent_to,
       max(silent_in_wh) as silent_injected_wh, max(silent_out_wh) as silent_absorbed_wh,
       max(silent_w) as silent_power_w
from pieces where begins_at >= span_begins and begins_at < span_ends group by 1, 2
"""
_SAID = f"""
select device_id, date_bin({_LEVEL}, at, {_EPOCH}) as begins_at, count(*) as count,
       count(*) filter (where is_good) as good_count,
       min(power_w) filter (where is_usable) as power_min_w,
       max(power_w) filter (where is_usable) as power_max_w,
       min(voltage_v) filter (where is_usable) as voltage_min_v,
       max(voltage_v) filter (where is_usable) as voltage_max_v,
       (array_agg(charge_pct order by at desc)
           filter (where is_usable and charge_pct is not null))[1] as state_of_charge_last_pct
from heard where at >= span_begins and at < span_ends group by 1, 2
"""
_EMPTY = {"covered_s": "coalesce(covered_s, 0)", "count": "coalesce(count, 0)"}
_EMPTY["good_count"] = "coalesce(good_count, 0)"
_VALUES = ", ".join(_EMPTY.get(name, name) for name in ROLLUP_COLUMNS)
# Intervals that begin before `kept_from` have lost readings: what is known of them stays.
_ROLL_UP = f"""
with heard as ({{heard}}), earlier as ({_EARLIER}), pairs as ({_PAIRS}), judged as ({_JUDGED}),
known as ({_KNOWN}), pieces as ({_PIECES}), flows as ({_FLOWS}), said as ({_SAID}),
written as (
    insert into {{table}} as old (device_id, begins_at, {COLUMNS})
    select device_id, begins_at, {_VALUES} from flows full join said using (device_id, begins_at)
    on conflict (device_id, begins_at) do update set {NEWER}
    where old.begins_at >= %(kept_from)s
    returning count
)
select (select coalesce(sum(count), 0)::bigint from written),
       (select coalesce(array_agg(distinct device_id), '{{{{}}}}') from known
        where is_split and before < span_begins and at >= span_begins + {_NEAR})
"""


def for_everybody(table: str) -> str:
    """Rolls up whole intervals of all devices; answers how many readings, and who began earlier.

    Those devices' readings are further apart than the statement looks ahead: the interval before
    the span can only now be told in full, and is to be rolled up again.
    """
    return _ROLL_UP.format(table=table, heard=_EVERYBODY)


def for_some(table: str) -> str:
    """Rolls up given intervals of given devices again."""
    return _ROLL_UP.format(table=table, heard=_SOME)
