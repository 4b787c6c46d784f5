"""What people ask of single devices beside commands: every point, or what a command would write."""

import asyncio
from collections.abc import Awaitable, Mapping

from devices.capabilities import Now
from devices.gateway.database import Database
from devices.gateway.leases import Lease
from devices.gateway.rehearsals import Rehearsals
from devices.gateway.session import Unit
from devices.gateway.walks import Walks


class Questions:
    """One zone's questions, under one lease; rows ask, rows answer."""

    def __init__(
        self, database: Database, lease: Lease, units: Mapping[int, Unit], *, now: Now
    ) -> None:
        self._units = units
        self._walks = Walks(database, lease, now=now)
        self._rehearsals = Rehearsals(database, lease, now=now)
        self._answering: set[asyncio.Task[None]] = set()

    async def look(self) -> None:
        """Take what was asked and answer it beside everything else; raises DatabaseAway."""
        for walk, device_id in await self._walks.take():
            self._answer(self._walks.read(walk, self._units.get(device_id)))
        for rehearsal, device_id, order in await self._rehearsals.take():
            self._answer(self._rehearsals.play(rehearsal, self._units.get(device_id), order))

    def close(self) -> None:
        for task in self._answering:
            task.cancel()

    def _answer(self, deed: Awaitable[None]) -> None:
        task = asyncio.ensure_future(deed)
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
