"""The socket of one device's page: a frame each second, from pushes and from the database."""

import asyncio
import contextlib
import json
import logging
from datetime import datetime
from typing import Any

from channels.db import database_sync_to_async
from django.db import DatabaseError
from django.utils import timezone
from typing_extensions import override

from derms.accounts.live import RoleConsumer
from derms.accounts.roles import FLEET_READERS
from devices.models import Device
from devices.selectors import open_alarms
from devices.selectors.faceplate import Readout, pushed_over, readout_of
from devices.selectors.settings import SettingFacts, setting_facts
from devices.selectors.sheet import Sheet, find_device, live_points, live_texts, sheet_from

logger = logging.getLogger(__name__)
PERIOD_S = 1.0
# The database brings what a lost push did not, and everything that is not a measured value.
LOOK_AGAIN_S = 5.0


class DeviceConsumer(RoleConsumer):
    """Frames of one device, as long as somebody looks at its page."""

    roles = FLEET_READERS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._task: asyncio.Task[None] | None = None
        self._device: Device | None = None
        self._facts: SettingFacts | None = None
        self._readout: Readout | None = None
        self._alarms: tuple[tuple[int, str], ...] = ()
        self._signs: dict[str, object] | None = None
        self._drawn_at: datetime | None = None
        self._is_broken = False
        self._is_outdated = True
        self._read_at = 0.0
        self._seq = 0

    @property
    def device_id(self) -> int:
        return int(self.scope["url_route"]["kwargs"]["device_id"])

    @override
    async def begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    @override
    async def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    @override
    def on_message(self, topic: str, text: str) -> None:
        """A push holds thousands of devices: ours is cut out of it without reading the rest."""
        if topic == "readings":
            said = entry_of(text, self.device_id)
            if said is not None:
                self._readout = pushed_over(self._readout, said)
        elif topic == "alarms" or (topic == "commands" and self._is_ours(text)):
            self._is_outdated = True

    def _is_ours(self, text: str) -> bool:
        return self.device_id in json.loads(text)["devices"]

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            try:
                frame = await self._frame(timezone.now())
                if frame is not None:
                    self.push(frame)
            except DatabaseError:
                logger.warning("device_frame_without_database device=%d", self.device_id)
            due = max(due + PERIOD_S, loop.time())
            await asyncio.sleep(due - loop.time())

    async def _frame(self, at: datetime) -> str | None:
        loop = asyncio.get_running_loop()
        if self._is_outdated or loop.time() - self._read_at >= LOOK_AGAIN_S:
            self._is_outdated, self._read_at = False, loop.time()
            await self._look()
        if self._device is None or self._facts is None:
            return None
        sheet = sheet_from(self._device, self._facts, self._readout, at)
        self._seq += 1
        frame: dict[str, Any] = {
            "seq": self._seq,
            "t": round(at.timestamp(), 3),
            "v": live_texts(sheet),
            "ev": self._news(sheet),
        }
        point = live_points(sheet)
        is_new = self._readout is not None and self._readout.measured_at != self._drawn_at
        # A point for each reading; silence breaks the line once.
        if is_new or (point["p"] is None) != self._is_broken:
            frame["pt"] = point
            self._drawn_at = self._readout.measured_at if self._readout else None
            self._is_broken = point["p"] is None
        return json.dumps(frame, separators=(",", ":"))

    async def _look(self) -> None:
        device, facts, alarms = await database_sync_to_async(_read)(self.device_id)
        self._device, self._facts = device, facts
        stored = readout_of(getattr(device, "latest", None)) if device else None
        mine = self._readout
        if stored is not None and (mine is None or mine.measured_at <= stored.measured_at):
            self._readout = stored
        self._alarms = alarms

    def _news(self, sheet: Sheet) -> list[str]:
        """Names of the regions whose structure changed since the frame before."""
        condition = getattr(sheet.device, "condition", None)
        before, self._signs = (
            self._signs,
            {
                "state": (sheet.plate.word, sheet.plate.reason, sheet.is_local),
                "settings": sheet.facts.newest_change,
                "commands": tuple((c.pk, c.status) for c in sheet.facts.commands),
                "condition": getattr(condition, "updated_at", None),
                "alarms": self._alarms,
            },
        )
        if before is None:
            return []
        return sorted(name for name, sign in self._signs.items() if before[name] != sign)


def entry_of(text: str, device_id: int) -> dict[str, Any] | None:
    """One device's entry of a `readings` message."""
    start = text.find(f'"{device_id}":{{')
    if start < 0:
        return None
    found, _ = json.JSONDecoder().raw_decode(text, text.index("{", start))
    return found if isinstance(found, dict) else None


def _read(device_id: int) -> tuple[Device | None, SettingFacts, tuple[tuple[int, str], ...]]:
    alarms = open_alarms().filter(device=device_id).values_list("pk", "status")
    return find_device(device_id), setting_facts(device_id), tuple(sorted(alarms))
