"""The command table as the loop uses it: take, prove, record. Rows are the truth.

Every statement that changes a row carries the zone's lease: owner and fence must be those of the
row of the lease, and the lease must not be over by the database's own clock.
"""

import asyncio
import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import psycopg

from devices.capabilities import Function, Now
from devices.gateway import statements
from devices.gateway.batches import Batches
from devices.gateway.database import Database, DatabaseAway
from devices.gateway.leases import Lease
from devices.models.moving import MOVE_COMMANDS, CommandMove, rows_of

logger = logging.getLogger(__name__)
# Long enough for every try of one command; a dead worker's hold ends with its fence, not with this.
HOLD = timedelta(seconds=60)
RETRY_S = 0.3
# They have no off and no timer: what stood there before has to be kept, to be written back.
LASTING = frozenset({Function.RAMP_RATE, Function.ENTER_SERVICE})
# A command that does not stay is written again so often, and then left to the drift alarm.
MOST_REWRITES = 3


@dataclass(frozen=True, slots=True)
class Order:
    """A command as the loop carries it out."""

    id: int
    device_id: int
    function: str
    is_release: bool
    value_w: int | None
    parameters: dict[str, Any]
    reversion_s: int
    ramp_s: int | None
    sequence: int
    approved: dict[str, Any] | None
    before: dict[str, Any] | None
    status: str
    expires_at: datetime
    attempts: int
    taken_at: datetime | None = None

    @property
    def was_interrupted(self) -> bool:
        """Whether an earlier holder may have written it already."""
        return self.status != "queued"


@dataclass(frozen=True, slots=True)
class LedgerLines:
    """Connections for which commands are due, for what became of others, and for how they go.

    The record of a command waits for no look at the whole table.
    """

    taking: Database
    minding: Database
    recording: Database


class Ledger:
    """One zone's commands, under one lease."""

    def __init__(self, lines: LedgerLines, lease: Lease, *, now: Now) -> None:
        self._lines = lines
        self._lease = lease
        self._now = now
        self._moves: Batches[CommandMove, bool] = Batches(self._move_all)
        self._checks: Batches[Order, bool] = Batches(self._check_all)
        self._refreshes: Batches[tuple[int, datetime], bool] = Batches(self._note_refreshes)
        self._rewrites: Batches[tuple[int, bool, str], bool] = Batches(self._note_rewrites)

    def close(self) -> None:
        for batches in (self._moves, self._checks, self._refreshes, self._rewrites):
            batches.cancel()

    # Taking ------------------------------------------------------------------------------------
    async def supersede_older(self) -> list[int]:
        """End older open commands where a newer one of the same function may start; whose."""
        return await self._ended(self._lines.taking, statements.SUPERSEDE)

    async def close_older(self) -> list[int]:
        """End verified commands that a newer verified one has taken the place of; whose."""
        return await self._ended(self._lines.minding, statements.CLOSE_OLDER)

    async def claim(self) -> list[Order]:
        """Take every queued command that is due."""
        return await self._orders(self._lines.taking, statements.CLAIM)

    async def take_interrupted(self, running: Collection[int]) -> list[Order]:
        """Take what an earlier holder left between claim and proof, with when it took it."""
        orders = await self._orders(self._lines.minding, statements.TAKE_INTERRUPTED, running)
        return [replace(o, taken_at=o.taken_at - HOLD if o.taken_at else None) for o in orders]

    async def refreshes_due(self, running: Collection[int]) -> list[Order]:
        """Verified commands whose device timer has run half way, with time left."""
        return await self._orders(self._lines.minding, statements.REFRESHES_DUE, running)

    async def over(self, running: Collection[int]) -> list[Order]:
        """Verified commands whose time is over, with no release verified."""
        return await self._orders(self._lines.minding, statements.OVER, running)

    # Proving and recording ---------------------------------------------------------------------
    async def is_still_wanted(self, order: Order) -> bool:
        """Whether it may be written now: ours, in time, and the newest of its function."""
        return await self._checks.submit(order)

    def move(
        self, order: Order, old: str, new: str, *, reason: str = "", **facts: Any
    ) -> asyncio.Future[bool]:
        """Record one move; false when the row is no longer as expected."""
        return self._moves.submit(
            CommandMove(
                order.id,
                old,
                new,
                self._now(),
                self._lease.owner,
                reason,
                held_by=None if old == "verified" else self._lease.owner,
                held_fence=None if old == "verified" else self._lease.fence,
                facts=facts,
            )
        )

    async def note_refresh(self, order: Order, at: datetime) -> bool:
        return await self._refreshes.submit((order.id, at))

    async def note_rewrite(self, order: Order, words: str, *, is_held: bool) -> bool:
        """Record that a lost command was written again, and whether the device held it then."""
        return await self._rewrites.submit((order.id, is_held, words))

    # Statements --------------------------------------------------------------------------------
    def _facts(self) -> dict[str, Any]:
        at = self._now()
        return {
            "zone": self._lease.zone_id,
            "owner": self._lease.owner,
            "fence": self._lease.fence,
            "at": at,
            "until": at + HOLD,
        }

    async def _ask(
        self, database: Database, statement: str, facts: dict[str, Any] | list[Any]
    ) -> list[tuple[Any, ...]]:
        async with database.use() as connection:
            return await (await connection.execute(statement, facts)).fetchall()

    async def _ask_patiently(self, statement: str, facts: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Nothing may go on without the answer; whoever waits is cancelled with the lease."""
        while True:
            try:
                return await self._ask(self._lines.recording, statement, self._facts() | facts)
            except DatabaseAway as error:
                logger.warning("question_waits reason=%s", error)
                await asyncio.sleep(RETRY_S)

    async def _orders(
        self, database: Database, statement: str, running: Collection[int] = ()
    ) -> list[Order]:
        rows = await self._ask(database, statement, self._facts() | {"running": list(running)})
        return [Order(*row) for row in rows]

    async def _ended(self, database: Database, statement: str) -> list[int]:
        """The devices of the commands that a statement ended."""
        return [row[0] for row in await self._ask(database, statement, self._facts())]

    async def _move_all(self, moves: list[CommandMove]) -> list[bool]:
        """In rounds: a command that moves twice in one batch moves once in each statement."""
        answers: dict[int, bool] = {}
        left = list(enumerate(moves))
        while left:
            seen: set[int] = set()
            now: list[tuple[int, CommandMove]] = []
            later: list[tuple[int, CommandMove]] = []
            for item in left:
                (later if item[1].id in seen else now).append(item)
                seen.add(item[1].id)
            moved = await self._move_round([move for _, move in now])
            answers |= {number: move.id in moved for number, move in now}
            left = later
        return [answers[number] for number in range(len(moves))]

    async def _move_round(self, moves: Sequence[CommandMove]) -> set[int]:
        is_again = False
        while True:
            try:
                moved = {
                    row[0]
                    for row in await self._ask(
                        self._lines.recording, MOVE_COMMANDS, [rows_of(moves)]
                    )
                }
                return moved | await self._moved_before(moves) if is_again else moved
            except (DatabaseAway, psycopg.errors.DeadlockDetected) as error:
                # Nobody knows whether it was done: ask again, and look at what stands there.
                is_again = True
                logger.warning("record_waits commands=%d reason=%s", len(moves), error)
                await asyncio.sleep(RETRY_S)

    async def _moved_before(self, moves: Iterable[CommandMove]) -> set[int]:
        wanted = {move.id: move for move in moves}
        rows = await self._ask(self._lines.recording, statements.STATUSES, [list(wanted)])
        return {
            pk
            for pk, status, holder, fence in rows
            if status == wanted[pk].new
            and (holder, fence) == (self._lease.owner, self._lease.fence)
        }

    async def _check_all(self, orders: list[Order]) -> list[bool]:
        ids = [order.id for order in orders]
        rows = await self._ask_patiently(statements.STILL_WANTED, {"ids": ids})
        wanted = {row[0] for row in rows}
        return [order.id in wanted for order in orders]

    async def _note_refreshes(self, refreshes: list[tuple[int, datetime]]) -> list[bool]:
        ids, times = zip(*refreshes, strict=True)
        facts = {"ids": list(ids), "times": list(times)}
        noted = {row[0] for row in await self._ask_patiently(statements.NOTE_REFRESHES, facts)}
        return [pk in noted for pk in ids]

    async def _note_rewrites(self, rewrites: list[tuple[int, bool, str]]) -> list[bool]:
        ids, held, words = zip(*rewrites, strict=True)
        facts = {
            "ids": list(ids), "held": list(held), "words": list(words), "most": str(MOST_REWRITES),
        }  # fmt: skip
        noted = {row[0] for row in await self._ask_patiently(statements.NOTE_REWRITES, facts)}
        return [pk in noted for pk in ids]
