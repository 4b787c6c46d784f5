"""One request on its way, the two queues it may wait in, and the sweep over late answers."""

from __future__ import annotations

import asyncio
from enum import IntEnum
from functools import lru_cache
from typing import Protocol

from typing_extensions import override

READ, WRITE_ONE, WRITE_MANY = 3, 6, 16
LONGEST_SWEEP_S, SWEEPS_A_TIMEOUT = 0.25, 8


class Priority(IntEnum):
    """Which queue a request waits in: every command goes before every poll."""

    COMMAND = 0
    POLL = 1


class Asker(Protocol):
    """Who gets the outcome of a request: a future, or something that goes on by itself."""

    def done(self) -> bool:
        """Whether nobody waits for the outcome any more."""
        ...

    def set_result(self, payload: bytes, /) -> None: ...

    def set_exception(self, fault: Exception, /) -> None: ...


class Exchange:
    """One request and who asks it.

    `body` is the request without its transaction id, `head` how a good reply begins behind it and
    `length` how long a good reply is: a reply that is exactly so needs no further look. With a
    `timeout_s` it is waited for so long, in place of the connection's own time.
    """

    __slots__ = (
        "addr",
        "asker",
        "body",
        "count",
        "function",
        "head",
        "length",
        "timeout_s",
        "transaction",
        "unit",
    )

    def __init__(
        self, unit: int, function: int, addr: int, count: int, body: bytes, asker: Asker
    ) -> None:
        self.unit = unit
        self.function = function
        self.addr = addr
        self.count = count
        self.body = body
        self.asker = asker
        self.head, self.length = good_reply(unit, function, count, body)
        self.timeout_s = 0.0
        self.transaction = 0

    @override
    def __str__(self) -> str:
        verb = "read of" if self.function == READ else "write of"
        return f"{verb} {self.count} registers at {self.addr}, unit {self.unit}"


@lru_cache(maxsize=4096)
def good_reply(unit: int, function: int, count: int, body: bytes) -> tuple[bytes, int]:
    """How the one good reply to a request begins behind its transaction id, and its length.

    Protocol 0, the length, unit, function; then a read's byte count, or the echo of a write.
    """
    if function == READ:
        return bytes((0, 0, 0, 3 + 2 * count, unit, READ, 2 * count)), 9 + 2 * count
    return bytes((0, 0, 0, 6)) + body[4:10], 12


class Queues:
    """Requests that wait for the line; nearly always none or one, so lists do."""

    __slots__ = ("_commands", "_polls")

    def __init__(self) -> None:
        self._commands: list[Exchange] = []
        self._polls: list[Exchange] = []

    def __bool__(self) -> bool:
        return bool(self._commands or self._polls)

    def add(self, exchange: Exchange, priority: Priority) -> None:
        (self._polls if priority else self._commands).append(exchange)

    def next(self) -> Exchange | None:
        """The next one somebody still waits for."""
        for queue in (self._commands, self._polls):
            while queue:
                exchange = queue.pop(0)
                if not exchange.asker.done():
                    return exchange
        return None

    def has_waiting(self) -> bool:
        return any(not e.asker.done() for queue in (self._commands, self._polls) for e in queue)

    def drain(self) -> list[Exchange]:
        waiting = [*self._commands, *self._polls]
        self._commands.clear()
        self._polls.clear()
        return waiting


class Timed(Protocol):
    """What a sweep looks at."""

    timeout_s: float

    def look_at_deadline(self, now: float) -> None: ...


class Sweep:
    """One timer for the deadlines of many connections, instead of one for each request.

    A time-out comes up to an eighth of itself late, at most a quarter of a second.
    """

    def __init__(self) -> None:
        self._watched: set[Timed] = set()
        self._gap_s = LONGEST_SWEEP_S
        self._timer: asyncio.TimerHandle | None = None

    def add(self, timed: Timed) -> None:
        self._watched.add(timed)
        gap_s = min(LONGEST_SWEEP_S, timed.timeout_s / SWEEPS_A_TIMEOUT)
        if self._timer is None or gap_s < self._gap_s:
            self._gap_s = gap_s
            self._set_timer()

    def discard(self, timed: Timed) -> None:
        self._watched.discard(timed)
        if not self._watched and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._gap_s, self._look)

    def _look(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        for timed in tuple(self._watched):
            timed.look_at_deadline(now)
        if self._watched and self._timer is None:
            self._set_timer()
