"""The controller's counter written again and again, without a task or a future for each beat."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from devices.capabilities import ConnectionLost
from devices.sunspec.codec import encode
from devices.sunspec.exchange import WRITE_MANY, Exchange, Priority
from devices.sunspec.frames import write_frame, write_request
from devices.sunspec.transport import Connection

Told = Callable[[Exception | None], None]


class Heart(NamedTuple):
    """A counter of the controller's beats; it starts anew before "not implemented" is reached."""

    addr: int
    type: str
    most: int

    def registers(self, counter: int) -> tuple[int, ...]:
        return encode(counter % self.most, self.type)


class Beat:
    """Writes a device's counters, one request after the other; it is the asker of its requests.

    The requests are made once for a set of counters; from beat to beat only the number changes.
    """

    __slots__ = (
        "_connection",
        "_exchanges",
        "_hearts",
        "_next",
        "_single_function",
        "_told",
        "_unit",
        "has_worked",
    )

    def __init__(self, connection: Connection, unit: int) -> None:
        self._connection = connection
        self._unit = unit
        self._hearts: tuple[Heart, ...] = ()
        self._single_function = 0
        self._exchanges: tuple[Exchange, ...] = ()
        self._next = 0
        self._told: Told | None = None
        # Whether the last beat did, by whomever it was written.
        self.has_worked = False

    def start(
        self, counter: int, hearts: tuple[Heart, ...], single_function: int, told: Told
    ) -> None:
        """Begin; `told` is called once, with None or with what went wrong.

        `single_function` is the code that a counter of one register is written with.
        """
        if hearts is not self._hearts or single_function != self._single_function:
            self._hearts, self._single_function = hearts, single_function
            self._exchanges = tuple(self._exchange(heart, counter) for heart in hearts)
        for heart, exchange in zip(hearts, self._exchanges, strict=True):
            exchange.body = write_frame(
                self._unit, exchange.function, heart.addr, heart.registers(counter)
            )
        self._told, self._next = told, 0
        self._ask_next()

    def _exchange(self, heart: Heart, counter: int) -> Exchange:
        registers = heart.registers(counter)
        function = self._single_function if len(registers) == 1 else WRITE_MANY
        return write_request(self._unit, function, heart.addr, registers, self)

    def _ask_next(self) -> None:
        number = self._next
        if number == len(self._exchanges):
            self._end(None)
            return
        self._next = number + 1
        try:
            self._connection.submit(self._exchanges[number], Priority.COMMAND)
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
        self.has_worked = fault is None
        told, self._told = self._told, None
        if told is not None:
            told(fault)
