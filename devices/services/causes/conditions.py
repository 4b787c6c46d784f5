"""What slow polls found: local control, and settings that are not as somebody decided."""

from datetime import datetime, timedelta

from django.conf import settings

from devices.services.signs import HERE, Question

_LOCAL = f"""{HERE},
standing as (
    select 'local_control' as kind, '' as cause, h.place, h.device_id, h.feeder_id,
        null::bigint as command_id, 3 as priority,
        'Somebody switched it to local control: it ignores commands.' as message,
        null::float8 as value, null::float8 as "limit", '' as unit,
        0 as delay_on_s, 0 as delay_off_s
    from here h join devices_devicecondition c on c.device_id = h.device_id
    where c.is_local
), judged as (
    select 'local_control' as kind, h.place
    from here h join devices_devicecondition c on c.device_id = h.device_id
    where c.is_local is not null
)"""  # noqa: S608 - our own SQL, here and below

_DRIFT = f"""{HERE},
found as (
    select h.place, h.device_id, h.feeder_id, s.function, s.command_id, s.differs_since,
        s.difference
    from here h join devices_foundsetting s on s.device_id = h.device_id
), standing as (
    select 'setting_drift' as kind, function as cause, place, device_id, feeder_id, command_id,
        3 as priority,
        left(coalesce(nullif(difference, ''),
            'Holds something else for ' || function || ' than was decided.'), 400) as message,
        null::float8 as value, null::float8 as "limit", '' as unit,
        0 as delay_on_s, 0 as delay_off_s
    from found where differs_since <= %(at)s - %(drift_after)s
), judged as (
    select distinct 'setting_drift' as kind, place from found
)"""  # noqa: S608


def local_control(_at: datetime) -> Question:
    """A device whose local/remote switch makes it ignore us."""
    return Question(("local_control",), _LOCAL)


def setting_drift(_at: datetime) -> Question:
    """One cause for each function; the words name who approved or asked what, and when."""
    # What the first slow poll saw may have been a change under way.
    drift_after = timedelta(seconds=2 * settings.SLOW_PERIOD_S)
    return Question(("setting_drift",), _DRIFT, {"drift_after": drift_after})
