"""The controller's sign of life: counted up each second at devices that watch for it (DV-3).

A device that misses it falls back to its own default, so it stops with the lease: every request
asks for the lease right before it goes out.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime

from devices.capabilities import DriverFault, ExceptionReply, Now
from devices.gateway.pacing import DueHeap
from devices.gateway.session import Session, Unit
from devices.sunspec import SunSpecDevice

logger = logging.getLogger(__name__)
PERIOD_S = 1.0
# While many commands are under way: 2,500 a second, a beat each two seconds for most zones.
MOST_WHEN_PRESSED = 20


class _Pulse:
    """One device that is beaten; it gets the outcome of its own beats."""

    __slots__ = ("at", "beats", "unit")

    def __init__(self, beats: "Heartbeats", unit: Unit) -> None:
        self.beats = beats
        self.unit = unit
        self.at: datetime | None = None

    def told(self, fault: Exception | None) -> None:
        self.beats.ended(self, fault)


class Heartbeats:
    """Beats one zone's devices; on one line one beat is under way at a time, polls go between."""

    def __init__(self, *, now: Now, is_pressed: Callable[[], bool]) -> None:
        self._now = now
        self._heap: DueHeap[_Pulse] = DueHeap(
            self._due, is_pressed=is_pressed, most_when_pressed=MOST_WHEN_PRESSED
        )
        self._beating: dict[int, _Pulse] = {}
        self._waiting: dict[Session, deque[_Pulse]] = {}
        self._first_beats: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()

    def add(self, unit: Unit) -> None:
        """Begin to beat a device; once is enough, until it leaves the session."""
        if unit.row.id not in self._beating:
            self._beating[unit.row.id] = pulse = _Pulse(self, unit)
            self._heap.add(self._loop.time(), pulse)

    def forget(self, device_id: int) -> None:
        self._beating.pop(device_id, None)

    def close(self) -> None:
        self._heap.stop()
        for task in self._first_beats:
            task.cancel()

    def _due(self, pulse: _Pulse) -> None:
        unit = pulse.unit
        session = unit.session
        is_served = session.units.get(unit.row.id) is unit
        if not is_served or self._beating.get(unit.row.id) is not pulse:
            return
        self._heap.add(self._loop.time() + PERIOD_S, pulse)
        if unit.is_silent or unit.device is None or not unit.device.has_heartbeat:
            return
        waiting = self._waiting.get(session)
        if waiting is None:
            self._waiting[session] = deque()
            self._beat(pulse)
        elif pulse not in waiting:
            waiting.append(pulse)

    def _beat(self, pulse: _Pulse) -> None:
        unit = pulse.unit
        device, link = unit.device, unit.session.connection.link
        if device is None or link is None or unit.proved_on is not link:
            self._next(unit.session)
            return
        pulse.at = at = self._now()
        # Seconds of the clock go on upwards whichever worker counts.
        counter = int(at.timestamp())
        if not device.beat_again(counter, pulse.told):
            task = self._loop.create_task(self._first_beat(pulse, device, counter))
            self._first_beats.add(task)
            task.add_done_callback(self._first_beats.discard)

    async def _first_beat(self, pulse: _Pulse, device: SunSpecDevice, counter: int) -> None:
        """It takes a task: how this device wants to be written to may have to be found out."""
        fault: Exception | None = None
        try:
            await device.beat(counter)
        except Exception as error:  # noqa: BLE001  one device's surprise must not stop the others
            fault = error
        self.ended(pulse, fault)

    def ended(self, pulse: _Pulse, fault: Exception | None) -> None:
        """What came of a beat."""
        unit = pulse.unit
        if fault is None:
            unit.health.heartbeat_at = pulse.at
        else:
            self._failed(unit, fault)
        self._next(unit.session)

    def _failed(self, unit: Unit, fault: Exception) -> None:
        if isinstance(fault, ExceptionReply):
            # Tried again with the next slow poll.
            self.forget(unit.row.id)
            logger.warning("heartbeat_refused device=%d reason=%s", unit.row.id, fault)
        elif not isinstance(fault, DriverFault):
            logger.error("heartbeat_broke device=%d", unit.row.id, exc_info=fault)

    def _next(self, session: Session) -> None:
        """The next device that waits on this line; not from here, many would go deep."""
        waiting = self._waiting[session]
        if waiting:
            self._loop.call_soon(self._beat, waiting.popleft())
        else:
            del self._waiting[session]
