"""Carrying out one command: prove that it is still wanted, write, read back, record."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from devices.capabilities import (
    Compare,
    ControlRequest,
    DriverFault,
    ExceptionReply,
    Function,
    NotSupported,
    Now,
    ShortReply,
    UnknownOutcome,
    WritePlan,
    parameters_from,
)
from devices.gateway import failpoints
from devices.gateway.confirming import Awaited, can_show
from devices.gateway.ledger import LASTING, Ledger, Order
from devices.gateway.session import Unit
from devices.gateway.writer import Writer
from devices.parameters import ParametersRefused, to_json
from devices.statuses import CommandStatus
from devices.sunspec import SunSpecDevice

MOST_TRIES = 3
MOST_HOLDERS = 5
PAUSE_S = 0.5
# Some devices show a new setting only after a moment.
READ_BACK_AGAIN_S = (0.1, 0.4)
# Slow polls keep the settings younger than this.
SETTINGS_AGE_S = 60.0
SWITCH_AGE_S = 2.0
# A reading this near to a write tells what was before it.
LONGEST_POLL_S = 1.5
Announce = Callable[[Order, str], None]


class NotHeld(DriverFault):
    """The device accepted the write and holds something else."""

    kind = "not_held"
    may_retry = True


class Carrier:
    """Carries out what the ledger gives, one command of a device at a time."""

    def __init__(
        self,
        ledger: Ledger,
        writer: Writer,
        *,
        now: Now,
        is_mine: Callable[[], bool],
        announce: Announce,
    ) -> None:
        self._ledger = ledger
        self._writer = writer
        self.now = now
        self.is_mine = is_mine
        self._announce = announce

    async def carry_out(self, unit: Unit, order: Order) -> None:
        """From taken to verified, or to an end in words; leaves alone what is not ours any more."""
        async with unit.turn:
            attempt = _Attempt(self, unit, order)
            await attempt.run()

    # Shared with keeping -------------------------------------------------------------------------
    async def prepared(self, unit: Unit) -> SunSpecDevice:
        """The device with its settings known and its local/remote switch just looked at."""
        device = await unit.session.ready(unit, at_once=True)
        now = asyncio.get_running_loop().time()
        if not unit.settings_at or now - unit.settings_at > SETTINGS_AGE_S:
            await device.read_settings()
            unit.settings_at = now
        elif now - unit.settings_at > SWITCH_AGE_S:
            await device.look_at_switch()
        unit.backoff.replied()
        return device

    async def write(self, unit: Unit, device: SunSpecDevice, plan: WritePlan) -> None:
        """Write a plan, with a reading kept just before it: settlement counts from there."""
        await self._keep_reading(unit, device)
        unit.writes += 1
        await device.apply(plan)

    async def _keep_reading(self, unit: Unit, device: SunSpecDevice) -> None:
        """The last fast poll is near enough, unless this device is polled slowly."""
        if unit.row.poll_period_s > LONGEST_POLL_S:
            await self._measure(unit, device)
        self._writer.keep_last(unit.row.id)

    async def keep_reading_after(self, unit: Unit, device: SunSpecDevice) -> None:
        """The first reading under a verified command goes into the history as well."""
        self._writer.keep_next(unit.row.id)
        if unit.row.poll_period_s > LONGEST_POLL_S:
            with contextlib.suppress(DriverFault):
                await self._measure(unit, device)

    async def _measure(self, unit: Unit, device: SunSpecDevice) -> None:
        with contextlib.suppress(ExceptionReply, ShortReply, NotSupported):
            measurement = await device.measure(self.now)
            self._writer.measured(unit.row.id, measurement, keep=True)

    def request(self, order: Order) -> ControlRequest:
        """The timer in the device never outlives the command."""
        function = Function(order.function)
        try:
            parameters = parameters_from(function, order.parameters)
        except ParametersRefused as refusal:
            raise NotSupported(f"its parameters cannot be read: {refusal}") from refusal
        if order.is_release:
            return released(order, self.now())
        remaining_s = int((order.expires_at - self.now()).total_seconds())
        return ControlRequest(
            function=function,
            value_w=order.value_w,
            parameters=parameters,
            enable=True,
            reversion_s=max(1, min(order.reversion_s, remaining_s)),
            ramp_s=order.ramp_s,
            afterwards_w=_afterwards_w(order.approved),
        )

    async def may_write(self, order: Order) -> bool:
        """Ask the table, then the lease: the last thing before the wire."""
        return await self._ledger.is_still_wanted(order) and self.is_mine()

    async def record(
        self, order: Order, old: str, new: str, *, reason: str = "", **facts: Any
    ) -> bool:
        if new not in {CommandStatus.SENT, CommandStatus.UNKNOWN, CommandStatus.VERIFIED}:
            facts["ended_at"] = self.now()
        moved = await self._ledger.move(order, old, new, reason=reason, **facts)
        if moved:
            self._announce(order, new)
        return moved

    def is_over(self, order: Order) -> bool:
        return order.expires_at <= self.now()


def released(order: Order, at: datetime) -> ControlRequest:
    """Give the function back: to what was approved for it, else to the device's own default.

    What was approved until some moment gets a timer in the device: at that moment it falls to what
    holds then by itself, whoever can reach it.
    """
    function, approved = Function(order.function), order.approved
    if approved is None and order.before is not None:
        approved = {"is_enabled": True, "value_w": None, "parameters": order.before}
    if approved is None or not approved["is_enabled"]:
        return ControlRequest(function=function, value_w=None, enable=False, reversion_s=0)
    value_w, afterwards_w = approved["value_w"], _afterwards_w(approved)
    left_s = _left_s(approved, at)
    if left_s is not None and left_s < 1:
        value_w, left_s = afterwards_w, None
    return ControlRequest(
        function=function,
        value_w=None if value_w is None else int(value_w),
        parameters=parameters_from(function, approved["parameters"]),
        enable=True,
        reversion_s=left_s or 0,
        afterwards_w=None if left_s is None else afterwards_w,
    )


def _afterwards_w(approved: dict[str, Any] | None) -> int | None:
    """The limit that was approved for the time when nobody holds the device any more."""
    lowest_w = approved.get("afterwards_w") if approved else None
    return None if lowest_w is None else int(lowest_w)


def _left_s(approved: dict[str, Any], at: datetime) -> int | None:
    """Whole seconds for which the approved setting holds; None without an end."""
    until = approved.get("holds_until")
    return None if until is None else int((datetime.fromisoformat(until) - at).total_seconds())


class _NotOurs(Exception):
    """The row was moved by somebody else: nothing more is ours to do."""


class _Attempt:
    """The tries of one command; `status` is what its row says as far as we moved it."""

    def __init__(self, carrier: Carrier, unit: Unit, order: Order) -> None:
        self._carrier = carrier
        self._unit = unit
        self._order = order
        self._status = "leased" if order.status == "queued" else order.status
        self._may_be_written = order.was_interrupted
        self._writes: dict[str, Any] = {}

    async def run(self) -> None:
        with contextlib.suppress(_NotOurs):
            await self._try_until_done()

    async def _try_until_done(self) -> None:
        tries = self._order.attempts
        if tries > MOST_HOLDERS:
            # It may be what ended each of them: no other worker shall die of it.
            words = f"Interrupted {tries - 1} times; nobody knows whether it was written."
            await self._fail(words, tries)
            return
        self._unit.backoff.probe_now()
        while True:
            try:
                await self._try()
            except DriverFault as fault:
                last = fault
            else:
                return
            if not (last.may_retry or isinstance(last, UnknownOutcome)):
                await self._fail(str(last), tries)
                return
            if isinstance(last, UnknownOutcome):
                at = self._carrier.now()
                await self._move("unknown", reason=str(last), sent_at=at, **self._writes)
            if tries >= MOST_TRIES:
                await self._fail(f"Tried {tries} times. {last}", tries)
                return
            await asyncio.sleep(PAUSE_S * tries)
            tries += 1

    async def _try(self) -> None:
        carrier, order = self._carrier, self._order
        device = await carrier.prepared(self._unit)
        plan = device.plan(carrier.request(order))
        if self._may_be_written:
            held, found = await device.read_back(whatever_the_timer(device, plan))
            if held:
                reason = "Found as asked when it was read back."
                await self._verified(plan, found, reason)
                return
        if not await carrier.may_write(order):
            await self._give_up()
            return
        await self._note_before(device)
        self._may_be_written = True
        self._writes |= {
            "register_address": plan.writes[0].addr,
            "registers_written": [r for write in plan.writes for r in write.registers],
        }
        failpoints.reach("before_write")
        await carrier.write(self._unit, device, plan)
        failpoints.reach("after_write")
        sent = asyncio.ensure_future(self._move("sent", sent_at=carrier.now(), **self._writes))
        held, found = await read_back(device, plan)
        await sent
        if not held:
            raise NotHeld(f"the device accepted {plan.writes[-1].registers} and holds {found}")
        await self._verified(plan, found, "; ".join(plan.notes))
        await carrier.keep_reading_after(self._unit, device)

    async def _note_before(self, device: SunSpecDevice) -> None:
        """Keep what stands there now, where only that can be given back to."""
        order = self._order
        if order.function not in LASTING or order.is_release or self._may_be_written:
            return
        before = order.before
        if before is None:
            before = to_json((await device.read_control(Function(order.function))).parameters)
        if before:
            self._writes["found_before"] = before

    async def _verified(self, plan: WritePlan, found: tuple[int, ...], reason: str) -> None:
        facts: dict[str, Any] = {
            "registers_read_back": list(found),
            "register_address": plan.writes[0].addr,
            "reverts_in_device": plan.reverts_in_device,
        }
        if not self._writes and self._order.taken_at is not None:
            # Written by the holder before us, after it had taken it: its timer runs since then.
            facts["sent_at"] = self._order.taken_at
        at = self._carrier.now()
        await self._move("verified", reason=reason, verified_at=at, **facts)
        if can_show(self._order):
            self._unit.awaited += (Awaited(self._order, at),)

    async def _give_up(self) -> None:
        """It is not wanted any more, or not ours: in neither case is anything written."""
        if self._carrier.is_over(self._order):
            await self._move("expired", reason="Its time was over before it could be written.")
        elif self._carrier.is_mine():
            await self._move("superseded", reason="A newer command came.")

    async def _fail(self, words: str, tries: int) -> None:
        await self._move("failed", reason=words, fault=words[:300], attempts=tries)

    async def _move(self, new: str, *, reason: str = "", **facts: Any) -> None:
        if new == self._status:
            return
        old, self._status = self._status, new
        if not await self._carrier.record(self._order, old, new, reason=reason, **facts):
            # Superseded meanwhile, or taken by another worker: it is not ours to decide on.
            raise _NotOurs


async def read_back(device: SunSpecDevice, plan: WritePlan) -> tuple[bool, tuple[int, ...]]:
    held, found = await device.read_back(plan)
    for pause_s in READ_BACK_AGAIN_S:
        if held:
            break
        await asyncio.sleep(pause_s)
        held, found = await device.read_back(plan)
    return held, found


def whatever_the_timer(device: SunSpecDevice, plan: WritePlan) -> WritePlan:
    """The plan, comparing everything but the timer: how long the earlier holder asked for is lost.

    The timer's registers are those that differ when another time is planned.
    """
    request = plan.request
    if not request.enable or not request.reversion_s:
        return plan
    other = device.plan(replace(request, reversion_s=request.reversion_s % 2 + 1))
    writes = tuple(
        replace(
            write,
            compare=tuple(
                Compare.IGNORED if mine != others else rule
                for mine, others, rule in zip(
                    write.registers, twin.registers, write.compare, strict=True
                )
            ),
        )
        for write, twin in zip(plan.writes, other.writes, strict=True)
    )
    return replace(plan, writes=writes)
