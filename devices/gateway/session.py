"""One endpoint's persistent session: its connection, the units behind it, and their polls."""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from devices.capabilities import (
    Discovery,
    DriverFault,
    ExceptionReply,
    Now,
    Quality,
    ShortReply,
    Timeout,
    Unreachable,
    WrongReply,
)
from devices.gateway.fleet import DeviceRow
from devices.gateway.pacing import ConnectBudget, DueHeap
from devices.gateway.writer import Writer
from devices.sunspec import Backoff, Connection, SunSpecDevice, discover, quirks_for

logger = logging.getLogger(__name__)
LONGEST_BACKOFF_S = 60.0
COMMON_MODEL, SERIAL_FIRST, SERIAL_COUNT = 1, 50, 16
# Beyond these a reply is there but cannot be believed.
UNBELIEVABLE = (ShortReply, WrongReply, ExceptionReply)


class WrongDevice(DriverFault):
    """Another device answers at the address of a registered one."""

    kind = "wrong_device"


@dataclass(slots=True)
class Unit:
    """One registered device behind an endpoint."""

    row: DeviceRow
    session: "Session"
    backoff: Backoff
    device: SunSpecDevice | None = None
    discovery: Discovery | None = None
    proved_on: object = None
    settings_at: float = 0.0
    is_silent: bool = False
    polls: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every session of a zone shares."""

    now: Now
    may_talk: Callable[[], bool]
    writer: Writer
    budget: ConnectBudget
    timeout_s: float
    remember: Callable[[int, Discovery], None]


class Session:
    """Polls the units of one endpoint, one after the other, for as long as it is served.

    One task for the whole life: the zone's heap hands it the units that are due. Commands use the
    same connection and go before polls.
    """

    def __init__(self, host: str, port: int, around: Surroundings, heap: "DueHeap[Unit]") -> None:
        self.units: dict[int, Unit] = {}
        self._around = around
        self._heap = heap
        self._due: deque[Unit] = deque()
        self._idle: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._proving = asyncio.Lock()
        self._door = Backoff(random=random.random, ceiling_s=LONGEST_BACKOFF_S)
        self.connection = Connection(
            host, port, timeout_s=around.timeout_s, may_send=around.may_talk
        )
        self._task = self._loop.create_task(self._run(), name=f"session {host}:{port}")

    def add(self, row: DeviceRow) -> Unit:
        backoff = Backoff(random=random.random, ceiling_s=LONGEST_BACKOFF_S)
        unit = Unit(row, self, backoff, discovery=row.discovery)
        self.units[row.id] = unit
        # Jittered, so that a fleet of one period does not come all at once.
        first_s = random.random() * min(row.poll_period_s, 5.0)  # noqa: S311
        self._heap.add(self._loop.time() + first_s, unit)
        return unit

    def remove(self, device_id: int) -> None:
        self.units.pop(device_id, None)

    def close(self) -> None:
        self.connection.close()
        self._task.cancel()

    def poll_soon(self, unit: Unit) -> None:
        """The heap's hand-over; does nothing but wake the task."""
        self._due.append(unit)
        idle = self._idle
        if idle is not None and not idle.done():
            idle.set_result(None)

    async def _run(self) -> None:
        while True:
            if not self._due:
                self._idle = self._loop.create_future()
                await self._idle
                self._idle = None
            unit = self._due.popleft()
            if self.units.get(unit.row.id) is not unit:
                continue
            due_at = self._loop.time()
            await self._poll(unit)
            self._again(unit, due_at)

    def _again(self, unit: Unit, due_at: float) -> None:
        """Next on the period's grid; what was missed meanwhile is left out, never queued."""
        period_s = unit.row.poll_period_s
        now = self._loop.time()
        at = due_at + period_s
        if at <= now:
            at = now + period_s * random.random()  # noqa: S311  jitter
        self._heap.add(max(at, unit.backoff.retry_at, self._door_opens_at()), unit)

    def _door_opens_at(self) -> float:
        return 0.0 if self.connection.connected else self._door.retry_at

    async def _poll(self, unit: Unit) -> None:
        around = self._around
        if not around.may_talk():
            return
        if not unit.backoff.may_try(self._loop.time()):
            return
        try:
            device = unit.device
            if device is None or unit.proved_on is not self.connection.link:
                device = await self.ready(unit)
            measurement = await device.measure(around.now)
        except DriverFault as fault:
            self._failed(unit, fault)
        except Exception as error:  # one device's surprise must not stop the others
            logger.exception("poll_broke device=%d", unit.row.id)
            self._failed(unit, WrongReply(f"its data cannot be read: {error}"))
        else:
            unit.polls += 1
            unit.backoff.replied()
            if unit.is_silent:
                unit.is_silent = False
                logger.info("device_returned device=%d", unit.row.id)
            around.writer.measured(unit.row.id, measurement)

    def _failed(self, unit: Unit, fault: DriverFault) -> None:
        unit.backoff.failed(self._loop.time(), timed_out=isinstance(fault, Timeout | Unreachable))
        if not self._around.may_talk():
            return
        if not unit.is_silent:
            unit.is_silent = True
            logger.warning("device_silent device=%d reason=%s", unit.row.id, fault)
        if isinstance(fault, ExceptionReply):
            # Its map may have changed with its firmware: walk it anew.
            unit.discovery, unit.proved_on = None, None
        is_odd = isinstance(fault, UNBELIEVABLE) or not fault.may_retry
        self._around.writer.silent(
            unit.row.id, Quality.BAD if is_odd else Quality.STALE, str(fault)[:300]
        )

    async def ready(self, unit: Unit, *, at_once: bool = False) -> SunSpecDevice:
        """The device behind an open connection, proved to be the registered one.

        `at_once` passes the back-off by, for commands. Raises a DriverFault in words.
        """
        async with self._proving:
            if not self.connection.connected:
                await self._connect(at_once=at_once)
            if unit.device is None or unit.proved_on is not self.connection.link:
                unit.device = await self._prove(unit)
                unit.settings_at = 0.0
                unit.proved_on = self.connection.link
            return unit.device

    async def _connect(self, *, at_once: bool) -> None:
        now = self._loop.time()
        if not at_once and now < self._door.retry_at:
            raise Unreachable(f"{self.connection} did not let us in; the next try follows")
        await self._around.budget.take()
        if not self._around.may_talk():
            raise Unreachable("the zone is not ours any more")
        try:
            await self.connection.connect()
        except DriverFault as fault:
            self._door.failed(self._loop.time(), timed_out=isinstance(fault, Unreachable))
            raise
        self._door.replied()

    async def _prove(self, unit: Unit) -> SunSpecDevice:
        """See by its serial number that it is the registered device; walk its chain if need be."""
        known = unit.discovery
        if known is None or await self._serial(unit, known) != known.identity.serial_number:
            found = await discover(self.connection, unit.row.unit)
            self._refuse_stranger(unit, found)
            self._around.remember(unit.row.id, found)
            unit.discovery = found
        else:
            self._refuse_stranger(unit, known)
            if unit.device is not None:
                return unit.device
            found = known
        return SunSpecDevice(
            self.connection,
            unit.row.unit,
            found,
            quirks=quirks_for(found.identity),
            as_meter=unit.row.kind == "meter",
        )

    async def _serial(self, unit: Unit, known: Discovery) -> str | None:
        common = next((model for model in known.models if model.id == COMMON_MODEL), None)
        if common is None:
            return None
        try:
            data = await self.connection.read(
                unit.row.unit, common.addr + SERIAL_FIRST, SERIAL_COUNT
            )
        except ExceptionReply:
            return None
        return data.rstrip(b"\0").decode("utf-8", errors="replace").strip()

    def _refuse_stranger(self, unit: Unit, found: Discovery) -> None:
        says, wanted = found.identity.serial_number.strip(), unit.row.serial_number.strip()
        if says and wanted and says != wanted:
            raise WrongDevice(
                f"the device at {self.connection}, unit {unit.row.unit}, says its serial number "
                f"is {says}, registered is {wanted}: somebody must look at it"
            )
