"""Modbus TCP: one connection per endpoint, one request in flight, commands before polls."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from functools import lru_cache
from typing import cast

from pymodbus.framer.socket import FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadHoldingRegistersResponse,
    WriteMultipleRegistersRequest,
    WriteMultipleRegistersResponse,
    WriteSingleRegisterRequest,
    WriteSingleRegisterResponse,
)
from typing_extensions import override

from devices.capabilities import (
    ConnectionLost,
    DriverFault,
    ExceptionReply,
    ShortReply,
    Timeout,
    UnknownOutcome,
    Unreachable,
    WrongReply,
)
from devices.sunspec.exchange import READ, WRITE_MANY, WRITE_ONE, Exchange, Priority, Queues

LONGEST_READ = 125
LONGEST_WRITE = 123
HEADER = 8
LONGEST_ADU_LENGTH = 254
CLOCK_GRAIN_S = 0.002

EXCEPTIONS = {
    1: "illegal function",
    2: "illegal address",
    3: "illegal value",
    4: "device failure",
    5: "acknowledged, still busy with it",
    6: "busy",
    7: "negative acknowledgement",
    8: "memory parity error",
    10: "gateway has no path to the unit",
    11: "gateway got no answer from the unit",
}
# After these a write may or may not have been carried out.
UNCERTAIN_AFTER_WRITE = frozenset({4, 5, 11})


class RegistersReply(ReadHoldingRegistersResponse):
    """A read reply that keeps its bytes, instead of a list of numbers nobody asked for."""

    payload: bytes = b""
    announced: int = -1

    @override
    def decode(self, data: bytes) -> None:
        self.announced = data[0]
        self.payload = data[1:]

    @override
    def __str__(self) -> str:
        return "RegistersReply"


DECODER = DecodePDU(False)  # noqa: FBT003 - pymodbus' own signature
DECODER.register(RegistersReply)
FRAMER = FramerSocket(DECODER)


@lru_cache(maxsize=16384)
def _read_frame(unit: int, addr: int, count: int) -> bytes:
    """Everything of a read request behind its transaction id: polls repeat the same few."""
    request = ReadHoldingRegistersRequest(address=addr, count=count, dev_id=unit)
    return FRAMER.buildFrame(request)[2:]


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
        buffer = self.buffer + data if self.buffer else data
        while len(buffer) >= HEADER:
            length = buffer[4] << 8 | buffer[5]
            if buffer[2] or buffer[3] or not 3 <= length <= LONGEST_ADU_LENGTH:
                self.owner.lost(
                    self, WrongReply(f"{self.owner} sent bytes that are not Modbus TCP")
                )
                return
            used, unit, transaction, frame = FRAMER.decode(buffer)
            if not used:
                break
            buffer = buffer[used:]
            self.owner.received(unit, transaction, frame)
            if self.owner.link is not self:
                return
        self.buffer = buffer


class Connection:
    """One Modbus TCP endpoint, for all unit ids behind it.

    A time-out or any reply that is not to our request closes the socket: no later reply can be
    taken for another's. The caller decides when to connect again. Replies are big-endian register
    bytes. `min_gap_s` is the pause the device wants between a reply and the next request.
    `may_send` is asked right before each request goes out; at its first no the socket is closed.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        timeout_s: float = 2.0,
        min_gap_s: float = 0.0,
        may_send: Callable[[], bool] | None = None,
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
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
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
            self._pump()

    async def read(
        self, unit: int, addr: int, count: int, priority: Priority = Priority.POLL
    ) -> bytes:
        """Read holding registers; the answer is exactly 2 * count bytes."""
        if not 1 <= count <= LONGEST_READ or not 0 <= addr <= 65536 - count:
            raise ValueError(f"cannot read {count} registers at {addr}")
        return await self._submit(unit, READ, addr, count, _read_frame(unit, addr, count), priority)

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
        if not 1 <= len(registers) <= LONGEST_WRITE or (function == WRITE_ONE < len(registers)):
            raise ValueError(f"cannot write {len(registers)} registers with function {function}")
        request: ModbusPDU
        if function == WRITE_ONE:
            request = WriteSingleRegisterRequest(address=addr, registers=registers, dev_id=unit)
        else:
            request = WriteMultipleRegistersRequest(address=addr, registers=registers, dev_id=unit)
        body = FRAMER.buildFrame(request)[2:]
        await self._submit(unit, function, addr, len(registers), body, Priority.COMMAND)

    def close(self) -> None:
        """Close at once; who still waits gets ConnectionLost (a write under way UnknownOutcome)."""
        fault = ConnectionLost(f"the connection to {self} was closed here")
        if self._reopening is not None:
            self._reopening.cancel()
        if self.link is not None:
            self.lost(self.link, fault)
        self._fail_waiting(fault)
        for handle in (self._timer, self._pause):
            if handle is not None:
                handle.cancel()
        self._timer = self._pause = None

    async def _submit(
        self, unit: int, function: int, addr: int, count: int, body: bytes, priority: Priority
    ) -> bytes:
        if self.link is None and self._reopening is None:
            raise ConnectionLost(f"{self} is not connected")
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        exchange = Exchange(unit, function, addr, count, body, future)
        self._queues.add(exchange, priority)
        if self._in_flight is None:
            self._pump()
        return await future

    def _pump(self) -> None:
        """Send the next request, if there is one and the device has had its pause."""
        link, loop = self.link, self._loop
        if self._in_flight is not None or self._pause is not None or link is None or loop is None:
            return
        now = loop.time()
        if now < self._free_at:
            self._pause = loop.call_at(self._free_at, self._resume)
            return
        exchange = self._queues.next()
        if exchange is None:
            return
        if self._may_send is not None and not self._may_send():
            fault = ConnectionLost(f"{self} is not ours to talk to any more: nothing was sent")
            self._fail(exchange, fault, sent=False)
            self.lost(link, fault)
            return
        self._transaction = self._transaction % 65535 + 1
        exchange.transaction = self._transaction
        self._in_flight = exchange
        self._deadline = now + self.timeout_s
        if self._timer is None:
            self._timer = loop.call_at(self._deadline, self._look_at_deadline)
        if link.transport is not None:
            link.transport.write(self._transaction.to_bytes(2, "big") + exchange.body)

    def _resume(self) -> None:
        self._pause = None
        self._pump()

    def _look_at_deadline(self) -> None:
        """One timer per connection, not per request: it wakes, looks and sleeps on."""
        self._timer = None
        link, loop = self.link, self._loop
        if self._in_flight is None or link is None or loop is None:
            return
        if loop.time() < self._deadline - CLOCK_GRAIN_S:
            self._timer = loop.call_at(self._deadline, self._look_at_deadline)
            return
        self.lost(
            link,
            Timeout(f"{self} did not answer a {self._in_flight} within {self.timeout_s:g} s"),
        )

    def received(self, unit: int, transaction: int, frame: bytes) -> None:
        """Take one frame from the link and give it to whoever waits for it."""
        exchange = self._in_flight
        if exchange is None or transaction != exchange.transaction:
            self.strays += 1
            return
        reply = DECODER.decode(frame)
        fault = _fault_in(exchange, unit, frame, reply)
        if isinstance(fault, ExceptionReply) or fault is None:
            self._finish(exchange, fault, reply)
        elif self.link is not None:
            self.lost(self.link, fault)

    def _finish(
        self, exchange: Exchange, fault: ExceptionReply | None, reply: ModbusPDU | None
    ) -> None:
        self.replies += 1
        self._in_flight = None
        if self.min_gap_s and self._loop is not None:
            self._free_at = self._loop.time() + self.min_gap_s
        if fault is not None:
            self._fail(exchange, fault, sent=fault.code in UNCERTAIN_AFTER_WRITE)
        elif not exchange.future.done():
            payload = reply.payload if isinstance(reply, RegistersReply) else b""
            exchange.future.set_result(payload)
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
        if exchange.future.done():
            return
        if sent and exchange.function != READ:
            unknown = UnknownOutcome(f"nobody knows whether the {exchange} was done: {fault}")
            unknown.__cause__ = fault
            exchange.future.set_exception(unknown)
        else:
            exchange.future.set_exception(fault)


def _fault_in(
    exchange: Exchange, unit: int, frame: bytes, reply: ModbusPDU | None
) -> DriverFault | None:
    """Tell what is wrong with a reply that carries the right transaction id."""
    if unit != exchange.unit:
        return WrongReply(f"unit {unit} answered the {exchange}")
    if reply is None or frame[0] & 0x7F != exchange.function:
        return WrongReply(f"function {frame[0]} came back for the {exchange}")
    if reply.isError():
        code = reply.exception_code
        words = EXCEPTIONS.get(code, "unknown exception")
        return ExceptionReply(f"the {exchange} was refused: {words} (code {code})", code=code)
    if isinstance(reply, RegistersReply):
        if len(reply.payload) != 2 * exchange.count or reply.announced != len(reply.payload):
            return ShortReply(f"{len(reply.payload) // 2} registers came back for the {exchange}")
        return None
    return _fault_in_echo(exchange, reply)


def _fault_in_echo(exchange: Exchange, reply: ModbusPDU) -> DriverFault | None:
    if isinstance(reply, WriteMultipleRegistersResponse):
        agrees = (reply.address, reply.count) == (exchange.addr, exchange.count)
    elif isinstance(reply, WriteSingleRegisterResponse):
        agrees = reply.address == exchange.addr
    else:
        agrees = False
    return None if agrees else WrongReply(f"the echo does not match the {exchange}")


def _words(fault: Exception) -> str:
    if isinstance(fault, OSError) and fault.errno is not None and fault.errno > 0:
        return os.strerror(fault.errno).lower()
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror.lower()
    return str(fault) or type(fault).__name__
