"""The controller's sign of life: counted up each second at devices that watch for it (DV-3).

A device that misses it falls back to its own default, so it stops with the lease: every request
asks for the lease right before it goes out.
"""

import asyncio
import logging
from collections import deque
from datetime import datetime

from devices.capabilities import DriverFault, ExceptionReply, Now
from devices.gateway.pacing import DueHeap
from devices.gateway.session import Session, Unit
from devices.sunspec import SunSpecDevice

logger = logging.getLogger(__name__)
PERIOD_S = 1.0


class Heartbeats:
    """Beats one zone's devices; on one line one beat is under way at a time, polls go between."""

    def __init__(self, *, now: Now) -> None:
        self._now = now
        self._heap: DueHeap[Unit] = DueHeap(self._due)
        self._beating: set[int] = set()
        self._waiting: dict[Session, deque[Unit]] = {}
        self._first_beats: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()

    def add(self, unit: Unit) -> None:
        """Begin to beat a device; once is enough, until it leaves the session."""
        if unit.row.id not in self._beating:
            self._beating.add(unit.row.id)
            self._heap.add(self._loop.time(), unit)

    def forget(self, device_id: int) -> None:
        self._beating.discard(device_id)

    def close(self) -> None:
        self._heap.stop()
        for task in self._first_beats:
            task.cancel()

    def _due(self, unit: Unit) -> None:
        session = unit.session
        if session.units.get(unit.row.id) is not unit or unit.row.id not in self._beating:
            return
        self._heap.add(self._loop.time() + PERIOD_S, unit)
        if unit.is_silent or unit.device is None or not unit.device.has_heartbeat:
            return
        waiting = self._waiting.get(session)
        if waiting is None:
            self._waiting[session] = deque()
            self._beat(unit)
        elif unit not in waiting:
            waiting.append(unit)

    def _beat(self, unit: Unit) -> None:
        device, link = unit.device, unit.session.connection.link
        if device is None or link is None or unit.proved_on is not link:
            self._next(unit.session)
            return
        at = self._now()
        # Seconds of the clock go on upwards whichever worker counts.
        counter = int(at.timestamp())
        if not device.beat_again(counter, lambda fault: self._ended(unit, at, fault)):
            task = self._loop.create_task(self._first_beat(unit, device, at, counter))
            self._first_beats.add(task)
            task.add_done_callback(self._first_beats.discard)

    async def _first_beat(
        self, unit: Unit, device: SunSpecDevice, at: datetime, counter: int
    ) -> None:
        """It takes a task: how this device wants to be written to may have to be found out."""
        fault: Exception | None = None
        try:
            await device.beat(counter)
        except Exception as error:  # noqa: BLE001  one device's surprise must not stop the others
            fault = error
        self._ended(unit, at, fault)

    def _ended(self, unit: Unit, at: datetime, fault: Exception | None) -> None:
        if fault is None:
            unit.health.heartbeat_at = at
        elif isinstance(fault, ExceptionReply):
            # Tried again with the next slow poll.
            self.forget(unit.row.id)
            logger.warning("heartbeat_refused device=%d reason=%s", unit.row.id, fault)
        elif not isinstance(fault, DriverFault):
            logger.error("heartbeat_broke device=%d", unit.row.id, exc_info=fault)
        self._next(unit.session)

    def _next(self, session: Session) -> None:
        """The next device that waits on this line; not from here, many would go deep."""
        waiting = self._waiting[session]
        if waiting:
            self._loop.call_soon(self._beat, waiting.popleft())
        else:
            del self._waiting[session]
