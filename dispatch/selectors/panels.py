"""The command panel for each step of a dispatch, in plain values."""

from typing import Any

from derms.lib.words import say
from derms.ui.console import CommandPanel, EffectRow
from derms.ui.formats import scaled
from devices.models import DeviceCommand
from devices.statuses import COMMAND_OPEN, CommandStatus
from dispatch.cycle import Progress
from dispatch.models import DERGroupDispatch, Setpoint
from dispatch.selectors.dispatches import progress_of, setpoints
from dispatch.selectors.problem import GroupNow
from dispatch.statuses import (
    DISPATCH_IN_FORCE,
    DISPATCH_OVER,
    DISPATCH_PREPARING,
    DispatchFunction,
    DispatchStatus,
)

NEVER = "never sent"


def order_of(dispatch: DERGroupDispatch) -> str:
    power = scaled(dispatch.target_w, unit="W")
    if dispatch.function == DispatchFunction.LIMIT_ACTIVE_POWER:
        return say("Limit to {power}", power=power)
    return say("Set to {power}", power=power)


def range_words(now: GroupNow, limit: tuple[int, int], set_to: tuple[int, int]) -> str:
    return (
        f"Now {scaled(now.capability.power_w, unit='W')} from"
        f" {now.capability.reporting} of {len(now.candidates)} members."
        f" It can be limited between {_span(limit)}, or set between {_span(set_to)}."
    )


def _span(ends_w: tuple[int, int]) -> str:
    return f"{scaled(ends_w[0], unit='W')} and {scaled(ends_w[1], unit='W')}"


def check_panel(dispatch: DERGroupDispatch, *, until: str) -> CommandPanel:
    plan: dict[str, Any] = dispatch.plan
    total = sum(len(plan[part]) for part in ("members", "untouched", "left_out"))
    return CommandPanel(
        step="check",
        group=dispatch.group.name,
        group_id=dispatch.group_id,
        order=f"{order_of(dispatch)} until {until}. {dispatch.reason}",
        reaches=_reaches(plan, total),
        effects=_effects(plan),
        findings=_findings(plan),
        selection_ends_at=dispatch.selection_expires_at,
        token=dispatch.plan_sha256,
    )


def _reaches(plan: dict[str, Any], total: int) -> str:
    words = f"{len(plan['members'])} of {total} members get a set-point"
    if plan["untouched"]:
        words += f"; {len(plan['untouched'])} go on as they are"
    if plan["left_out"]:
        named = "; ".join(f"{row['name']} {row['reason']}" for row in plan["left_out"][:3])
        words += f"; {len(plan['left_out'])} left out: {named}"
    return words


def _effects(plan: dict[str, Any]) -> list[EffectRow]:
    told = plan["members"]
    stored = [row for row in told if row["function"] == "set_active_power"]
    sun = [row for row in told if row["function"] == "limit_active_power"]
    rows = [EffectRow(label="Group output", now=_w(plan["now_w"]), after=_w(plan["expected_w"]))]
    for label, part in (("Limited members", sun), ("Batteries", stored)):
        if part:
            rows.append(
                EffectRow(
                    label=label,
                    now=_w(sum(row["before_w"] for row in part)),
                    after=_w(sum(row["expected_w"] for row in part)),
                )
            )
    if plan["shortfall_w"]:
        rows.append(EffectRow(label="Not met", now="", after=_w(plan["shortfall_w"])))
    return rows


def _findings(plan: dict[str, Any]) -> list[str]:
    found = list(plan["conflicts"])
    if plan["shortfall_reason"]:
        found.append(plan["shortfall_reason"])
    if not plan["members"]:
        found.append("Nobody needs a set-point for this: the group gives it by itself.")
    return found


def _w(power_w: float) -> str:
    return scaled(power_w, unit="W")


def sent_panel(dispatch: DERGroupDispatch, *, until: str) -> CommandPanel:
    points = list(setpoints(dispatch))
    is_over = dispatch.status in DISPATCH_OVER
    is_releasing = dispatch.status in DISPATCH_OVER | {DispatchStatus.RELEASING}
    states = [state_of(point, is_releasing=is_releasing) for point in points]
    confirmed = "released" if is_releasing else "confirmed"
    return CommandPanel(
        step="sent",
        group=dispatch.group.name,
        group_id=dispatch.group_id,
        order=f"{order_of(dispatch)} until {until}. {dispatch.reason}",
        total=len(points),
        counts=(
            (confirmed, states.count("done"), ""),
            ("on the way", states.count("sent") + states.count(""), "part"),
            ("failed", states.count("bad"), "bad"),
        ),
        cells=states,
        laggards=[
            (point.der.name, fault_of(point, is_releasing=is_releasing))
            for point, state in zip(points, states, strict=True)
            if state != "done"
        ][:12],
        is_over=is_over,
    )


def state_of(point: Setpoint, *, is_releasing: bool) -> str:
    """The cell of a member: "" waiting, sent, done or bad."""
    command = _command(point, is_releasing=is_releasing)
    if command is None:
        # It was never written, so there was nothing to take back.
        return "done"
    progress = progress_of(command)
    if progress is Progress.OPEN:
        return "" if command.status == CommandStatus.QUEUED else "sent"
    return "bad" if progress is Progress.FAILED else "done"


def fault_of(point: Setpoint, *, is_releasing: bool) -> str:
    command = _command(point, is_releasing=is_releasing)
    if command is None:
        return NEVER
    if command.fault:
        return command.fault
    if command.status == CommandStatus.QUEUED:
        return "Waits for its gateway"
    if command.status in COMMAND_OPEN:
        return "Written, waiting to be read back"
    return command.get_status_display()


def _command(point: Setpoint, *, is_releasing: bool) -> DeviceCommand | None:
    return point.release_command if is_releasing else point.command


def step_of(dispatch: DERGroupDispatch) -> str:
    """Which step of the panel shows this dispatch."""
    if dispatch.status in DISPATCH_PREPARING:
        return "check"
    return "sent" if dispatch.status in DISPATCH_IN_FORCE | DISPATCH_OVER else "idle"
