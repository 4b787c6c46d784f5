"""The slow polls: every half minute or so what a device holds, and how it is (DV-2, DV-3).

One begins right after a good fast poll, so a silent device gets none. Its requests wait among the
fast polls, one at a time on each line, and every command goes before them.
"""

import asyncio
import logging
import random
from collections.abc import Callable

from devices.capabilities import DeviceChanged, DriverFault, Now
from devices.gateway.condition import Conditions
from devices.gateway.confirming import Awaited, can_show
from devices.gateway.drift import Drift, Wanted
from devices.gateway.facts import Facts
from devices.gateway.heartbeat import Heartbeats
from devices.gateway.session import IS_LOOKED_AT, Session, Unit
from devices.sunspec import SunSpecDevice

logger = logging.getLogger(__name__)
MOST_AT_ONCE = 100
# A device that came back, or was just written again, is looked at this soon.
SOON_S = 1.0
JITTER = 0.1
FACTS_AGE_S = 24 * 3600.0


class SlowPolls:
    """One zone's slow polls; `attend` is called when a device's time has come."""

    def __init__(
        self,
        *,
        now: Now,
        period_s: float,
        drift: Drift,
        conditions: Conditions,
        heartbeats: Heartbeats,
        facts: Facts,
        is_pressed: Callable[[], bool],
    ) -> None:
        self._now = now
        self._period_s = period_s
        self._drift = drift
        self._conditions = conditions
        self._heartbeats = heartbeats
        self._facts = facts
        self._is_pressed = is_pressed
        self._room = asyncio.Semaphore(MOST_AT_ONCE)
        self._turns: dict[Session, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()

    def first_at(self) -> float:
        """When a device that was just taken up is first looked at: a whole zone is spread out."""
        return self._loop.time() + self._period_s * random.random()  # noqa: S311

    def soon_at(self) -> float:
        return self._loop.time() + SOON_S * random.random()  # noqa: S311

    def attend(self, unit: Unit) -> None:
        """Begin a slow poll; the next is set when this one is over. Many commands go before it."""
        if self._is_pressed():
            unit.look_at = self.soon_at()
            return
        unit.look_at = IS_LOOKED_AT
        task = self._loop.create_task(self._run(unit))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _run(self, unit: Unit) -> None:
        session = unit.session
        turn = self._turns.setdefault(session, asyncio.Lock())
        try:
            async with turn, self._room:
                if session.units.get(unit.row.id) is unit:
                    await self._look(unit)
        except DriverFault as fault:
            self._conditions.failed(unit.health, fault)
        except Exception:  # one device's surprise must not end the looks at it
            logger.exception("slow_poll_broke device=%d", unit.row.id)
        finally:
            unit.look_at = self._next_at(unit)
            if not session.units:
                self._turns.pop(session, None)

    def _next_at(self, unit: Unit) -> float:
        if unit.is_to_be_looked_at_soon:
            unit.is_to_be_looked_at_soon = False
            return self.soon_at()
        spread = 1.0 + JITTER * (2.0 * random.random() - 1.0)  # noqa: S311
        return self._loop.time() + self._period_s * spread

    async def _look(self, unit: Unit) -> None:
        device, link = unit.device, unit.session.connection.link
        if device is None or link is None or unit.proved_on is not link:
            unit.is_to_be_looked_at_soon = True
            return
        begun_at, writes = self._now(), unit.writes
        try:
            reading = await device.read_slow(self._now)
        except DeviceChanged as fault:
            # Its next poll proves anew who it is, and says so.
            unit.discovery, unit.proved_on = None, None
            self._conditions.failed(unit.health, fault)
            return
        unit.settings_at = self._loop.time()
        self._conditions.supervised(unit.health, reading.supervision, reading.points)
        if device.has_heartbeat:
            self._heartbeats.add(unit)
        await self._keep_facts(unit, device, reading.supervision.firmware)
        wanted = await self._drift.compare(unit, device, reading.states, begun_at, writes)
        _await_signs(unit, wanted)

    async def _keep_facts(self, unit: Unit, device: SunSpecDevice, firmware: str) -> None:
        """The static points: on every new connection, with a new firmware, and once a day."""
        known = (unit.session.connection.link, firmware, device.learned)
        now = self._loop.time()
        if known == unit.facts_of and now - unit.facts_at < FACTS_AGE_S:
            return
        if firmware and firmware != unit.firmware:
            is_first, unit.firmware = not unit.firmware, firmware
            walked = device.discovery.identity.version.strip()
            if not is_first or (walked and walked != firmware):
                # Its map may have changed with it: walk it anew.
                logger.info("firmware_changed device=%d version=%s", unit.row.id, firmware)
                unit.discovery, unit.proved_on = None, None
                unit.is_to_be_looked_at_soon = True
                return
        nameplate = await device.read_nameplate()
        unit.rated_w = nameplate.active_power_max_w or nameplate.active_power_setting_w
        self._facts.read(unit.row.id, device.discovery, device.learned, nameplate)
        unit.facts_of, unit.facts_at = known, now


def _await_signs(unit: Unit, wanted: Wanted) -> None:
    """Commands whose sign was not seen before this worker took over."""
    known = {one.order.id for one in unit.awaited}
    unit.awaited += tuple(
        Awaited(command.order, command.verified_at)
        for command in wanted.commands.values()
        if not command.is_confirmed and command.order.id not in known and can_show(command.order)
    )
