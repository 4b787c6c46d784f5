"""Two groups formed a month ago, and one limit that was in force yesterday at noon."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from derms.accounts.models import User
from derms.demo.fleet_file import House, Machine
from derms.demo.past import PastLimit
from devices.capabilities import Function
from devices.models import CommandStatusChange, Device, DeviceCommand
from devices.selectors import readings_between
from devices.statuses import CommandStatus
from dispatch.disaggregation.solve import LIMIT_POLICY
from dispatch.models import DERGroupDispatch, DispatchStatusChange, Setpoint
from dispatch.services.settling import settle_dispatch
from dispatch.statuses import DispatchFunction, DispatchStatus
from groups.models import DERGroup
from groups.services import approve_group, request_group, take_group_live
from interconnection.models import Feeder

FORMED_BEFORE = timedelta(days=30)
LIMITED_BEFORE = timedelta(hours=22, minutes=30)
LIMITED_FOR = timedelta(hours=1)
LIMIT_SHARE_PCT = 40
REVERSION_S = 600
_D, _C = DispatchStatus, CommandStatus


@dataclass(frozen=True)
class Limited:
    """A member of the limited group: its machine, its device, its DER, its limit."""

    machine: Machine
    device: Device
    der_id: int

    @property
    def limit_w(self) -> int:
        return self.machine.rated_w * LIMIT_SHARE_PCT // 100


def rooftops(houses: Sequence[House], devices: Mapping[str, Device]) -> list[Limited]:
    """Single-phase roofs in Millbrook; the others stay free for groups that visitors form."""
    return [
        Limited(machine, device, device.der_id)
        for house in houses
        if house.feeder == "MILLBROOK" and house.phase != "ABC"
        for machine in house.machines
        if machine.kind == "pv" and machine.is_commissioned
        if (device := devices[machine.key]).der_id is not None
    ]


def storage(houses: Sequence[House], devices: Mapping[str, Device]) -> list[Device]:
    return [
        devices[machine.key]
        for house in houses
        if house.feeder == "HARBOUR"
        for machine in house.machines
        if machine.kind == "battery" and machine.is_commissioned
    ]


def form(
    name: str, purpose: str, members: Sequence[Device], feeder: Feeder, olga: User, *, at: datetime
) -> DERGroup:
    """Asked for by Operations, checked by customer service, taken live by Operations."""
    group = request_group(
        name=name,
        purpose=purpose,
        feeder=feeder,
        der_ids=[device.der_id for device in members if device.der_id is not None],
        user=olga,
        at=at - FORMED_BEFORE,
    )
    approve_group(group=group, at=at - FORMED_BEFORE + timedelta(hours=3), by="cleo")
    take_group_live(group=group, at=at - FORMED_BEFORE + timedelta(hours=4), by="olga")
    return group


def past_limits(members: Sequence[Limited], *, at: datetime) -> list[PastLimit]:
    begins = at - LIMITED_BEFORE
    return [
        PastLimit(member.machine.key, begins, begins + LIMITED_FOR, member.limit_w)
        for member in members
    ]


def record_past_dispatch(
    group: DERGroup, members: Sequence[Limited], *, at: datetime
) -> DERGroupDispatch:
    """The rows that yesterday's limit would have left, and its settlement from the readings."""
    begins = at - LIMITED_BEFORE
    ends = begins + LIMITED_FOR
    plan = {
        "now_w": sum(_before_w(member.device, begins) for member in members),
        "expected_w": sum(member.limit_w for member in members),
        "policy": LIMIT_POLICY,
        "members": [{"device": m.device.pk, "value_w": m.limit_w} for m in members],
    }
    dispatch = DERGroupDispatch.objects.create(
        group=group,
        function=DispatchFunction.LIMIT_ACTIVE_POWER,
        target_w=sum(member.limit_w for member in members),
        starts_at=begins,
        ends_at=ends,
        reason="Voltage above limit at the end of the feeder",
        status=_D.RELEASED,
        selected_at=begins - timedelta(seconds=40),
        selected_by="olga",
        selection_expires_at=begins - timedelta(seconds=10),
        plan=plan,
        plan_sha256=hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest(),
        executed_at=begins,
        executed_by="olga",
        ended_at=ends,
    )
    _record_moves(dispatch, begins, ends)
    for member in members:
        _record_setpoint(dispatch, member)
    settle_dispatch(dispatch_id=dispatch.pk, at=ends + timedelta(seconds=30))
    return dispatch


def _record_moves(dispatch: DERGroupDispatch, begins: datetime, ends: datetime) -> None:
    steps = (
        (_D.SELECTED, _D.CHECKED, -25, "olga"),
        (_D.CHECKED, _D.EXECUTING, 0, "olga"),
        (_D.EXECUTING, _D.ACTIVE, 3, "clock"),
        (_D.ACTIVE, _D.RELEASING, LIMITED_FOR.total_seconds(), "clock"),
        (_D.RELEASING, _D.RELEASED, LIMITED_FOR.total_seconds() + 3, "clock"),
    )
    DispatchStatusChange.objects.bulk_create(
        DispatchStatusChange(
            dispatch=dispatch,
            old_status=old,
            new_status=new,
            at=begins + timedelta(seconds=after_s),
            by=by,
        )
        for old, new, after_s, by in steps
    )


def _record_setpoint(dispatch: DERGroupDispatch, member: Limited) -> None:
    Setpoint.objects.create(
        dispatch=dispatch,
        der_id=member.der_id,
        device=member.device,
        value_w=member.limit_w,
        before_w=_before_w(member.device, dispatch.starts_at),
        command=_command(dispatch, member, is_release=False),
        release_command=_command(dispatch, member, is_release=True),
    )


def _before_w(device: Device, begins: datetime) -> float:
    """The mean of the minute before, from the history."""
    points = readings_between(device.pk, begins - timedelta(minutes=1), begins, max_points=1)
    return next((p.active_power_w for p in points if p.active_power_w is not None), 0.0)


def _command(dispatch: DERGroupDispatch, member: Limited, *, is_release: bool) -> DeviceCommand:
    begins = dispatch.ends_at if is_release else dispatch.starts_at
    verified_at = begins + timedelta(seconds=1)
    command = DeviceCommand.objects.create(
        device=member.device,
        idempotency_key=f"past-{dispatch.pk}-{member.device.pk}-{is_release:d}",
        sequence=2 if is_release else 1,
        function=Function.LIMIT_ACTIVE_POWER,
        is_release=is_release,
        value_w=None if is_release else member.limit_w,
        reversion_s=REVERSION_S,
        not_before=begins,
        expires_at=begins + LIMITED_FOR,
        status=_C.COMPLETED,
        requested_at=begins,
        requested_by="clock" if is_release else "olga",
        attempts=1,
        sent_at=begins + timedelta(milliseconds=400),
        verified_at=verified_at,
        ended_at=verified_at if is_release else dispatch.ends_at,
    )
    moments = {
        (_C.QUEUED, _C.LEASED): begins + timedelta(milliseconds=200),
        (_C.LEASED, _C.SENT): command.sent_at,
        (_C.SENT, _C.VERIFIED): verified_at,
        (_C.VERIFIED, _C.COMPLETED): command.ended_at,
    }
    CommandStatusChange.objects.bulk_create(
        CommandStatusChange(
            command=command, old_status=old, new_status=new, at=moment, by="gateway"
        )
        for (old, new), moment in moments.items()
        if moment is not None
    )
    return command
