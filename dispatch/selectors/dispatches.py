"""Which dispatches there are, for whom, and how far each has come (DI-3)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from customers.models import Right
from customers.selectors import customers_for
from derms.accounts.models import User
from derms.accounts.roles import STAFF_ROLES, Role
from devices.models import DeviceCommand
from devices.statuses import COMMAND_OPEN, CommandStatus
from dispatch.cycle import CommandFacts, DispatchFacts, Progress, Stage
from dispatch.models import Delivery, DERGroupDispatch, DispatchStatusChange, Setpoint
from dispatch.statuses import (
    DISPATCH_IN_FORCE,
    DISPATCH_OVER,
    DISPATCH_PREPARING,
    DispatchStatus,
)
from groups.models import DERGroup
from groups.selectors import groups_for

SEES_EVERY_DISPATCH = STAFF_ROLES | {Role.SYSTEM}
EXECUTED = DISPATCH_IN_FORCE | DISPATCH_OVER
# Clocks of devices and servers differ a little; a timer is trusted only after that.
TIMER_MARGIN = timedelta(seconds=3)


def dispatches() -> QuerySet[DERGroupDispatch]:
    return DERGroupDispatch.objects.select_related("group__feeder").order_by("-pk")


def dispatches_for(user: User) -> QuerySet[DERGroupDispatch]:
    """The utility's people see every dispatch, a third party those of its groups."""
    if user.has_role(*SEES_EVERY_DISPATCH):
        return dispatches()
    return dispatches().filter(group__in=groups_for(user))


def in_force(group: DERGroup | None = None) -> QuerySet[DERGroupDispatch]:
    found = dispatches().filter(status__in=DISPATCH_IN_FORCE)
    return found if group is None else found.filter(group=group)


def held(group: DERGroup, at: datetime) -> DERGroupDispatch | None:
    """The selection by which somebody holds the group now."""
    return (
        dispatches()
        .filter(group=group, status__in=DISPATCH_PREPARING, selection_expires_at__gt=at)
        .first()
    )


def holds(at: datetime) -> QuerySet[DERGroupDispatch]:
    return dispatches().filter(status__in=DISPATCH_PREPARING, selection_expires_at__gt=at)


def overlapping(
    group: DERGroup, starts_at: datetime, ends_at: datetime
) -> QuerySet[DERGroupDispatch]:
    return in_force(group).filter(starts_at__lt=ends_at, ends_at__gt=starts_at)


def month_of(at: datetime) -> datetime:
    """The first moment of this month where the site is."""
    return timezone.localtime(at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def dispatches_this_month(der_ids: Iterable[int], at: datetime) -> Counter[int]:
    """How often each DER was given a set-point since the month began."""
    rows = Setpoint.objects.filter(
        der__in=list(der_ids), dispatch__executed_at__gte=month_of(at)
    ).values_list("der_id", flat=True)
    return Counter(rows)


def setpoints(dispatch: DERGroupDispatch) -> QuerySet[Setpoint]:
    return (
        Setpoint.objects.filter(dispatch=dispatch)
        .select_related(
            "der__usage_point__customer",
            "der__agreement__tariff_version",
            "device",
            "command",
            "release_command",
        )
        .order_by("der__name", "pk")
    )


def status_changes(dispatch: DERGroupDispatch) -> QuerySet[DispatchStatusChange]:
    return DispatchStatusChange.objects.filter(dispatch=dispatch).order_by("-at", "-pk")


def facts_of(dispatch: DERGroupDispatch, points: Sequence[Setpoint]) -> DispatchFacts:
    return DispatchFacts(
        stage=_stage(dispatch.status),
        selection_expires_at=dispatch.selection_expires_at,
        executed_at=dispatch.executed_at,
        ends_at=dispatch.ends_at,
        commands=[_command_facts(point) for point in points],
    )


def _stage(status: str) -> Stage:
    if status in DISPATCH_PREPARING:
        return Stage.PREPARING
    return {
        DispatchStatus.EXECUTING.value: Stage.EXECUTING,
        DispatchStatus.RELEASING.value: Stage.RELEASING,
    }.get(str(status), Stage.ACTIVE)


def progress_of(command: DeviceCommand) -> Progress:
    if command.status in COMMAND_OPEN:
        return Progress.OPEN
    if command.status == CommandStatus.VERIFIED:
        return Progress.VERIFIED
    return Progress.OVER if command.verified_at is not None else Progress.FAILED


def _command_facts(point: Setpoint) -> CommandFacts:
    command, release = point.command, point.release_command
    return CommandFacts(
        name=point.der.name,
        progress=progress_of(command),
        fault=command.fault or _waiting_words(command),
        release=None if release is None else progress_of(release),
        release_fault="" if release is None else release.fault or _waiting_words(release),
        reverts_at=reverts_at(command),
    )


def _waiting_words(command: DeviceCommand) -> str:
    if command.status == CommandStatus.QUEUED:
        return "waits for its gateway"
    if command.status in COMMAND_OPEN:
        return "written, not confirmed yet"
    return command.get_status_display().lower()


def reverts_at(command: DeviceCommand) -> datetime | None:
    """When the device lets go by its own timer, however silent it is; None if nothing was sent."""
    times = (command.refreshed_at, command.verified_at, command.sent_at)
    writes = [moment for moment in times if moment is not None]
    if not writes:
        return None
    return max(writes) + timedelta(seconds=command.reversion_s) + TIMER_MARGIN


def deliveries() -> QuerySet[Delivery]:
    """The newest version for each member of each dispatch."""
    return (
        Delivery.objects.select_related("dispatch__group", "der__usage_point__customer")
        .order_by("dispatch_id", "der_id", "-version")
        .distinct("dispatch_id", "der_id")
    )


def deliveries_of(dispatch: DERGroupDispatch) -> list[Delivery]:
    return sorted(deliveries().filter(dispatch=dispatch), key=lambda one: one.der.name)


def deliveries_for(user: User, at: datetime) -> QuerySet[Delivery]:
    """A customer's own, a third party's customers', or all for the utility's people."""
    if user.has_role(*SEES_EVERY_DISPATCH):
        return deliveries()
    readable = customers_for(user, at, Right.READINGS)
    return deliveries().filter(der__usage_point__customer__in=readable)


def participation(customer_ids: Iterable[int]) -> QuerySet[Setpoint]:
    """Every time one of these customers' DER was given a set-point, newest first (CS-10)."""
    return (
        Setpoint.objects.filter(
            der__usage_point__customer__in=list(customer_ids), dispatch__status__in=EXECUTED
        )
        .select_related(
            "dispatch__group", "der__agreement__tariff_version__tariff", "command", "opt_out"
        )
        .prefetch_related(
            Prefetch("dispatch__deliveries", queryset=Delivery.objects.order_by("version"))
        )
        .order_by("-dispatch__executed_at", "-pk")
    )
