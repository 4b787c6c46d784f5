"""One dispatch as its page shows it: members, commands, changes, result."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q

from derms.lib.units import SECONDS_PER_HOUR
from devices.models import DeviceCommand
from devices.statuses import CommandStatus
from dispatch.models import Delivery, DERGroupDispatch, Setpoint
from dispatch.selectors.dispatches import deliveries_of, setpoints, status_changes
from dispatch.selectors.panels import fault_of, order_of, state_of
from dispatch.statuses import (
    DISPATCH_IN_FORCE,
    DISPATCH_KINDS,
    DISPATCH_OVER,
    DispatchStatus,
)

COMMAND_KINDS: dict[str, str] = {
    CommandStatus.QUEUED: "wait",
    CommandStatus.LEASED: "wait",
    CommandStatus.SENT: "wait",
    CommandStatus.UNKNOWN: "warn",
    CommandStatus.VERIFIED: "active",
    CommandStatus.COMPLETED: "done",
    CommandStatus.REVERTED: "warn",
    CommandStatus.SUPERSEDED: "off",
    CommandStatus.CANCELLED: "off",
    CommandStatus.EXPIRED: "warn",
    CommandStatus.FAILED: "bad",
}


@dataclass(frozen=True, slots=True)
class ListRow:
    """A dispatch in the list."""

    dispatch: DERGroupDispatch
    order: str
    kind: str
    confirmed: int
    total: int


@dataclass(frozen=True, slots=True)
class CommandRow:
    """A member, its set-point and the command that carries it."""

    member: str
    customer: str
    value_w: int
    before_w: float
    command: DeviceCommand
    kind: str
    release: DeviceCommand | None
    release_kind: str
    cell: str
    trouble: str


@dataclass(frozen=True, slots=True)
class ResultRow:
    """What a member delivered; bars in percent of the largest available energy."""

    delivery: Delivery
    delivered_pct: float
    curtailed_pct: float


@dataclass(frozen=True, slots=True)
class Result:
    """The settled sum over the members."""

    rows: Sequence[ResultRow]
    requested_wh: float
    delivered_wh: float
    available_wh: float
    curtailed_wh: float
    uncertainty_wh: float
    payment: Decimal
    gap_s: float


@dataclass(frozen=True, slots=True)
class DispatchPage:
    """Everything on the page of a dispatch."""

    dispatch: DERGroupDispatch
    at: datetime
    order: str
    kind: str
    is_in_force: bool
    is_over: bool
    rows: Sequence[CommandRow]
    cells: Sequence[str]
    parts: Sequence[dict[str, object]]
    timeline: Sequence[dict[str, object]]
    result: Result | None
    elapsed_pct: float


def list_rows(dispatches: Sequence[DERGroupDispatch]) -> list[ListRow]:
    counted = {
        row["dispatch"]: (row["confirmed"], row["total"])
        for row in Setpoint.objects.filter(dispatch__in=dispatches)
        .values("dispatch")
        .annotate(
            total=Count("pk"), confirmed=Count("pk", filter=Q(command__verified_at__isnull=False))
        )
    }
    return [
        ListRow(
            dispatch, order_of(dispatch), DISPATCH_KINDS[dispatch.status],
            *counted.get(dispatch.pk, (0, 0)),
        )
        for dispatch in dispatches
    ]  # fmt: skip


def page_of(dispatch: DERGroupDispatch, at: datetime) -> DispatchPage:
    is_over = dispatch.status in DISPATCH_OVER
    is_releasing = is_over or dispatch.status == DispatchStatus.RELEASING
    rows = [_command_row(point, is_releasing=is_releasing) for point in setpoints(dispatch)]
    begins = dispatch.executed_at or dispatch.starts_at
    whole_s = max(1.0, (dispatch.ends_at - begins).total_seconds())
    return DispatchPage(
        dispatch=dispatch,
        at=at,
        order=order_of(dispatch),
        kind=DISPATCH_KINDS[dispatch.status],
        is_in_force=dispatch.status in DISPATCH_IN_FORCE,
        is_over=is_over,
        rows=rows,
        cells=[row.cell for row in rows],
        parts=_parts([row.cell for row in rows], is_releasing=is_releasing),
        timeline=[
            {
                "at": change.at,
                "who": change.by,
                "what": DispatchStatus(change.new_status).label,
                "reason": change.reason,
            }
            for change in status_changes(dispatch)
        ]
        + [
            {
                "at": dispatch.selected_at,
                "who": dispatch.selected_by,
                "what": "Selected",
                "reason": dispatch.reason,
            }
        ],
        result=_result(deliveries_of(dispatch)),
        elapsed_pct=min(100.0, max(0.0, 100 * (at - begins).total_seconds() / whole_s)),
    )


def _command_row(point: Setpoint, *, is_releasing: bool) -> CommandRow:
    cell = state_of(point, is_releasing=is_releasing)
    release = point.release_command
    return CommandRow(
        member=point.der.name,
        customer=point.der.usage_point.customer.name,
        value_w=point.value_w,
        before_w=point.before_w,
        command=point.command,
        kind=COMMAND_KINDS[point.command.status],
        release=release,
        release_kind="" if release is None else COMMAND_KINDS[release.status],
        cell=cell,
        trouble="" if cell == "done" else fault_of(point, is_releasing=is_releasing),
    )


def _parts(cells: Sequence[str], *, is_releasing: bool) -> list[dict[str, object]]:
    words = "released" if is_releasing else "confirmed"
    counts = (
        (words, cells.count("done"), ""),
        ("on the way", cells.count("sent") + cells.count(""), "part"),
        ("failed", cells.count("bad"), "bad"),
    )
    return [
        {
            "label": label,
            "count": count,
            "kind": kind,
            "percent": 100 * count / len(cells) if cells else 0.0,
        }
        for label, count, kind in counts
    ]


def _result(rows: Sequence[Delivery]) -> Result | None:
    if not rows:
        return None
    largest_wh = max(max(row.available_wh, row.delivered_wh, 1.0) for row in rows)
    return Result(
        rows=[
            ResultRow(
                row,
                100 * max(0.0, row.delivered_wh) / largest_wh,
                100 * max(0.0, row.curtailed_wh) / largest_wh,
            )
            for row in rows
        ],
        requested_wh=_requested_wh(rows),
        delivered_wh=sum(row.delivered_wh for row in rows),
        available_wh=sum(row.available_wh for row in rows),
        curtailed_wh=sum(row.curtailed_wh for row in rows),
        uncertainty_wh=sum(row.uncertainty_wh for row in rows),
        payment=sum((row.payment for row in rows), Decimal(0)),
        gap_s=max(row.gap_s for row in rows),
    )


def _requested_wh(rows: Sequence[Delivery]) -> float:
    """Energy at the group's target for as long as it was in force."""
    one = rows[0]
    hours = (one.measured_to - one.measured_from).total_seconds() / SECONDS_PER_HOUR
    return one.dispatch.target_w * hours
