"""The same few reads of one unit, again and again, without a task or a future for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from devices.capabilities import ConnectionLost, ExceptionReply, Measurement, ModelAt, Now
from devices.sunspec.codec import Decoder
from devices.sunspec.exchange import Exchange, Priority
from devices.sunspec.frames import read_request
from devices.sunspec.readplan import Run, Window
from devices.sunspec.transport import Connection

Told = Callable[[Measurement | Exception], None]
Decode = Callable[[list[bytes], Now], Measurement]


@dataclass(frozen=True, slots=True)
class Source:
    """One model read at every poll, and the decoder of what is wanted of it."""

    model: ModelAt
    decoder: Decoder

    @property
    def window(self) -> Window:
        return Window(self.model, self.decoder.first, self.decoder.count)


class Part(NamedTuple):
    """Where a source lies in the payloads of a poll: requests `first` to `end`, then a byte."""

    first: int
    end: int
    at: int

    def within(self, payloads: list[bytes]) -> tuple[bytes, int]:
        """The bytes that hold the source, and where in them it begins."""
        first, end, at = self
        return (payloads[first] if end - first == 1 else b"".join(payloads[first:end])), at


def part_of(source: Source | None, runs: tuple[Run, ...]) -> Part:
    first = 0
    for run in runs:
        for window, at in run.parts:
            if source is not None and window == source.window:
                return Part(first, first + len(run.requests), at)
        first += len(run.requests)
    return Part(0, 0, 0)


class FastPoll:
    """Asks for all registers of a read plan, one request after the other.

    It is the asker of its own requests, which are made once. `decode` gets the payloads in the
    order of the plan's requests. After a refusal `give_in` may change the plan and start anew.
    """

    __slots__ = ("_connection", "_decode", "_exchanges", "_give_in", "_now", "_payloads", "_told")

    def __init__(
        self,
        connection: Connection,
        unit: int,
        runs: tuple[Run, ...],
        decode: Decode,
        give_in: Callable[[ExceptionReply, Now, Told], bool],
    ) -> None:
        self._connection = connection
        self._decode = decode
        self._give_in = give_in
        self._exchanges: tuple[Exchange, ...] = tuple(
            read_request(unit, addr, count, self) for run in runs for addr, count in run.requests
        )
        self._payloads: list[bytes] = []
        self._now: Now | None = None
        self._told: Told | None = None

    def start(self, now: Now, told: Told, timeout_s: float = 0.0) -> None:
        """Begin a round; `told` is called once, with the measurement or with what went wrong."""
        for exchange in self._exchanges:
            exchange.timeout_s = timeout_s
        self._now, self._told = now, told
        self._payloads = []
        self._ask(self._exchanges[0])

    def _ask(self, exchange: Exchange) -> None:
        try:
            self._connection.submit(exchange, Priority.POLL)
        except ConnectionLost as fault:
            self._end(fault)

    # What the connection calls -------------------------------------------------------------------
    def done(self) -> bool:
        return self._told is None

    def set_result(self, payload: bytes, /) -> None:
        payloads = self._payloads
        payloads.append(payload)
        if len(payloads) < len(self._exchanges):
            self._ask(self._exchanges[len(payloads)])
        elif self._now is not None:
            try:
                outcome: Measurement | Exception = self._decode(payloads, self._now)
            except Exception as error:  # noqa: BLE001  one device's surprise must not stop others
                outcome = error
            self._end(outcome)

    def set_exception(self, fault: Exception, /) -> None:
        now, told = self._now, self._told
        if isinstance(fault, ExceptionReply) and now is not None and told is not None:
            self._told = None
            if self._give_in(fault, now, told):
                return
            self._told = told
        self._end(fault)

    def _end(self, outcome: Measurement | Exception) -> None:
        told, self._told, self._payloads = self._told, None, []
        if told is not None:
            told(outcome)
