"""The gateway worker's one event loop, in a thread of its own, with a watchdog beside it."""

import asyncio
import contextlib
import logging
import os
import socket
import threading
import time
import uuid
from dataclasses import dataclass

import uvloop

from devices.capabilities import Now
from devices.gateway.database import Database, DatabaseAway, parameters
from devices.gateway.leases import Leases
from devices.gateway.ledger import LedgerLines
from devices.gateway.pacing import ConnectBudget
from devices.gateway.store import Store
from devices.gateway.writer import Writer
from devices.gateway.zone import Means, Zone

logger = logging.getLogger(__name__)
BEAT_S = 0.25
STUCK_AFTER_S = 10
STUCK_STATUS = 70
CONNECTS_PER_S = 200.0
STOP_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class Options:
    """How a gateway runs; see the settings of the same names."""

    zones: tuple[str, ...]
    lease_s: float
    timeout_s: float
    reading_period_s: float
    slow_period_s: float = 30.0
    longest_backoff_s: float = 60.0


def owner_name() -> str:
    """Unlike any other worker's, also after a restart with the same process number."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"


class Gateway:
    """Serves its zones from `start` to `stop`; ends the process when its loop is stuck or dead."""

    def __init__(self, options: Options, *, now: Now) -> None:
        self._options = options
        self._now = now
        self._loop = uvloop.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="gateway", daemon=True)
        self._watchdog = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._beats = 0
        self._late_s = 0.0
        self._ended = threading.Event()
        self.zones: list[Zone] = []
        self.writer: Writer | None = None

    def start(self) -> None:
        self._thread.start()
        self._watchdog.start()

    def stop(self) -> None:
        """Close the sockets, give the leases back, store what waits."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(STOP_PATIENCE_S)
        self._ended.set()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main())
        except Exception:
            logger.exception("gateway_broke")
            os._exit(STUCK_STATUS)
        finally:
            self._loop.close()

    async def _main(self) -> None:
        options, known = self._options, parameters()
        databases, store = [Database(known) for _ in range(6)], Store(known)
        self.writer = writer = Writer(
            store, now=self._now, reading_period_s=options.reading_period_s
        )
        means = Means(
            leases=Leases(databases[0], owner=owner_name(), lease_s=options.lease_s),
            register=databases[1],
            care=databases[2],
            ledger=LedgerLines(*databases[3:]),
            writer=writer,
            budget=ConnectBudget(CONNECTS_PER_S),
            now=self._now,
            timeout_s=options.timeout_s,
            longest_backoff_s=options.longest_backoff_s,
            slow_period_s=options.slow_period_s,
            lateness_ms=self._take_lateness_ms,
        )
        self.zones = [Zone(name, means) for name in options.zones]
        work = [asyncio.create_task(zone.run(), name=f"zone {zone.name}") for zone in self.zones]
        work += [asyncio.create_task(writer.run()), asyncio.create_task(self._beat())]
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            done, _ = await asyncio.wait({*work, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                task.result()
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            with contextlib.suppress(DatabaseAway):
                await writer.flush()
            await store.close()
            for database in databases:
                await database.close()

    async def _beat(self) -> None:
        """Count up while the loop turns, and measure how late it does."""
        due = self._loop.time()
        while True:
            due += BEAT_S
            await asyncio.sleep(max(0.0, due - self._loop.time()))
            late_s = self._loop.time() - due
            self._late_s = max(self._late_s, late_s)
            self._beats += 1
            due += max(0.0, late_s)

    def _take_lateness_ms(self) -> float:
        late_s, self._late_s = self._late_s, 0.0
        return late_s * 1000

    def _watch(self) -> None:
        """Count our own seconds without a beat: after a freeze of the process both begin anew."""
        seen, silent_s = -1, 0
        while not self._ended.wait(1.0):
            silent_s = 0 if self._beats != seen else silent_s + 1
            seen = self._beats
            if silent_s >= STUCK_AFTER_S:
                logger.critical("gateway_stuck seconds=%d at=%.0f", silent_s, time.monotonic())
                os._exit(STUCK_STATUS)
