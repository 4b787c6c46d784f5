"""The controller's sign of life: counted up each second at devices that watch for it (DV-3).

A device that misses it falls back to its own default, so it stops with the lease: every request
asks for the lease right before it goes out.
"""

import asyncio
import logging
from collections import deque

from devices.capabilities import DriverFault, ExceptionReply, Now
from devices.gateway.pacing import DueHeap
from devices.gateway.session import Session, Unit

logger = logging.getLogger(__name__)
PERIOD_S = 1.0


class Heartbeats:
    """Beats one zone's devices; on one line one beat is under way at a time, polls go between."""

    def __init__(self, *, now: Now) -> None:
        self._now = now
        self._heap: DueHeap[Unit] = DueHeap(self._due)
        self._beating: set[int] = set()
        self._waiting: dict[Session, deque[Unit]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
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
        for task in self._tasks:
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
            self._waiting[session] = deque([unit])
            task = self._loop.create_task(self._beat(session))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif unit not in waiting:
            waiting.append(unit)

    async def _beat(self, session: Session) -> None:
        waiting = self._waiting[session]
        try:
            while waiting:
                await self._beat_one(waiting.popleft())
        finally:
            self._waiting.pop(session, None)

    async def _beat_one(self, unit: Unit) -> None:
        device, link = unit.device, unit.session.connection.link
        if device is None or link is None or unit.proved_on is not link:
            return
        at = self._now()
        try:
            # Seconds of the clock go on upwards whichever worker counts.
            await device.beat(int(at.timestamp()))
        except ExceptionReply as fault:
            # Tried again with the next slow poll.
            self.forget(unit.row.id)
            logger.warning("heartbeat_refused device=%d reason=%s", unit.row.id, fault)
        except DriverFault:
            return
        else:
            unit.health.heartbeat_at = at
