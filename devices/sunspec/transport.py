"""Modbus TCP: one connection per endpoint, one request in flight, commands before polls."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import cast

from typing_extensions import override

from devices.capabilities import (
    ConnectionLost,
    DriverFault,
    ExceptionReply,
    Timeout,
    UnknownOutcome,
    Unreachable,
    WrongReply,
)
from devices.sunspec.exchange import READ, WRITE_MANY, Exchange, Priority, Queues, Sweep
from devices.sunspec.frames import first_frame, judge, read_request, write_request

# After these a write may or may not have been carried out.
UNCERTAIN_AFTER_WRITE = frozenset({4, 5, 11})


class _Link(asyncio.Protocol):
    """The socket: cuts the byte stream into frames."""

    __slots__ = ("buffer", "closed", "owner", "transport")

    def __init__(self, owner: Connection) -> None:
        self.owner = owner
        self.buffer = b""
        self.closed = False
        self.transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self.transport = cast("asyncio.Transport", transport)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self.owner.lost(self, ConnectionLost(f"{self.owner} closed the connection"))

    @override
    def data_received(self, data: bytes) -> None:
        if not self.buffer and self.owner.answered(data):
            return
        buffer = self.buffer + data if self.buffer else data
        while True:
            try:
                used, unit, transaction, message = first_frame(buffer)
            except WrongReply as fault:
                self.owner.lost(self, WrongReply(f"{self.owner} {fault}"))
                return
            if not used:
                break
            buffer = buffer[used:]
            self.owner.received(unit, transaction, message)
            if self.owner.link is not self:
                return
        self.buffer = buffer


class Connection:
    """One Modbus TCP endpoint, for all unit ids behind it.

    A time-out or any reply that is not to our request closes the socket: no later reply can be
    taken for another's. The caller decides when to connect again. Replies are big-endian register
    bytes. `min_gap_s` is the pause the device wants between a reply and the next request.
    `may_send` is asked right before each request goes out; at its first no the socket is closed.
    Connections that share a `sweep` share one timer for their time-outs.
    """

    __slots__ = (
        "_connecting",
        "_deadline",
        "_expected",
        "_free_at",
        "_in_flight",
        "_loop",
        "_may_send",
        "_pause",
        "_queues",
        "_reopening",
        "_sweep",
        "_transaction",
        "host",
        "link",
        "min_gap_s",
        "port",
        "replies",
        "strays",
        "timeout_s",
    )

    def __init__(
        self,
        host: str,
        port: int,
        *,
        timeout_s: float = 2.0,
        min_gap_s: float = 0.0,
        may_send: Callable[[], bool] | None = None,
        sweep: Sweep | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.timeout_s = timeout_s
        self.min_gap_s = min_gap_s
        self._may_send = may_send
        self.link: _Link | None = None
        self.replies = 0
        self.strays = 0
        self._transaction = 0
        self._in_flight: Exchange | None = None
        self._queues = Queues()
        # How the good reply to what is in flight begins.
        self._expected = b""
        self._deadline = 0.0
        self._sweep = sweep or Sweep()
        self._free_at = 0.0
        self._pause: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connecting: asyncio.Lock | None = None
        self._reopening: asyncio.Task[None] | None = None

    @override
    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def connected(self) -> bool:
        return self.link is not None

    async def connect(self) -> None:
        """Open the socket unless it is open; raises Unreachable with the reason in words."""
        if self._connecting is None:
            self._connecting = asyncio.Lock()
        async with self._connecting:
            if self.link is not None:
                return
            self._loop = loop = asyncio.get_running_loop()
            link = _Link(self)
            try:
                async with asyncio.timeout(self.timeout_s):
                    await loop.create_connection(lambda: link, self.host, self.port)
            except TimeoutError as fault:
                raise Unreachable(
                    f"{self} did not accept a connection within {self.timeout_s:g} s"
                ) from fault
            except (OSError, UnicodeError, OverflowError) as fault:
                raise Unreachable(f"{self} cannot be reached: {_words(fault)}") from fault
            if link.closed:
                raise Unreachable(f"{self} closed the connection as soon as it was made")
            self.link = link
            self._sweep.add(self)
            self._pump()

    async def read(
        self,
        unit: int,
        addr: int,
        count: int,
        priority: Priority = Priority.POLL,
        *,
        timeout_s: float = 0.0,
    ) -> bytes:
        """Read holding registers; the answer is exactly 2 * count bytes."""
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        exchange = read_request(unit, addr, count, future)
        exchange.timeout_s = timeout_s
        self.submit(exchange, priority)
        return await future

    async def write(
        self,
        unit: int,
        addr: int,
        registers: tuple[int, ...],
        *,
        function: int = WRITE_MANY,
    ) -> None:
        """Write registers in one request, ahead of all polls.

        `function` 6 writes a single register the short way. ExceptionReply means surely not
        done, ConnectionLost not sent, UnknownOutcome that only a read-back can tell.
        """
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        exchange = write_request(unit, function, addr, registers, future)
        self.submit(exchange, Priority.COMMAND)
        await future

    def close(self) -> None:
        """Close at once; who still waits gets ConnectionLost (a write under way UnknownOutcome)."""
        fault = ConnectionLost(f"the connection to {self} was closed here")
        if self._reopening is not None:
            self._reopening.cancel()
        if self.link is not None:
            self.lost(self.link, fault)
        self._fail_waiting(fault)
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None

    def submit(self, exchange: Exchange, priority: Priority) -> None:
        """Send a request as soon as the line is free; its asker gets the payload or the fault."""
        if self.link is None and self._reopening is None:
            raise ConnectionLost(f"{self} is not connected")
        link, loop = self.link, self._loop
        is_free = self._in_flight is None and not self._queues and not self._is_pausing()
        if is_free and link is not None and loop is not None:
            self._send(link, loop, exchange)
        else:
            self._queues.add(exchange, priority)

    def _pump(self) -> None:
        """Send the next request, if there is one and the line is free."""
        link, loop = self.link, self._loop
        if link is None or loop is None or self._in_flight is not None or self._is_pausing():
            return
        exchange = self._queues.next()
        if exchange is not None:
            self._send(link, loop, exchange)

    def _is_pausing(self) -> bool:
        """Whether the device still has its pause between a reply and the next request."""
        if not self.min_gap_s or self._loop is None:
            return False
        if self._pause is None and self._loop.time() < self._free_at:
            self._pause = self._loop.call_at(self._free_at, self._resume)
        return self._pause is not None

    def _send(self, link: _Link, loop: asyncio.AbstractEventLoop, exchange: Exchange) -> None:
        if self._may_send is not None and not self._may_send():
            fault = ConnectionLost(f"{self} is not ours to talk to any more: nothing was sent")
            self._fail(exchange, fault, sent=False)
            self.lost(link, fault)
            return
        self._transaction = exchange.transaction = self._transaction % 65535 + 1
        transaction = exchange.transaction.to_bytes(2, "big")
        self._expected = transaction + exchange.head
        self._in_flight = exchange
        self._deadline = loop.time() + (exchange.timeout_s or self.timeout_s)
        if link.transport is not None:
            link.transport.write(transaction + exchange.body)

    def _resume(self) -> None:
        self._pause = None
        self._pump()

    def look_at_deadline(self, now: float) -> None:
        """Called by the sweep: give up on a request whose time is over."""
        if self._in_flight is not None and now >= self._deadline and self.link is not None:
            waited_s = self._in_flight.timeout_s or self.timeout_s
            words = f"{self} did not answer a {self._in_flight} within {waited_s:g} s"
            self.lost(self.link, Timeout(words))

    def answered(self, data: bytes) -> bool:
        """Take what came if it is the good reply to what is in flight, and nothing more.

        Transaction, protocol, length, unit, function and byte count or echo are compared at once.
        Whatever is not exactly so is taken apart with care by `received`.
        """
        exchange = self._in_flight
        if exchange is None or len(data) != exchange.length or not data.startswith(self._expected):
            return False
        self._finish(exchange, None, data[len(self._expected) :])
        return True

    def received(self, unit: int, transaction: int, message: bytes) -> None:
        """Take one frame from the link and give it to whoever waits for it."""
        exchange = self._in_flight
        if exchange is None or transaction != exchange.transaction:
            self.strays += 1
            return
        payload, fault = judge(exchange, unit, message)
        if isinstance(fault, ExceptionReply) or fault is None:
            self._finish(exchange, fault, payload)
        elif self.link is not None:
            self.lost(self.link, fault)

    def _finish(self, exchange: Exchange, fault: ExceptionReply | None, payload: bytes) -> None:
        self.replies += 1
        self._in_flight = None
        if self.min_gap_s and self._loop is not None:
            self._free_at = self._loop.time() + self.min_gap_s
        if fault is not None:
            self._fail(exchange, fault, sent=fault.code in UNCERTAIN_AFTER_WRITE)
        elif not exchange.asker.done():
            exchange.asker.set_result(payload)
        if self._queues:
            self._pump()

    def lost(self, link: _Link, fault: DriverFault) -> None:
        """Drop the socket: what is under way fails; what waits is tried once more after a time-out.

        Other units behind a gateway must not pay for a silent one, so a time-out with requests
        still waiting opens the connection again at once; if that fails, they fail too.
        """
        if self.link is not link:
            return
        self.link = None
        self._sweep.discard(self)
        if link.transport is not None:
            link.transport.abort()
        exchange, self._in_flight = self._in_flight, None
        if exchange is not None:
            self._fail(exchange, fault, sent=True)
        if isinstance(fault, Timeout) and self._loop is not None and self._queues.has_waiting():
            self._reopening = self._loop.create_task(self._reopen())
        else:
            self._fail_waiting(ConnectionLost(f"not sent: {fault}"))

    async def _reopen(self) -> None:
        try:
            await self.connect()
        except DriverFault as fault:
            self._fail_waiting(fault)
        finally:
            self._reopening = None

    def _fail_waiting(self, fault: DriverFault) -> None:
        for exchange in self._queues.drain():
            self._fail(exchange, type(fault)(str(fault)), sent=False)

    def _fail(self, exchange: Exchange, fault: DriverFault, *, sent: bool) -> None:
        if exchange.asker.done():
            return
        if sent and exchange.function != READ:
            unknown = UnknownOutcome(f"nobody knows whether the {exchange} was done: {fault}")
            unknown.__cause__ = fault
            exchange.asker.set_exception(unknown)
        else:
            exchange.asker.set_exception(fault)


def _words(fault: Exception) -> str:
    if isinstance(fault, OSError) and fault.errno is not None and fault.errno > 0:
        return os.strerror(fault.errno).lower()
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror.lower()
    return str(fault) or type(fault).__name__
