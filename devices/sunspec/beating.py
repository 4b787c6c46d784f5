"""The controller's counter written again and again, without a task or a future for each beat."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from devices.capabilities import ConnectionLost
from devices.sunspec.exchange import Exchange, Priority
from devices.sunspec.frames import write_request
from devices.sunspec.transport import Connection

# Where a write goes, its registers, its function code.
Write = tuple[int, tuple[int, ...], int]
Told = Callable[[Exception | None], None]


class Beat:
    """Writes what it is given, one request after the other; it is the asker of its requests."""

    __slots__ = ("_connection", "_left", "_told", "_unit")

    def __init__(self, connection: Connection, unit: int) -> None:
        self._connection = connection
        self._unit = unit
        self._left: list[Exchange] = []
        self._told: Told | None = None

    def start(self, writes: Sequence[Write], told: Told) -> None:
        """Begin; `told` is called once, with None or with what went wrong."""
        self._told = told
        self._left = [
            write_request(self._unit, function, addr, registers, self)
            for addr, registers, function in reversed(writes)
        ]
        self._ask_next()

    def _ask_next(self) -> None:
        if not self._left:
            self._end(None)
            return
        try:
            self._connection.submit(self._left.pop(), Priority.COMMAND)
        except ConnectionLost as fault:
            self._end(fault)

    # What the connection calls -------------------------------------------------------------------
    def done(self) -> bool:
        return self._told is None

    def set_result(self, payload: bytes, /) -> None:
        self._ask_next()

    def set_exception(self, fault: Exception, /) -> None:
        self._end(fault)

    def _end(self, fault: Exception | None) -> None:
        told, self._told, self._left = self._told, None, []
        if told is not None:
            told(fault)
