"""Commands that failed, until a newer one of the same device was verified."""

from datetime import datetime, timedelta

from devices.services.signs import HERE, Question

FAILURES_FROM = timedelta(hours=24)

_FAILED = f"""{HERE},
failed as (
    select distinct on (c.device_id) c.device_id, c.id, c.fault
    from devices_devicecommand c
    where c.status = 'failed' and c.ended_at > %(at)s - %(failures_from)s
      and not exists (
        select from devices_devicecommand n
        where n.device_id = c.device_id and n.sequence > c.sequence
          and n.verified_at is not null)
    order by c.device_id, c.sequence desc
), standing as (
    select 'command_failed' as kind, '' as cause, h.place, h.device_id, h.feeder_id,
        f.id as command_id, 2 as priority,
        left('Command ' || f.id || ' failed: ' || f.fault, 400) as message,
        null::float8 as value, null::float8 as "limit", '' as unit,
        0 as delay_on_s, 0 as delay_off_s
    from here h join failed f on f.device_id = h.device_id
), judged as (
    select 'command_failed' as kind, place from here
)"""  # noqa: S608 - our own SQL


def failed_commands(_at: datetime) -> Question:
    """A failure of the last day stands until a newer command of the same device was verified."""
    return Question(("command_failed",), _FAILED, {"failures_from": FAILURES_FROM})
