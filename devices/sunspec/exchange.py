"""One request on its way, and the two queues it may wait in."""

from __future__ import annotations

import asyncio
from collections import deque
from enum import IntEnum

from typing_extensions import override

READ, WRITE_ONE, WRITE_MANY = 3, 6, 16


class Priority(IntEnum):
    """Which queue a request waits in: every command goes before every poll."""

    COMMAND = 0
    POLL = 1


class Exchange:
    """One request and the future its asker waits for."""

    __slots__ = ("addr", "body", "count", "function", "future", "transaction", "unit")

    def __init__(
        self,
        unit: int,
        function: int,
        addr: int,
        count: int,
        body: bytes,
        future: asyncio.Future[bytes],
    ) -> None:
        self.unit = unit
        self.function = function
        self.addr = addr
        self.count = count
        self.body = body
        self.future = future
        self.transaction = 0

    @override
    def __str__(self) -> str:
        verb = "read of" if self.function == READ else "write of"
        return f"{verb} {self.count} registers at {self.addr}, unit {self.unit}"


class Queues:
    """Requests that wait for the line."""

    __slots__ = ("_commands", "_polls")

    def __init__(self) -> None:
        self._commands: deque[Exchange] = deque()
        self._polls: deque[Exchange] = deque()

    def __bool__(self) -> bool:
        return bool(self._commands or self._polls)

    def add(self, exchange: Exchange, priority: Priority) -> None:
        (self._polls if priority else self._commands).append(exchange)

    def next(self) -> Exchange | None:
        """The next one somebody still waits for."""
        for queue in (self._commands, self._polls):
            while queue:
                exchange = queue.popleft()
                if not exchange.future.done():
                    return exchange
        return None

    def has_waiting(self) -> bool:
        return any(not e.future.done() for queue in (self._commands, self._polls) for e in queue)

    def drain(self) -> list[Exchange]:
        waiting = [*self._commands, *self._polls]
        self._commands.clear()
        self._polls.clear()
        return waiting
