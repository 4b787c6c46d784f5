"""Select and check: hold the group, compute the plan, freeze it under a hash (DI-3)."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from derms.lib.errors import Conflict, InvalidInput, Refused
from derms.lib.live import publish_after_commit
from derms.ui.formats import scaled
from dispatch.disaggregation import Allocation, Ask, Problem, solve
from dispatch.models import DERGroupDispatch
from dispatch.selectors.dispatches import overlapping
from dispatch.selectors.problem import GroupNow, group_now
from dispatch.statuses import DISPATCH_PREPARING, DispatchFunction, DispatchStatus
from groups.models import DERGroup
from groups.statuses import GroupStatus

SELECTION_LIFE = timedelta(seconds=30)
SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(hours=4)
# With fewer nobody could say what the group will do.
REACHABLE_SHARE = 0.5


class GroupNotLive(Refused):
    """The group is not formed yet, or is being dissolved."""

    code = "group_not_live"


class GroupHeld(Conflict):
    """Another operator has selected the group."""

    code = "group_held"


class GroupAlreadyDispatched(Conflict):
    """The group has a dispatch in this interval."""

    code = "group_already_dispatched"


class TooFewMembers(Refused):
    """Too few members report, or their tariffs allow no further dispatch."""

    code = "too_few_members"


class NotYourSelection(Refused):
    """The selection belongs to somebody else."""

    code = "not_your_selection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an operator wants of a group; `target_w` at its points of common coupling."""

    function: str
    target_w: int
    ends_at: datetime
    reason: str
    ramp_s: int | None = None


def select_dispatch(
    *, group: DERGroup, wish: Wish, at: datetime, by: str, request_key: str | None = None
) -> DERGroupDispatch:
    """Hold the group for 30 s; `request_key` used before gives back its dispatch.

    Raises GroupNotLive, GroupHeld, GroupAlreadyDispatched, TooFewMembers, or InvalidInput beside
    the field that is out of range.
    """
    _check_words(wish, at)
    with transaction.atomic():
        known = _known(request_key, group, wish, at=at, by=by)
        if known is not None:
            return known
        held = DERGroup.objects.select_for_update().get(pk=group.pk)
        _refuse_if_not_free(held, wish, at=at, by=by)
        now = group_now(held, hold_s=(wish.ends_at - at).total_seconds(), at=at)
        _refuse_if_out_of_reach(held, now)
        _refuse_if_out_of_range(held, wish, now)
        dispatch = DERGroupDispatch.objects.create(
            group=held,
            function=wish.function,
            target_w=wish.target_w,
            starts_at=at,
            ends_at=wish.ends_at,
            ramp_s=wish.ramp_s,
            reason=wish.reason.strip(),
            selected_at=at,
            selected_by=by,
            selection_expires_at=at + SELECTION_LIFE,
            request_key=request_key,
        )
        _announce(dispatch)
    return dispatch


def check_dispatch(*, dispatch: DERGroupDispatch, at: datetime, by: str) -> DERGroupDispatch:
    """Compute what each member will be told and freeze it; the hash is the key to execution."""
    with transaction.atomic():
        held = _lock(dispatch)
        _refuse_if_not_yours(held, by)
        if held.status == DispatchStatus.CHECKED:
            return held
        now = group_now(held.group, hold_s=(held.ends_at - at).total_seconds(), at=at)
        plan = _plan(held, now)
        held.move(
            DispatchStatus.CHECKED,
            at=at,
            by=by,
            plan=plan,
            plan_sha256=hash_of(plan),
            selection_expires_at=at + SELECTION_LIFE,
        )
        _announce(held)
    return held


def cancel_selection(*, dispatch: DERGroupDispatch, at: datetime, by: str) -> DERGroupDispatch:
    with transaction.atomic():
        held = _lock(dispatch)
        _refuse_if_not_yours(held, by)
        if held.status == DispatchStatus.CANCELLED:
            return held
        held.move(DispatchStatus.CANCELLED, at=at, by=by)
        _announce(held)
    return held


def hash_of(plan: dict[str, Any]) -> str:
    text = json.dumps(plan, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _lock(dispatch: DERGroupDispatch) -> DERGroupDispatch:
    return (
        DERGroupDispatch.objects.select_related("group")
        .select_for_update(of=("self",))
        .get(pk=dispatch.pk)
    )


def _announce(dispatch: DERGroupDispatch) -> None:
    publish_after_commit("dispatches", {"id": dispatch.pk, "status": str(dispatch.status)})


def _known(
    request_key: str | None, group: DERGroup, wish: Wish, *, at: datetime, by: str
) -> DERGroupDispatch | None:
    """The dispatch of this key; its end is the same as a moment, or as a length from then."""
    known = DERGroupDispatch.objects.filter(request_key=request_key).first()
    if request_key is None or known is None:
        return None
    was = (known.group_id, known.function, known.target_w, known.selected_by)
    is_same_end = wish.ends_at in {known.ends_at, known.ends_at - known.starts_at + at}
    if was != (group.pk, wish.function, wish.target_w, by) or not is_same_end:
        raise Conflict("This Idempotency-Key was used for another request. Use a new one.")
    return known


def _check_words(wish: Wish, at: datetime) -> None:
    fields: dict[str, list[str]] = {}
    if not wish.reason.strip():
        fields["reason"] = ["Say why, for the record and the customers."]
    length = wish.ends_at - at
    if not SHORTEST <= length <= LONGEST:
        fields["duration"] = ["Choose between 1 minute and 4 hours."]
    if wish.ramp_s is not None and wish.ramp_s > length.total_seconds():
        fields["ramp"] = ["The ramp cannot be longer than the dispatch."]
    if wish.function == DispatchFunction.LIMIT_ACTIVE_POWER and wish.target_w < 0:
        fields["target"] = ["A limit cannot be below 0 kW. Use a set-point to charge batteries."]
    if fields:
        raise InvalidInput(" ".join(words[0] for words in fields.values()), fields=fields)


def _refuse_if_not_free(group: DERGroup, wish: Wish, *, at: datetime, by: str) -> None:
    if group.status != GroupStatus.LIVE:
        raise GroupNotLive(
            f"{group.name} is {group.get_status_display().lower()} and cannot be dispatched."
        )
    for other in DERGroupDispatch.objects.filter(group=group, status__in=DISPATCH_PREPARING):
        if other.selection_expires_at <= at:
            other.move(DispatchStatus.LAPSED, at=at, by="clock", reason="Not executed in time.")
        elif other.selected_by == by:
            other.move(DispatchStatus.CANCELLED, at=at, by=by, reason="Selected anew.")
        else:
            raise GroupHeld(
                f"{group.name} is selected by {other.selected_by} until"
                f" {_clock(other.selection_expires_at)}. Try again then.",
                held_by=other.selected_by,
            )
    running = overlapping(group, at, wish.ends_at).first()
    if running is not None:
        raise GroupAlreadyDispatched(
            f"{group.name} is under dispatch {running.pk} of {running.executed_by} until"
            f" {_clock(running.ends_at)}. Release it first.",
            dispatch=running.pk,
        )


def _refuse_if_out_of_reach(group: DERGroup, now: GroupNow) -> None:
    total, able = len(now.candidates), len(now.reachable)
    if able and able >= REACHABLE_SHARE * total:
        return
    reasons = sorted({candidate.obstacle for candidate in now.left_out})
    words = "; ".join(reasons[:3]) or "it has no members"
    raise TooFewMembers(
        f"Only {able} of {total} members of {group.name} can be dispatched: {words.rstrip('.')}."
    )


def _refuse_if_out_of_range(group: DERGroup, wish: Wish, now: GroupNow) -> None:
    lowest_w, highest_w = range_of(wish.function, now)
    if lowest_w <= wish.target_w <= highest_w:
        return
    words = (
        f"{group.name} can be {'limited' if _is_limit(wish.function) else 'set'} between"
        f" {scaled(lowest_w, unit='W')} and {scaled(highest_w, unit='W')} now;"
        f" {scaled(wish.target_w, unit='W')} is out of range."
    )
    raise InvalidInput(words, fields={"target": [words]})


def range_of(function: str, now: GroupNow) -> tuple[int, int]:
    """The targets that can be asked for now, in W."""
    silent_w = sum(candidate.member.present_w for candidate in now.left_out)
    if _is_limit(function):
        rated_w = sum(candidate.member.rated_w for candidate in now.candidates)
        return max(0, silent_w), rated_w
    capability = now.capability
    return (
        round(capability.power_w - capability.down_w) + silent_w,
        round(capability.power_w + capability.up_w) + silent_w,
    )


def _is_limit(function: str) -> bool:
    return function == DispatchFunction.LIMIT_ACTIVE_POWER


def _refuse_if_not_yours(dispatch: DERGroupDispatch, by: str) -> None:
    if dispatch.selected_by != by:
        raise NotYourSelection(
            f"{dispatch.group.name} is selected by {dispatch.selected_by}, not by you."
        )


def _plan(dispatch: DERGroupDispatch, now: GroupNow) -> dict[str, Any]:
    """Everything that execution will do, and why, as plain values."""
    members = [candidate.member for candidate in now.candidates]
    allocation = solve(Problem(Ask(dispatch.function), dispatch.target_w, members))
    told = {share.der_id for share in allocation.shares}
    return {
        "group": dispatch.group_id,
        "function": str(dispatch.function),
        "target_w": dispatch.target_w,
        "ends_at": dispatch.ends_at.isoformat(),
        "ramp_s": dispatch.ramp_s,
        "now_w": sum(member.present_w for member in members),
        "expected_w": allocation.expected_w,
        "committed_w": allocation.committed_w,
        "shortfall_w": allocation.shortfall_w,
        "policy": allocation.policy,
        "shortfall_reason": allocation.reason,
        "members": _told(now, allocation),
        "left_out": [
            {"der": c.der_id, "name": c.name, "power_w": c.member.present_w, "reason": c.obstacle}
            for c in now.left_out
        ],
        "untouched": [
            {"der": c.der_id, "name": c.name, "power_w": c.member.present_w}
            for c in now.reachable
            if c.der_id not in told
        ],
        "conflicts": list(now.conflicts),
    }


def _told(now: GroupNow, allocation: Allocation) -> list[dict[str, Any]]:
    by_der = {candidate.der_id: candidate for candidate in now.candidates}
    return [
        {
            "der": share.der_id,
            "device": by_der[share.der_id].device_id,
            "name": by_der[share.der_id].name,
            "function": str(share.function),
            "before_w": by_der[share.der_id].member.present_w,
            "value_w": share.value_w,
            "expected_w": share.expected_w,
        }
        for share in allocation.shares
    ]


def _clock(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%H:%M:%S")
