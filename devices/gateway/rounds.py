"""Looking at the tables again and again: at a bell, and each second without one."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from devices.gateway.database import DatabaseAway

logger = logging.getLogger(__name__)
LOOK_S = 1.0
SHORTEST_GAP_S = 0.02


class Rounds:
    """Calls `look` for ever; a lost bell costs at most LOOK_S, a database that is away as well.

    With `rests` the pause is at least as long as the look took: for looks that cost the database
    so much that others have to get their half of the time.
    """

    def __init__(
        self, zone: str, look: Callable[[], Awaitable[None]], *, rests: bool = False
    ) -> None:
        self._zone = zone
        self._look = look
        self._rests = rests
        self._bell = asyncio.Event()

    def ring(self) -> None:
        self._bell.set()

    async def run(self) -> None:
        """Until cancelled; raises only what nobody expected."""
        is_away = False
        while True:
            began = time.monotonic()
            self._bell.clear()
            try:
                await self._look()
                is_away = False
            except DatabaseAway as error:
                if not is_away:
                    logger.warning("look_waits zone=%s reason=%s", self._zone, error)
                is_away = True
            await asyncio.sleep(self._gap_s(time.monotonic() - began))
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._bell.wait()
            except TimeoutError:
                pass

    def _gap_s(self, took_s: float) -> float:
        return max(SHORTEST_GAP_S, min(LOOK_S, took_s) if self._rests else 0.0)
