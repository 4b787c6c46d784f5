"""One endpoint's persistent session: its connection, the units behind it, and their polls."""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from devices.capabilities import (
    ConnectionLost,
    Discovery,
    DriverFault,
    ExceptionReply,
    Measurement,
    Now,
    Quality,
    ShortReply,
    Timeout,
    Unreachable,
    WrongReply,
)
from devices.gateway import proving
from devices.gateway.condition import Conditions, Health
from devices.gateway.confirming import Awaited, Confirmations
from devices.gateway.doubt import Doubt
from devices.gateway.fleet import DeviceRow
from devices.gateway.pacing import TOGETHER_S, ConnectBudget, DueHeap, Tally
from devices.gateway.writer import Writer
from devices.sunspec import Backoff, Connection, SunSpecDevice, Sweep

logger = logging.getLogger(__name__)
# Beyond these a reply is there but cannot be believed.
UNBELIEVABLE = (ShortReply, WrongReply, ExceptionReply)
# Illegal function, address, value: the device's map is not what it was.
OTHER_MAP = frozenset({1, 2, 3})
ROUND_TRIP_WEIGHT = 0.125
# While a slow poll is under way no other is due.
IS_LOOKED_AT = float("inf")


@dataclass(slots=True, eq=False)
class Unit:
    """One registered device behind an endpoint.

    `is_sound` since it was proved to be the registered one, until it fails. `writes` counts what
    was written by commands. `look_at` is when its next slow poll is due, on the loop's clock.
    """

    row: DeviceRow
    session: "Session"
    backoff: Backoff
    health: Health
    device: SunSpecDevice | None = None
    discovery: Discovery | None = None
    proved_on: object = None
    settings_at: float = 0.0
    is_silent: bool = False
    is_sound: bool = False
    due_at: float = 0.0
    look_at: float = 0.0
    is_to_be_looked_at_soon: bool = False
    writes: int = 0
    rated_w: float | None = None
    awaited: tuple[Awaited, ...] = ()
    facts_of: object = None
    facts_at: float = 0.0
    firmware: str = ""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    proving: asyncio.Lock = field(default_factory=asyncio.Lock)

    def told(self, outcome: Measurement | Exception) -> None:
        """A poll came to its end."""
        self.session.polled(self, outcome)


class Attention(Protocol):
    """What looks at a unit now and then, beside its polls; times are the loop's."""

    def attend(self, unit: Unit) -> None: ...

    def first_at(self) -> float: ...

    def soon_at(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every session of a zone shares."""

    now: Now
    may_talk: Callable[[], bool]
    writer: Writer
    budget: ConnectBudget
    timeout_s: float
    longest_backoff_s: float
    sweep: Sweep
    conditions: Conditions
    signs: Confirmations
    attention: Attention
    remember: Callable[[int, Discovery], None]
    tally: Tally


class Session:
    """Polls the units of one endpoint, one after the other, for as long as it is served.

    The zone's heap hands over the units that are due. A device that is open and proved is asked at
    once, without a task; only connecting and proving need one. Commands use the same connection
    and go before polls.
    """

    __slots__ = (
        "_around",
        "_asked_at",
        "_door",
        "_door_words",
        "_doubt",
        "_due",
        "_heap",
        "_is_polling",
        "_letting_in",
        "_loop",
        "_opening",
        "_proved_link",
        "connection",
        "units",
    )

    def __init__(self, host: str, port: int, around: Surroundings, heap: "DueHeap[Unit]") -> None:
        self.units: dict[int, Unit] = {}
        self._around = around
        self._heap = heap
        self._due: list[Unit] = []
        self._is_polling = False
        self._opening: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._letting_in = asyncio.Lock()
        self._asked_at = 0.0
        self._doubt = Doubt()
        self._proved_link: object = None
        self._door_words = ""
        self._door = Backoff(random=random.random, ceiling_s=around.longest_backoff_s)
        self.connection = Connection(
            host, port, timeout_s=around.timeout_s, may_send=around.may_talk, sweep=around.sweep
        )

    def add(self, row: DeviceRow) -> Unit:
        backoff = Backoff(random=random.random, ceiling_s=self._around.longest_backoff_s)
        unit = Unit(
            row,
            self,
            backoff,
            Health(row.id, backoff),
            discovery=row.discovery,
            look_at=self._around.attention.first_at(),
            rated_w=row.rated_w,
        )
        self.units[row.id] = unit
        # Jittered, so that a fleet of one period does not come all at once.
        first_s = random.random() * min(row.poll_period_s, 5.0)  # noqa: S311
        unit.due_at = self._loop.time() + first_s
        self._heap.add(unit.due_at, unit)
        return unit

    def remove(self, device_id: int) -> None:
        self.units.pop(device_id, None)

    def close(self) -> None:
        self.units.clear()
        self._due.clear()
        if self._opening is not None:
            self._opening.cancel()
        self.connection.close()

    # Polls ---------------------------------------------------------------------------------------
    def poll_soon(self, unit: Unit) -> None:
        """The heap's hand-over."""
        self._due.append(unit)
        if not self._is_polling:
            self._poll_next()

    def _poll_next(self) -> None:
        self._is_polling = False
        while self._due:
            unit = self._due.pop(0)
            if self.units.get(unit.row.id) is not unit:
                continue
            now = self._loop.time()
            device, link = unit.device, self.connection.link
            soon = now + TOGETHER_S
            if link is None and soon < self._door.retry_at:
                self._shut_out(unit)
                self._again(unit, now)
                continue
            if unit.is_silent and soon < self._doubt.probes_from:
                self._around.conditions.held_back(unit.health)
                self._again(unit, now)
                continue
            if not (self._around.may_talk() and unit.backoff.may_try(soon)):
                self._again(unit, now)
                continue
            self._is_polling = True
            self._asked_at = now
            if device is None or link is None or unit.proved_on is not link:
                self._opening = self._loop.create_task(self._open_and_poll(unit))
            else:
                patience_s = self._patience_s(unit) if self._doubt.doubted else 0.0
                device.poll(self._around.now, unit.told, timeout_s=patience_s)
            return

    async def _open_and_poll(self, unit: Unit) -> None:
        try:
            device = await self.ready(unit, patience_s=self._patience_s(unit))
        except Exception as fault:  # noqa: BLE001  it is told as every outcome is
            self.polled(unit, fault)
        else:
            self._asked_at = self._loop.time()
            device.poll(self._around.now, unit.told, timeout_s=self._patience_s(unit))
        finally:
            self._opening = None

    def polled(self, unit: Unit, outcome: Measurement | Exception) -> None:
        """What came of a poll: note it, put the unit back on the heap and go on."""
        self._around.tally.polls += 1
        is_served = self.units.get(unit.row.id) is unit
        now = self._loop.time()
        if not is_served:
            pass
        elif isinstance(outcome, Measurement):
            self._answered(unit, outcome, now)
        elif isinstance(outcome, DriverFault):
            self._failed(unit, outcome, now)
        else:  # one device's surprise must not stop the others
            logger.error("poll_broke device=%d", unit.row.id, exc_info=outcome)
            self._failed(unit, WrongReply(f"its data cannot be read: {outcome}"), now)
        if is_served:
            self._again(unit, now)
        if self._due and isinstance(outcome, Exception):
            # Not from here: many refusals in a row would go deep.
            self._loop.call_soon(self._poll_next)
        else:
            self._poll_next()

    def _answered(self, unit: Unit, measurement: Measurement, now: float) -> None:
        health = unit.health
        health.polls += 1
        took_s = now - self._asked_at
        if health.round_trip_s:
            took_s = health.round_trip_s + (took_s - health.round_trip_s) * ROUND_TRIP_WEIGHT
        health.round_trip_s = took_s
        if unit.is_silent or health.failures_in_row:
            self._returned(unit)
        if self._doubt.doubted:
            self._doubt.doubted.discard(unit.row.id)
        self._around.writer.measured(unit.row.id, measurement)
        if unit.awaited:
            unit.awaited = self._around.signs.look(unit.awaited, measurement, unit.rated_w)
        if now >= unit.look_at:
            self._around.attention.attend(unit)

    def _returned(self, unit: Unit) -> None:
        """A good reply after failures: nothing else makes a silent device well again."""
        unit.backoff.replied()
        self._door.replied()
        self._around.conditions.returned(unit.health)
        if unit.look_at != IS_LOOKED_AT:
            unit.look_at = min(unit.look_at, self._around.attention.soon_at())
        if unit.is_silent:
            unit.is_silent = False
            logger.info("device_returned device=%d", unit.row.id)

    def _again(self, unit: Unit, now: float) -> None:
        """Next on the period's grid; what was missed meanwhile is left out, never queued."""
        period_s = unit.row.poll_period_s
        at = unit.due_at + period_s
        if at <= now:
            at = now + period_s * random.random()  # noqa: S311  jitter
        if unit.is_silent:
            at = max(at, self._doubt.probes_from)
        unit.due_at = max(at, unit.backoff.retry_at, self._door_opens_at())
        unit.health.retry_at = unit.due_at
        self._heap.add(unit.due_at, unit)

    def _shut_out(self, unit: Unit) -> None:
        """Nobody is let in now: what was tried for another unit tells for this one as well."""
        if not unit.is_silent and self._around.may_talk():
            unit.is_silent = True
            self._around.writer.silent(unit.row.id, Quality.STALE, self._door_words[:300])

    def _door_opens_at(self) -> float:
        return 0.0 if self.connection.connected else self._door.retry_at

    # Failures ------------------------------------------------------------------------------------
    def _failed(self, unit: Unit, fault: DriverFault, now: float) -> None:
        is_timeout = isinstance(fault, Timeout)
        unit.backoff.failed(now, timed_out=is_timeout or isinstance(fault, Unreachable))
        if not self._around.may_talk():
            return
        # Whatever comes next may be another device: it proves itself anew.
        unit.is_sound, unit.proved_on = False, None
        self._protect_the_others(unit, fault, now)
        self._around.conditions.failed(unit.health, fault)
        if not unit.is_silent:
            unit.is_silent = True
            logger.warning("device_silent device=%d reason=%s", unit.row.id, fault)
        if isinstance(fault, ExceptionReply) and fault.code in OTHER_MAP:
            # Its map may have changed with its firmware: walk it anew.
            unit.discovery = None
        is_odd = isinstance(fault, UNBELIEVABLE) or not fault.may_retry
        self._around.writer.silent(
            unit.row.id, Quality.BAD if is_odd else Quality.STALE, str(fault)[:300]
        )

    def _protect_the_others(self, unit: Unit, fault: DriverFault, now: float) -> None:
        """A line that gave nothing rests as a whole; else silent units are looked for rarely."""
        if not self._has_another_well(unit):
            if isinstance(fault, Timeout | ConnectionLost):
                self._door.failed(now, timed_out=True)
                self._door_words = str(fault)
        elif isinstance(fault, Timeout):
            self._doubt.timed_out(unit.health, self.units, now, now - self._asked_at)

    def _has_another_well(self, unit: Unit) -> bool:
        return any(
            other is not unit and other.device is not None and not other.is_silent
            for other in self.units.values()
        )

    def _patience_s(self, unit: Unit) -> float:
        others = (other.health for other in self.units.values())
        return self._doubt.patience_s(unit.health, others, self._around.timeout_s)

    # Opening and proving -------------------------------------------------------------------------
    async def ready(
        self, unit: Unit, *, at_once: bool = False, patience_s: float = 0.0
    ) -> SunSpecDevice:
        """The device behind an open connection, proved to be the registered one.

        `at_once` passes the back-off by, for commands. Raises a DriverFault in words.
        """
        async with self._letting_in:
            if not self.connection.connected:
                await self._connect(at_once=at_once)
        async with unit.proving:
            link = self.connection.link
            if link is None:
                raise ConnectionLost(f"{self.connection} closed the connection again")
            if unit.device is None or unit.proved_on is not link:
                await self._prove(unit, link, patience_s)
            device = unit.device
        if device is None:
            raise ConnectionLost(f"{self.connection} closed the connection again")
        return device

    async def _connect(self, *, at_once: bool) -> None:
        now = self._loop.time()
        if not at_once and now + TOGETHER_S < self._door.retry_at:
            raise Unreachable(self._door_words)
        await self._around.budget.take()
        if not self._around.may_talk():
            raise Unreachable("the zone is not ours any more")
        try:
            await self.connection.connect()
        except DriverFault as fault:
            self._door.failed(self._loop.time(), timed_out=isinstance(fault, Unreachable))
            self._door_words = str(fault)
            raise
        self._around.tally.connects += 1

    async def _prove(self, unit: Unit, link: object, patience_s: float) -> None:
        """See by its serial number that it is the registered device; walk its chain if need be.

        A line that was lost through another unit's silence is the same line when one of its units
        proved itself on it: the sound ones need not all do so.
        """
        known = unit.discovery
        if unit.is_sound and unit.device is not None and known and self._proved_link is link:
            unit.proved_on = link
            return
        connection, row = self.connection, unit.row
        if known is None or not await proving.is_still(
            connection, row, known, patience_s=patience_s
        ):
            known = await proving.walk(connection, row, remember=self._around.remember)
            unit.discovery, unit.device = known, None
        if unit.device is None:
            unit.device = proving.device_of(connection, row, known)
        unit.settings_at = 0.0
        unit.is_sound, unit.proved_on = True, link
        self._proved_link = link
