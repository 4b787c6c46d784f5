"""Differences between register and devices: found by the clock, decided by people (DV-6)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from customers.models import ServiceOrder
from customers.services import open_service_order
from customers.statuses import ServiceOrderStatus
from derms.lib.errors import Conflict, InvalidInput
from devices.models import Device, RegisterDifference
from devices.register.nameplates import (
    BY_KEY,
    Compared,
    Outcome,
    compare_device,
    is_same_as_before,
)
from devices.selectors.differences import device_facts
from devices.services.correcting import correct_register
from devices.statuses import DIFFERENCE_MOVES, DIFFERENCE_STANDING, DifferenceStatus

CLOCK = "register watch"
LOCK = 0x1158
REASON_MAX = 300
ORDER_OPEN = (ServiceOrderStatus.OPEN, ServiceOrderStatus.IN_PROGRESS, ServiceOrderStatus.BLOCKED)
# The same as `move()` on each: compare-and-swap, a recorded row for each that moved.
MOVE = """
with wanted as (
    select * from jsonb_to_recordset(%s::jsonb) as w(id bigint, old text, new text, reason text)
), moved as (
    update devices_registerdifference d set status = w.new
    from wanted w where d.id = w.id and d.status = w.old
    returning d.id, w.old, w.new, w.reason
)
insert into devices_differencestatuschange
    (difference_id, old_status, new_status, at, by, reason)
select id, old, new, %s, %s, reason from moved order by id
"""
UPDATE = """
update devices_registerdifference d set registered = w.registered, said = w.said,
    registered_value = w.registered_value, said_value = w.said_value
from jsonb_to_recordset(%s::jsonb) as w(id bigint, registered text, said text,
    registered_value float8, said_value float8)
where d.id = w.id and d.status = 'open'
"""


class DifferenceChanged(Conflict):
    """A difference is not as the person saw it."""

    code = "difference_changed"


@dataclass(slots=True)
class Found:
    """What one look found: how many began, came back, went, and stand now."""

    began: int = 0
    back: int = 0
    gone: int = 0
    standing: int = 0


@dataclass(slots=True)
class _Plan:
    """What one look has to write."""

    fresh: list[Compared] = field(default_factory=list)
    newer: list[tuple[int, Compared]] = field(default_factory=list)
    moves: list[tuple[RegisterDifference, DifferenceStatus, str]] = field(default_factory=list)


def find_differences(*, at: datetime, today: date) -> Found | None:
    """Compare every device in service with the register, in a fixed number of statements.

    A decision stands while the values stay; an ignored difference comes back on its date. None
    when another worker is looking.
    """
    with transaction.atomic():
        if not _is_alone():
            return None
        standing = {
            (one.device_id, one.attribute): one
            for one in RegisterDifference.objects.filter(
                status__in=DIFFERENCE_STANDING
            ).select_for_update()
        }
        plan, found = _Plan(), Found(standing=len(standing))
        seen: set[int] = set()
        for facts in device_facts():
            seen.add(facts.device_id)
            for compared in compare_device(facts):
                before = standing.get((compared.device_id, compared.attribute))
                _judge(plan, compared, before, today)
        for one in standing.values():
            if one.device_id not in seen:
                plan.moves.append((one, DifferenceStatus.GONE, "The device is out of service."))
        _write(plan, at)
        found.began = len(plan.fresh)
        found.gone = sum(to == DifferenceStatus.GONE for _, to, _ in plan.moves)
        found.back = len(plan.moves) - found.gone
        found.standing += found.began - found.gone
    return found


def accept_differences(
    *, seen: Mapping[int, str], reason: str, at: datetime, by: str
) -> list[RegisterDifference]:
    """Correct the register to what the devices say, for all of these or for none.

    `seen` has for each difference the mark it was shown with. Raises DifferenceChanged, or
    InvalidInput in words when the register cannot be like that.
    """
    with transaction.atomic():
        rows = _as_seen(seen, reason, DifferenceStatus.ACCEPTED)
        correct_register(rows, reason=reason, by=by)
        _decide(rows, DifferenceStatus.ACCEPTED, reason=reason, at=at, by=by)
    return rows


def send_somebody(
    *,
    seen: Mapping[int, str],
    reason: str,
    planned_from: datetime,
    planned_to: datetime,
    at: datetime,
    by: str,
) -> list[ServiceOrder]:
    """Keep what is registered and order a visit to each device; its open visit serves again."""
    with transaction.atomic():
        rows = _as_seen(seen, reason, DifferenceStatus.KEPT)
        orders = []
        by_device: dict[int, list[RegisterDifference]] = {}
        for row in rows:
            by_device.setdefault(row.device_id, []).append(row)
        for device_id, theirs in by_device.items():
            order = _open_visit(device_id) or open_service_order(
                kind=ServiceOrder.Kind.DER_TROUBLE,
                usage_point=theirs[0].device.usage_point,
                summary=_summary(theirs, reason),
                planned_from=planned_from,
                planned_to=planned_to,
                at=at,
                by=by,
            )
            orders.append(order)
            _decide(theirs, DifferenceStatus.KEPT, reason=reason, at=at, by=by, service_order=order)
    return orders


def ignore_differences(
    *, seen: Mapping[int, str], until: date, today: date, reason: str, at: datetime, by: str
) -> list[RegisterDifference]:
    """Leave them out of sight until a day; sooner when the values change."""
    if until <= today:
        words = "Choose a day after today."
        raise InvalidInput(words, fields={"until": [words]})
    with transaction.atomic():
        rows = _as_seen(seen, reason, DifferenceStatus.IGNORED)
        _decide(
            rows, DifferenceStatus.IGNORED, reason=reason, at=at, by=by, ignored_until_date=until
        )
    return rows


def mark_of(row: RegisterDifference) -> str:
    """What tells whether a difference is still as it was shown."""
    return f"{row.status}|{row.registered}|{row.said}"


def _is_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _judge(plan: _Plan, now: Compared, before: RegisterDifference | None, today: date) -> None:
    if before is None:
        if now.outcome == Outcome.DIFFERENT:
            plan.fresh.append(now)
        return
    if now.outcome == Outcome.UNKNOWN:
        return
    if now.outcome == Outcome.SAME:
        plan.moves.append((before, DifferenceStatus.GONE, "Register and device agree."))
    elif before.status == DifferenceStatus.OPEN:
        if (before.registered, before.said) != (now.registered, now.said):
            plan.newer.append((before.pk, now))
    elif not is_same_as_before(BY_KEY[now.attribute], _as_compared(before), now):
        plan.moves.append((before, DifferenceStatus.GONE, "The values changed."))
        plan.fresh.append(now)
    elif before.ignored_until_date is not None and _is_due(before, today):
        plan.moves.append((before, DifferenceStatus.OPEN, "It was ignored until today."))


def _is_due(row: RegisterDifference, today: date) -> bool:
    return (
        row.status == DifferenceStatus.IGNORED
        and row.ignored_until_date is not None
        and row.ignored_until_date <= today
    )


def _as_compared(row: RegisterDifference) -> Compared:
    return Compared(
        row.device_id, row.attribute, Outcome.DIFFERENT, row.registered, row.said,
        row.registered_value, row.said_value,
    )  # fmt: skip


def _write(plan: _Plan, at: datetime) -> None:
    _move(plan.moves, at=at, by=CLOCK)
    if plan.newer:
        content = [
            {
                "id": pk,
                "registered": now.registered,
                "said": now.said,
                "registered_value": now.registered_value,
                "said_value": now.said_value,
            }
            for pk, now in plan.newer
        ]
        with connection.cursor() as cursor:
            cursor.execute(UPDATE, [json.dumps(content)])
    RegisterDifference.objects.bulk_create(
        (
            RegisterDifference(
                device_id=now.device_id,
                attribute=now.attribute,
                registered=now.registered,
                said=now.said,
                registered_value=now.registered_value,
                said_value=now.said_value,
                found_at=at,
            )
            for now in plan.fresh
        ),
        batch_size=1000,
    )


def _move(
    moves: Sequence[tuple[RegisterDifference, DifferenceStatus, str]], *, at: datetime, by: str
) -> None:
    """All in one statement; the table of moves and the database both refuse any other."""
    if not moves:
        return
    for row, to, _ in moves:
        if to not in DIFFERENCE_MOVES[row.status]:
            raise DifferenceChanged(f"{row} is {row.get_status_display().lower()} already.")
    content = [
        {"id": row.pk, "old": row.status, "new": to, "reason": reason} for row, to, reason in moves
    ]
    with connection.cursor() as cursor:
        cursor.execute(MOVE, [json.dumps(content), at, by])
        if cursor.rowcount != len(moves):
            raise DifferenceChanged("Somebody decided one of these meanwhile. Look again.")


def _as_seen(
    seen: Mapping[int, str], reason: str, to: DifferenceStatus
) -> list[RegisterDifference]:
    """The rows, locked, when they are as they were shown and this can be decided of them."""
    if not reason.strip() or len(reason) > REASON_MAX:
        words = f"Say why, in at most {REASON_MAX} characters."
        raise InvalidInput(words, fields={"reason": [words]})
    rows = list(
        RegisterDifference.objects.filter(pk__in=seen)
        .select_related("device__usage_point", "device__der")
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    if not rows:
        words = "Tick at least one difference."
        raise InvalidInput(words, fields={"chosen": [words]})
    for row in rows:
        if mark_of(row) != seen[row.pk] or to not in DIFFERENCE_MOVES[row.status]:
            raise DifferenceChanged(
                f"{row.get_attribute_display()} of {row.device} is not as you saw it. Look at the "
                "list again; nothing was decided."
            )
    return rows


def _decide(
    rows: Iterable[RegisterDifference],
    to: DifferenceStatus,
    *,
    reason: str,
    at: datetime,
    by: str,
    **facts: Any,
) -> None:
    facts |= {"decided_at": at, "decided_by": by, "decision_reason": reason}
    for row in rows:
        row.move(to, at=at, by=by, reason=reason, **facts)


def _open_visit(device_id: int) -> ServiceOrder | None:
    """The visit that another difference of the device waits for."""
    kept = (
        RegisterDifference.objects.filter(
            device=device_id,
            status=DifferenceStatus.KEPT,
            service_order__status__in=ORDER_OPEN,
        )
        .select_related("service_order")
        .first()
    )
    return kept.service_order if kept else None


def _summary(rows: Sequence[RegisterDifference], reason: str) -> str:
    device: Device = rows[0].device
    told = "; ".join(
        f"{row.get_attribute_display().lower()} registered {row.registered or 'nothing'}, "
        f"device says {row.said}"
        for row in rows
    )
    return f"{device.serial_number}: {told}. {reason}"[:200]
