"""The operators' socket: one frame a second for each web process, sent to every open console."""

import asyncio
import contextlib
import json
import logging
from datetime import datetime, timedelta
from typing import Any

from channels.db import database_sync_to_async
from django.db import DatabaseError
from django.utils import timezone
from typing_extensions import override

from derms.accounts.live import RoleConsumer
from derms.accounts.roles import Role
from derms.lib.live import HUB, Listener
from dispatch.selectors.console import live_points, live_values, system_now
from dispatch.selectors.latest import latest_of, pushed
from dispatch.selectors.standing import Standing, standing
from groups.selectors import Latest

logger = logging.getLogger(__name__)
PERIOD_S = 1.0
# What changes rarely is read again this often, and at once after news of a dispatch or a group.
STANDING_LIFE = timedelta(seconds=5)
EVENTS = {
    "alarms": ("alarms",),
    "commands": ("commands", "dispatches"),
    "dispatches": ("dispatches", "groups"),
    "groups": ("groups",),
    "forecast": ("forecast",),
}
# They change nothing that the frame shows.
NEWS_ONLY = frozenset({"alarms", "forecast"})


class FrameBuilder:
    """Listens to the hub once, and builds the frame that all consoles of this process get."""

    def __init__(self) -> None:
        self.last = ""
        self._seq = 0
        self._sinks: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._is_outdated = True
        self._forget()

    def add(self, sink: Listener) -> None:
        self._sinks.add(sink)
        if self._task is None or self._task.done():
            HUB.add(self.hear)
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def remove(self, sink: Listener) -> None:
        self._sinks.discard(sink)
        if self._sinks or self._task is None:
            return
        task, self._task = self._task, None
        HUB.remove(self.hear)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        self._forget()

    def hear(self, topic: str, text: str) -> None:
        """One published message: readings are taken in, all else is news."""
        if topic == "readings":
            for device_id, said in json.loads(text)["d"].items():
                before = self._latest.get(int(device_id), Latest())
                self._latest[int(device_id)] = pushed(before, said)
            return
        self._events.update(EVENTS.get(topic, ()))
        self._is_outdated = self._is_outdated or topic not in NEWS_ONLY

    def _forget(self) -> None:
        self.last = ""
        self._standing: Standing | None = None
        self._read_at: datetime | None = None
        self._is_outdated = True
        self._latest: dict[int, Latest] = {}
        self._events: set[str] = set()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            try:
                self._send(await self._frame(timezone.now()))
            except DatabaseError:
                logger.warning("live_frame_without_database")
            due = max(due + PERIOD_S, loop.time())
            await asyncio.sleep(due - loop.time())

    async def _frame(self, at: datetime) -> str:
        known = await self._known(at)
        now = system_now(known, self._latest, at)
        self._seq += 1
        frame: dict[str, Any] = {
            "seq": self._seq,
            "t": round(at.timestamp(), 3),
            "v": live_values(now),
            "ev": sorted(self._events),
        }
        if now.output_w is not None:
            frame["pt"] = live_points(now)
        self._events = set()
        return json.dumps(frame, separators=(",", ":"))

    async def _known(self, at: datetime) -> Standing:
        """Read again when it is time; the database also brings what a lost push did not."""
        is_old = self._read_at is None or at - self._read_at >= STANDING_LIFE
        if self._standing is not None and not (is_old or self._is_outdated):
            return self._standing
        self._is_outdated = False
        known, latest = await database_sync_to_async(_read)(at)
        for device_id, stored in latest.items():
            mine = self._latest.get(device_id)
            is_newer = mine is not None and (mine.measured_at or at) > (stored.measured_at or at)
            self._latest[device_id] = _with_ceiling(mine, stored) if is_newer and mine else stored
        self._standing, self._read_at = known, at
        return known

    def _send(self, frame: str) -> None:
        self.last = frame
        for sink in tuple(self._sinks):
            sink("frame", frame)


def _read(at: datetime) -> tuple[Standing, dict[int, Latest]]:
    known = standing(at)
    return known, latest_of(known, at)


def _with_ceiling(mine: Latest, stored: Latest) -> Latest:
    return Latest(
        measured_at=mine.measured_at,
        power_w=mine.power_w,
        charge_pct=mine.charge_pct,
        voltage_v=mine.voltage_v,
        quality=mine.quality,
        ceiling_w=stored.ceiling_w,
    )


FRAMES = FrameBuilder()


class OperationsConsumer(RoleConsumer):
    """The console's socket, for operators only, as long as they are signed in as such."""

    roles = frozenset({Role.OPERATOR})

    @override
    def on_message(self, topic: str, text: str) -> None:
        """The frame builder hears the hub for all; only its frames reach this browser."""

    @override
    async def begin(self) -> None:
        if FRAMES.last:
            self.push(FRAMES.last)
        FRAMES.add(self.take)

    @override
    async def end(self) -> None:
        await FRAMES.remove(self.take)

    def take(self, _topic: str, frame: str) -> None:
        self.push(frame)
