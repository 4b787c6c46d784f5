"""Execute and release: set-points and commands in one transaction, once, however often asked."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from customers.models import Customer
from customers.services import queue_notice
from derms.lib.errors import Conflict, Refused
from derms.lib.live import publish_after_commit
from derms.lib.words import Later, day, say
from derms.ui.formats import scaled
from devices.services import CommandOrder, request_commands
from devices.statuses import COMMAND_ENDED, CommandStatus
from dispatch.models import DERGroupDispatch, Setpoint
from dispatch.selectors.dispatches import overlapping, reverts_at, setpoints
from dispatch.services.selection import (
    GroupAlreadyDispatched,
    GroupNotLive,
    NotYourSelection,
    hash_of,
)
from dispatch.statuses import (
    DISPATCH_IN_FORCE,
    DISPATCH_OVER,
    DispatchFunction,
    DispatchStatus,
)
from groups.models import DERGroup
from groups.selectors import members_at
from groups.statuses import GroupStatus
from interconnection.models import DER

# A device left alone lets go after this; gateways write again before half of it.
REVERSION_S = 600
# How long a release is tried before its device is left to its own timer.
RELEASE_LIFE = timedelta(minutes=2)


class SelectionExpired(Conflict):
    """The selection was not executed in time."""

    code = "selection_expired"


class PlanChanged(Conflict):
    """What was checked is not what would be done."""

    code = "plan_changed"


class AlreadyExecuted(Conflict):
    """The dispatch is executed or over, under another plan."""

    code = "already_executed"


class NothingToRelease(Refused):
    """The dispatch is not in force."""

    code = "nothing_to_release"


def execute_dispatch(
    *, dispatch: DERGroupDispatch, token: str, at: datetime, by: str
) -> DERGroupDispatch:
    """Do what was checked; `token` is the plan's hash, and the same press twice is one press.

    Raises SelectionExpired, PlanChanged, AlreadyExecuted, NotYourSelection, GroupNotLive or
    GroupAlreadyDispatched; then nothing has been asked of any device.
    """
    with transaction.atomic():
        group = DERGroup.objects.select_for_update().get(pk=dispatch.group_id)
        held = DERGroupDispatch.objects.select_for_update().get(pk=dispatch.pk)
        held.group = group
        if held.status in DISPATCH_IN_FORCE | DISPATCH_OVER:
            if held.plan_sha256 == token and held.executed_by == by:
                return held
            raise AlreadyExecuted(f"Dispatch {held.pk} was executed by {held.executed_by}.")
        _refuse_if_not_ready(held, token, at=at, by=by)
        _carry_out(held, at=at, by=by)
        held.move(DispatchStatus.EXECUTING, at=at, by=by, executed_at=at, executed_by=by)
        _tell_customers(held, at)
        publish_after_commit("dispatches", {"id": held.pk, "status": str(held.status)})
    return held


def release_dispatch(
    *, dispatch: DERGroupDispatch, at: datetime, by: str, reason: str = ""
) -> DERGroupDispatch:
    """Give every member back to itself; asked twice it is released once."""
    with transaction.atomic():
        held = (
            DERGroupDispatch.objects.select_related("group")
            .select_for_update(of=("self",))
            .get(pk=dispatch.pk)
        )
        if held.status in DISPATCH_OVER | {DispatchStatus.RELEASING}:
            return held
        if held.status not in DISPATCH_IN_FORCE:
            raise NothingToRelease(
                f"Dispatch {held.pk} is {held.get_status_display().lower()}; nothing is in force."
            )
        give_back(held, setpoints(held), at=at, by=by)
        held.move(DispatchStatus.RELEASING, at=at, by=by, reason=reason)
        publish_after_commit("dispatches", {"id": held.pk, "status": str(held.status)})
    return held


def give_back(held: DERGroupDispatch, points: Iterable[Setpoint], *, at: datetime, by: str) -> None:
    """Ask each of these members to run as it likes again, unless that was asked before."""
    open_ones = [
        point for point in points if point.release_command_id is None and _needs_release(point)
    ]
    orders = [_release_order(held, point, at) for point in open_ones]
    commands = {c.device_id: c for c in request_commands(orders, at=at, by=by)}
    for point in open_ones:
        point.release_command = commands[point.device_id]
    Setpoint.objects.bulk_update(open_ones, ["release_command"])


def _refuse_if_not_ready(held: DERGroupDispatch, token: str, *, at: datetime, by: str) -> None:
    if held.status == DispatchStatus.LAPSED or held.selection_expires_at <= at:
        raise SelectionExpired("Selection expired. Check again to re-arm.")
    if held.status != DispatchStatus.CHECKED:
        raise Refused(
            f"Dispatch {held.pk} is {held.get_status_display().lower()}. Check it before executing."
        )
    if held.selected_by != by:
        raise NotYourSelection(f"{held.group.name} is selected by {held.selected_by}, not by you.")
    if held.plan_sha256 != token or hash_of(held.plan) != token:
        raise PlanChanged("This is not the plan that was checked. Check again.")
    if held.group.status != GroupStatus.LIVE:
        raise GroupNotLive(f"{held.group.name} is not live any more.")
    frozen = {
        row["der"] for part in ("members", "left_out", "untouched") for row in held.plan[part]
    }
    if frozen != set(members_at(held.group, at).values_list("der_id", flat=True)):
        raise PlanChanged(f"The members of {held.group.name} changed. Check again.")
    running = overlapping(held.group, at, held.ends_at).first()
    if running is not None:
        raise GroupAlreadyDispatched(f"{held.group.name} is under dispatch {running.pk} already.")


def _carry_out(held: DERGroupDispatch, *, at: datetime, by: str) -> None:
    members: list[dict[str, Any]] = held.plan["members"]
    orders = [_set_order(held, member, at) for member in members]
    commands = {c.device_id: c for c in request_commands(orders, at=at, by=by)}
    Setpoint.objects.bulk_create(
        Setpoint(
            dispatch=held,
            der_id=member["der"],
            device_id=member["device"],
            value_w=member["value_w"],
            before_w=member["before_w"],
            command=commands[member["device"]],
        )
        for member in members
    )


def _set_order(held: DERGroupDispatch, member: dict[str, Any], at: datetime) -> CommandOrder:
    remaining_s = int((held.ends_at - at).total_seconds())
    return CommandOrder(
        device_id=member["device"],
        function=member["function"],
        value_w=member["value_w"],
        reversion_s=max(1, min(REVERSION_S, remaining_s)),
        ramp_s=held.ramp_s,
        not_before=at,
        expires_at=held.ends_at,
        idempotency_key=f"dispatch-{held.pk}-der-{member['der']}-set",
        reason=f"Dispatch {held.pk}: {held.reason}"[:200],
    )


def _needs_release(point: Setpoint) -> bool:
    """Not where nothing was ever written, nor where the device has let go by itself."""
    if point.command.status == CommandStatus.REVERTED:
        return False
    return point.command.sent_at is not None or point.command.status not in COMMAND_ENDED


def _release_order(held: DERGroupDispatch, point: Setpoint, at: datetime) -> CommandOrder:
    by_timer = reverts_at(point.command)
    expires_at = at + RELEASE_LIFE
    return CommandOrder(
        device_id=point.device_id,
        function=point.command.function,
        value_w=None,
        is_release=True,
        reversion_s=0,
        not_before=at,
        expires_at=expires_at if by_timer is None else max(expires_at, by_timer),
        idempotency_key=f"dispatch-{held.pk}-der-{point.der_id}-release",
        reason=f"Release of dispatch {held.pk}",
    )


def words_for(dispatch: DERGroupDispatch) -> str:
    """What was asked, as an operator and a customer read it."""
    power = scaled(dispatch.target_w, unit="W")
    if dispatch.function == DispatchFunction.LIMIT_ACTIVE_POWER:
        return say("limit to {power}", power=power)
    return say("hold {power}", power=power)


def _tell_customers(held: DERGroupDispatch, at: datetime) -> None:
    told = [member["der"] for member in held.plan["members"]]
    points = DER.objects.filter(pk__in=told).values("usage_point")
    for customer in Customer.objects.filter(usage_points__in=points).distinct().order_by("pk"):
        queue_notice(
            customer=customer,
            template="dispatch_started",
            about=f"dispatch-{held.pk}",
            context={
                "group": held.group.name,
                "starts": Later(lambda: day(timezone.localtime(at), "full")),
                "ends": timezone.localtime(held.ends_at).strftime("%H:%M"),
                "what": Later(lambda: f"{words_for(held)} ({held.reason})"),
            },
            at=at,
        )
