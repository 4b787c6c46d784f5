"""Serving one zone for as long as its lease is ours: polling, commands, reloading."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from derms.lib import live
from devices import news
from devices.capabilities import Now
from devices.gateway import bells, fleet
from devices.gateway.care import Care
from devices.gateway.carrying import Carrier
from devices.gateway.database import Database, DatabaseAway
from devices.gateway.keeping import Keeper
from devices.gateway.leases import Lease, Leases
from devices.gateway.ledger import Ledger, LedgerLines, Order
from devices.gateway.pacing import ConnectBudget, DueHeap, Tally
from devices.gateway.questions import Questions
from devices.gateway.rounds import Rounds
from devices.gateway.session import Session, Surroundings, Unit
from devices.gateway.statements import MOST_CLAIMED
from devices.gateway.writer import Writer
from devices.sunspec import Sweep

logger = logging.getLogger(__name__)
# So many under way at once, and polls let them pass.
MANY_COMMANDS = 100
RELOAD_S = 5.0
NEWS_TOGETHER_S = 0.02
REST_S = 2.0


@dataclass(frozen=True, slots=True)
class Means:
    """What all zones of a worker share.

    Each kind of question has a database connection of its own, so that none waits behind another:
    `register` which devices there are, `care` what may wait for others' locks, `ledger` commands.
    """

    leases: Leases
    register: Database
    care: Database
    ledger: LedgerLines
    writer: Writer
    budget: ConnectBudget
    now: Now
    timeout_s: float
    longest_backoff_s: float
    slow_period_s: float
    lateness_ms: Callable[[], float]


class Zone:
    """Waits for the zone's lease, serves the zone under it, and begins again when it is lost."""

    def __init__(self, name: str, means: Means) -> None:
        self.name = name
        self._means = means
        self.service: ZoneService | None = None

    async def run(self) -> None:
        while True:
            lease = await self._lease()
            logger.info("zone_taken zone=%s fence=%d", self.name, lease.fence)
            self.service = ZoneService(lease, self._means)
            try:
                await self.service.run()
            finally:
                self.service.close()
                await self._give_back(lease)
            logger.warning("zone_lost zone=%s fence=%d", self.name, lease.fence)

    async def _lease(self) -> Lease:
        patience_s = min(1.0, self._means.leases.lease_s / 4)
        is_away = False
        while True:
            try:
                lease = await self._means.leases.acquire(self.name)
                is_away = False
            except DatabaseAway as error:
                if not is_away:
                    logger.warning("lease_waits zone=%s reason=%s", self.name, error)
                is_away, lease = True, None
            if lease is not None:
                return lease
            await asyncio.sleep(patience_s)

    async def _give_back(self, lease: Lease) -> None:
        try:
            await self._means.leases.release(lease)
        except DatabaseAway:
            logger.warning("lease_not_given_back zone=%s", self.name)


class ZoneService:
    """One term of one lease."""

    def __init__(self, lease: Lease, means: Means) -> None:
        self.lease = lease
        self.units: dict[int, Unit] = {}
        self.sessions: dict[tuple[str, int], Session] = {}
        self._means = means
        self._running: dict[int, asyncio.Task[None]] = {}
        self.heap: DueHeap[Unit] = DueHeap(
            lambda unit: unit.session.poll_soon(unit), is_pressed=self._is_pressed
        )
        self._ledger = Ledger(means.ledger, lease, now=means.now)
        self._carrier = Carrier(
            self._ledger,
            means.writer,
            now=means.now,
            is_mine=lease.is_mine,
            announce=self._announce,
        )
        self._keeper = Keeper(self._carrier, self._ledger)
        self._care = Care(
            means.care,
            self.units,
            self._keeper,
            now=means.now,
            is_mine=lease.is_mine,
            is_pressed=self._is_pressed,
            slow_period_s=means.slow_period_s,
        )
        self._surroundings = Surroundings(
            now=means.now,
            may_talk=lease.is_mine,
            writer=means.writer,
            budget=means.budget,
            timeout_s=means.timeout_s,
            longest_backoff_s=means.longest_backoff_s,
            sweep=Sweep(),
            conditions=self._care.conditions,
            signs=self._care.signs,
            attention=self._care.slow,
            remember=self._care.discovered,
            tally=Tally(),
        )
        self._taking = Rounds(lease.zone, self._take)
        self._minding = Rounds(lease.zone, self._mind, rests=True)
        self._has_more_to_take = False
        self._reloading = asyncio.Lock()
        self._devices_changed, self._reloaded_at = False, 0.0
        self._resting: dict[int, float] = {}
        self._asides: set[asyncio.Task[None]] = set()
        self._news: set[int] = set()
        self._questions = Questions(means.register, lease, self.units, now=means.now)

    async def run(self) -> None:
        """Serve until the lease is lost; returns then, and raises only what nobody expected."""
        bells.listen(self.lease.zone, asyncio.get_running_loop(), self._ring)
        work = [
            asyncio.create_task(deed)
            for deed in (self._taking.run(), self._minding.run(), self._keep_lease())
        ]
        try:
            done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in work:
                task.cancel()

    def close(self) -> None:
        """Let go of everything at once, sockets first."""
        for session in self.sessions.values():
            session.close()
        self.heap.stop()
        self._care.close()
        self._questions.close()
        self._ledger.close()
        bells.hang_up(self.lease.zone)
        for task in (*self._running.values(), *self._asides):
            task.cancel()
        self._means.writer.forget(self.units)

    # The lease -----------------------------------------------------------------------------------
    async def _keep_lease(self) -> None:
        """Renew each third of its time; the heartbeat tells others that the loop is well."""
        pause_s = min(1.0, self._means.leases.lease_s / 3)
        counted_at = time.monotonic()
        while True:
            await asyncio.sleep(pause_s)
            if not self.lease.is_mine():
                return
            lateness_ms = max(self._means.lateness_ms(), self.heap.take_lateness_s() * 1000)
            tally, asked_at = self._surroundings.tally, time.monotonic()
            rate = tally.take_polls_per_s(asked_at - counted_at)
            counted_at = asked_at
            if not await self._means.leases.renew(
                self.lease, lateness_ms, polls_per_s=rate, connects=tally.connects
            ):
                return

    # Looking at the tables -----------------------------------------------------------------------
    # Everything follows from rows: a lost bell or a crash costs at most one round.
    def _ring(self, devices_changed: bool) -> None:  # noqa: FBT001  the bell's own shape
        self._devices_changed |= devices_changed
        self._taking.ring()

    def _is_pressed(self) -> bool:
        return self._has_more_to_take or len(self._running) >= MANY_COMMANDS

    async def _take(self) -> None:
        """What is to be begun: short, so that a command is on the wire at once."""
        if self._devices_changed or time.monotonic() - self._reloaded_at > RELOAD_S:
            await self._reload()
        self._tell(await self._ledger.supersede_older())
        try:
            await self._claim()
        finally:
            self._has_more_to_take = False
        await self._questions.look()

    async def _claim(self) -> None:
        while claimed := await self._ledger.claim():
            self._has_more_to_take = len(claimed) == MOST_CLAIMED
            await self._start(claimed)
            if not self._has_more_to_take:
                break

    async def _mind(self) -> None:
        """What was begun: left by another holder, replaced, to be refreshed, over."""
        await self._start(await self._ledger.take_interrupted(tuple(self._running)))
        self._tell(await self._ledger.close_older())
        away = (*self._running, *self._still_resting())
        for order in await self._ledger.refreshes_due(away):
            self._aside(order, self._keeper.refresh)
        for order in await self._ledger.over(away):
            self._aside(order, self._keeper.look_whether_let_go)

    def _still_resting(self) -> Iterable[int]:
        now = time.monotonic()
        self._resting = {pk: until for pk, until in self._resting.items() if until > now}
        return self._resting

    async def _start(self, orders: list[Order]) -> None:
        self._tell(order.device_id for order in orders)
        for order in orders:
            unit = self.units.get(order.device_id)
            if unit is None:
                await self._reload()
                unit = self.units.get(order.device_id)
            if unit is None:
                words = "The device is not in service any more."
                status = "leased" if order.status == "queued" else order.status
                await self._carrier.record(order, status, "failed", reason=words, fault=words)
            elif order.id not in self._running:
                self._watch(order, self._carrier.carry_out(unit, order))

    def _aside(self, order: Order, deed: Callable[[Unit, Order], Awaitable[bool]]) -> None:
        """Refreshes and looks: one at a time for each command, with a rest after a failure."""
        unit = self.units.get(order.device_id)
        self._resting[order.id] = time.monotonic() + REST_S
        if unit is not None and order.id not in self._running:
            self._watch(order, _only(deed(unit, order)))

    def _watch(self, order: Order, deed: Awaitable[None]) -> None:
        task = asyncio.ensure_future(deed)
        self._running[order.id] = task

        def ended(done: asyncio.Future[None]) -> None:
            self._running.pop(order.id, None)
            if not done.cancelled() and done.exception() is not None:
                logger.error("command_broke command=%d", order.id, exc_info=done.exception())

        task.add_done_callback(ended)

    # The register --------------------------------------------------------------------------------
    async def _reload(self) -> None:
        async with self._reloading:
            self._devices_changed = False
            known = {pk: unit.row.version for pk, unit in self.units.items()}
            changed = await fleet.changes(self._means.register, self.lease.zone_id, known)
            self._reloaded_at = time.monotonic()
            for pk in changed.gone:
                self._drop(pk)
            for row in changed.appeared:
                session = self.sessions.get(row.endpoint)
                if session is None:
                    session = Session(row.host, row.port, self._surroundings, self.heap)
                    self.sessions[row.endpoint] = session
                self.units[row.id] = session.add(row)
            for endpoint in [e for e, session in self.sessions.items() if not session.units]:
                self.sessions.pop(endpoint).close()

    def _drop(self, pk: int) -> None:
        unit = self.units.pop(pk)
        unit.session.remove(pk)
        self._care.forget([pk])
        self._means.writer.forget([pk])

    # News ----------------------------------------------------------------------------------------
    def _announce(self, order: Order, status: str) -> None:
        self._tell([order.device_id])
        if status == "verified":
            self._minding.ring()

    def _tell(self, device_ids: Iterable[int]) -> None:
        is_waiting = bool(self._news)
        self._news.update(device_ids)
        if self._news and not is_waiting:
            task = asyncio.create_task(self._publish_news())
            self._asides.add(task)
            task.add_done_callback(self._asides.discard)

    async def _publish_news(self) -> None:
        await asyncio.sleep(NEWS_TOGETHER_S)
        changed, self._news = self._news, set()
        message = news.commands_changed(changed, self._means.now())
        await asyncio.to_thread(live.publish, news.TOPIC, message)


async def _only(deed: Awaitable[bool]) -> None:
    await deed
