"""One endpoint's persistent session: its connection, the units behind it, and their polls."""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from devices.capabilities import (
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
from devices.gateway.fleet import DeviceRow
from devices.gateway.pacing import ConnectBudget, DueHeap
from devices.gateway.writer import Writer
from devices.sunspec import Backoff, Connection, SunSpecDevice, Sweep, discover, quirks_for

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
    due_at: float = 0.0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def told(self, outcome: Measurement | Exception) -> None:
        """A poll came to its end."""
        self.session.polled(self, outcome)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every session of a zone shares."""

    now: Now
    may_talk: Callable[[], bool]
    writer: Writer
    budget: ConnectBudget
    timeout_s: float
    sweep: Sweep
    remember: Callable[[int, Discovery], None]


class Session:
    """Polls the units of one endpoint, one after the other, for as long as it is served.

    The zone's heap hands over the units that are due. A device that is open and proved is asked at
    once, without a task; only connecting and proving need one. Commands use the same connection
    and go before polls.
    """

    __slots__ = (
        "_around",
        "_door",
        "_due",
        "_heap",
        "_is_polling",
        "_loop",
        "_opening",
        "_proving",
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
        self._proving = asyncio.Lock()
        self._door = Backoff(random=random.random, ceiling_s=LONGEST_BACKOFF_S)
        self.connection = Connection(
            host, port, timeout_s=around.timeout_s, may_send=around.may_talk, sweep=around.sweep
        )

    def add(self, row: DeviceRow) -> Unit:
        backoff = Backoff(random=random.random, ceiling_s=LONGEST_BACKOFF_S)
        unit = Unit(row, self, backoff, discovery=row.discovery)
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
            if not (self._around.may_talk() and unit.backoff.may_try(self._loop.time())):
                self._again(unit)
                continue
            self._is_polling = True
            device = unit.device
            if device is None or unit.proved_on is not self.connection.link:
                self._opening = self._loop.create_task(self._open_and_poll(unit))
            else:
                device.poll(self._around.now, unit.told)
            return

    async def _open_and_poll(self, unit: Unit) -> None:
        try:
            device = await self.ready(unit)
        except Exception as fault:  # noqa: BLE001  it is told as every outcome is
            self.polled(unit, fault)
        else:
            device.poll(self._around.now, unit.told)
        finally:
            self._opening = None

    def polled(self, unit: Unit, outcome: Measurement | Exception) -> None:
        """What came of a poll: note it, put the unit back on the heap and go on."""
        is_served = self.units.get(unit.row.id) is unit
        if not is_served:
            pass
        elif isinstance(outcome, Measurement):
            self._answered(unit, outcome)
        elif isinstance(outcome, DriverFault):
            self._failed(unit, outcome)
        else:  # one device's surprise must not stop the others
            logger.error("poll_broke device=%d", unit.row.id, exc_info=outcome)
            self._failed(unit, WrongReply(f"its data cannot be read: {outcome}"))
        if is_served:
            self._again(unit)
        if self._due and isinstance(outcome, Exception):
            # Not from here: many refusals in a row would go deep.
            self._loop.call_soon(self._poll_next)
        else:
            self._poll_next()

    def _answered(self, unit: Unit, measurement: Measurement) -> None:
        unit.polls += 1
        if unit.backoff.failures:
            unit.backoff.replied()
        if unit.is_silent:
            unit.is_silent = False
            logger.info("device_returned device=%d", unit.row.id)
        self._around.writer.measured(unit.row.id, measurement)

    def _again(self, unit: Unit) -> None:
        """Next on the period's grid; what was missed meanwhile is left out, never queued."""
        period_s = unit.row.poll_period_s
        now = self._loop.time()
        at = unit.due_at + period_s
        if at <= now:
            at = now + period_s * random.random()  # noqa: S311  jitter
        unit.due_at = max(at, unit.backoff.retry_at, self._door_opens_at())
        self._heap.add(unit.due_at, unit)

    def _door_opens_at(self) -> float:
        return 0.0 if self.connection.connected else self._door.retry_at

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
