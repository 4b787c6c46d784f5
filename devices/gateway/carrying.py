"""Carrying out one command: prove that it is still wanted, write, read back, record."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from devices.capabilities import (
    Compare,
    ControlRequest,
    DriverFault,
    Function,
    LocalControl,
    NotSupported,
    Now,
    UnknownOutcome,
    WritePlan,
    parameters_from,
)
from devices.gateway import failpoints
from devices.gateway.ledger import Ledger, Order
from devices.gateway.session import Unit
from devices.parameters import ParametersRefused
from devices.statuses import CommandStatus
from devices.sunspec import SunSpecDevice

MOST_TRIES = 3
MOST_HOLDERS = 5
PAUSE_S = 0.5
# Some devices show a new setting only after a moment.
READ_BACK_AGAIN_S = (0.1, 0.4)
SETTINGS_AGE_S = 30.0
Announce = Callable[[Order, str], None]


class NotHeld(DriverFault):
    """The device accepted the write and holds something else."""

    kind = "not_held"
    may_retry = True


class Carrier:
    """Carries out what the ledger gives, one command of a device at a time."""

    def __init__(
        self, ledger: Ledger, *, now: Now, is_mine: Callable[[], bool], announce: Announce
    ) -> None:
        self._ledger = ledger
        self.now = now
        self.is_mine = is_mine
        self._announce = announce

    async def carry_out(self, unit: Unit, order: Order) -> None:
        """From taken to verified, or to an end in words; leaves alone what is not ours any more."""
        async with unit.turn:
            attempt = _Attempt(self, unit, order)
            await attempt.run()

    async def refresh(self, unit: Unit, order: Order) -> bool:
        """Write a verified command again, so that the device's timer starts anew."""
        async with unit.turn:
            try:
                device = await self.prepared(unit)
                plan = device.plan(self.request(order))
                if not await self.may_write(order):
                    return True
                await device.apply(plan)
                held, _ = await _read_back(device, plan)
            except LocalControl as fault:
                await self.record(order, "verified", CommandStatus.REVERTED, reason=str(fault))
                return True
            except DriverFault:
                return False
            return held and await self._ledger.note_refresh(order, self.now())

    async def look_whether_let_go(self, unit: Unit, order: Order) -> bool:
        """Read whether a device let go of a command whose time is over."""
        async with unit.turn:
            try:
                device = await self.prepared(unit)
                state = await device.read_control(Function(order.function))
            except DriverFault:
                return False
            if state.enabled:
                return False
            reason = "Its time was over and the device let go by itself."
            return await self.record(order, "verified", CommandStatus.REVERTED, reason=reason)

    # Shared by the above -------------------------------------------------------------------------
    async def prepared(self, unit: Unit) -> SunSpecDevice:
        device = await unit.session.ready(unit, at_once=True)
        now = asyncio.get_running_loop().time()
        if not unit.settings_at or now - unit.settings_at > SETTINGS_AGE_S:
            await device.read_settings()
            unit.settings_at = now
        unit.backoff.replied()
        return device

    def request(self, order: Order) -> ControlRequest:
        """The timer in the device never outlives the command."""
        function = Function(order.function)
        try:
            parameters = parameters_from(function, order.parameters)
        except ParametersRefused as refusal:
            raise NotSupported(f"its parameters cannot be read: {refusal}") from refusal
        if order.is_release:
            return _released(function, order.approved)
        remaining_s = int((order.expires_at - self.now()).total_seconds())
        return ControlRequest(
            function=function,
            value_w=order.value_w,
            parameters=parameters,
            enable=True,
            reversion_s=max(1, min(order.reversion_s, remaining_s)),
            ramp_s=order.ramp_s,
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


def _released(function: Function, approved: Mapping[str, Any] | None) -> ControlRequest:
    """Give the function back: to what was approved for it, else to the device's own default."""
    if approved is None or not approved["is_enabled"]:
        return ControlRequest(function=function, value_w=None, enable=False, reversion_s=0)
    value_w = approved["value_w"]
    return ControlRequest(
        function=function,
        value_w=None if value_w is None else int(value_w),
        parameters=parameters_from(function, approved["parameters"]),
        enable=True,
        reversion_s=0,
    )


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
            held, found = await device.read_back(_whatever_the_timer(device, plan))
            if held:
                reason = "Found as asked when it was read back."
                await self._verified(plan, found, reason)
                return
        if not await carrier.may_write(order):
            await self._give_up()
            return
        self._may_be_written = True
        self._writes = {
            "register_address": plan.writes[0].addr,
            "registers_written": [r for write in plan.writes for r in write.registers],
        }
        failpoints.reach("before_write")
        await device.apply(plan)
        failpoints.reach("after_write")
        sent = asyncio.ensure_future(self._move("sent", sent_at=carrier.now(), **self._writes))
        held, found = await _read_back(device, plan)
        await sent
        if not held:
            raise NotHeld(f"the device accepted {plan.writes[-1].registers} and holds {found}")
        await self._verified(plan, found, "; ".join(plan.notes))

    async def _verified(self, plan: WritePlan, found: tuple[int, ...], reason: str) -> None:
        facts: dict[str, Any] = {
            "registers_read_back": list(found),
            "register_address": plan.writes[0].addr,
            "reverts_in_device": plan.reverts_in_device,
        }
        if not self._writes and self._order.taken_at is not None:
            # Written by the holder before us, after it had taken it: its timer runs since then.
            facts["sent_at"] = self._order.taken_at
        await self._move("verified", reason=reason, verified_at=self._carrier.now(), **facts)

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


async def _read_back(device: SunSpecDevice, plan: WritePlan) -> tuple[bool, tuple[int, ...]]:
    held, found = await device.read_back(plan)
    for pause_s in READ_BACK_AGAIN_S:
        if held:
            break
        await asyncio.sleep(pause_s)
        held, found = await device.read_back(plan)
    return held, found


def _whatever_the_timer(device: SunSpecDevice, plan: WritePlan) -> WritePlan:
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
