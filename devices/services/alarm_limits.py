"""What engineers decide about limits; who, when and why stays with each row's history (DV-5)."""

from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from derms.lib.errors import InvalidInput, NotFound
from devices.alarming.limits import Limit, problems
from devices.models import AlarmLimit
from interconnection.models import Feeder


class AlarmLimitInvalid(InvalidInput):
    """A limit cannot be like this."""

    code = "alarm_limit_invalid"


def set_alarm_limit(
    *, limit: Limit, feeder: Feeder | None, device_kind: str, reason: str, at: datetime, by: str
) -> AlarmLimit:
    """Decide what holds for a kind of alarm at a scope, replacing what was decided before.

    Raises AlarmLimitInvalid with the words beside each field.
    """
    found = {name: [words] for name, words in problems(limit).items()}
    reason = " ".join(reason.split())[:300]
    if not reason:
        found["reason"] = ["Say why: it is kept with the limit."]
    if found:
        raise AlarmLimitInvalid("The limit was not changed.", fields=found)
    decided = asdict(limit) | {"reason": reason, "changed_at": at, "changed_by": by}
    scope = {"kind": decided.pop("kind"), "feeder": feeder, "device_kind": device_kind}
    with transaction.atomic():
        row, _ = AlarmLimit.objects.update_or_create(**scope, defaults=decided)
    return row


def remove_alarm_limit(*, limit_id: int, reason: str, at: datetime, by: str) -> None:
    """Let the next wider scope hold again; raises NotFound, and AlarmLimitInvalid without reason.

    Written once more before it goes, so that its history names who took it away and why.
    """
    reason = " ".join(reason.split())[:300]
    if not reason:
        words = ["Say why: it is kept with the history."]
        raise AlarmLimitInvalid("The limit was not removed.", fields={"reason": words})
    with transaction.atomic():
        row = AlarmLimit.objects.select_for_update(of=("self",)).filter(pk=limit_id).first()
        if row is None:
            raise NotFound(f"There is no limit {limit_id}.")
        row.reason, row.changed_at, row.changed_by = reason, at, by
        row.save(update_fields=["reason", "changed_at", "changed_by"])
        row.delete()
