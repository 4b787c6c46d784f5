"""One client's connection to one port."""

import asyncio
import socket
import struct
import sys
from collections import deque
from typing import cast

if sys.version_info >= (3, 12):
    from typing import override
else:
    from typing_extensions import override

from simulators.wire.codes import MOST_READ, READ_HOLDING
from simulators.wire.faults import (
    BLACK_HOLE,
    CLOSE,
    DRIP,
    DROPS,
    FLAKY,
    HEADER,
    LATE,
    NONE,
    PIECES,
    RESET,
    Fault,
    spoil,
)
from simulators.wire.port import Port

# A lingering time of 0 s makes the system end a connection with a reset.
AT_ONCE = struct.pack("ii", 1, 0)
# Between two segments, so that no system puts them together again.
PIECE_GAP_S = 0.003
LATE_EVERY = 3
_LENGTHS = [struct.pack(">H", 2 * count + 3) for count in range(MOST_READ + 1)]
_COUNTS = [bytes((2 * count,)) for count in range(MOST_READ + 1)]


class ModbusConnection(asyncio.Protocol):
    """Requests sent in a row are answered in their order."""

    __slots__ = ("_buffer", "_endpoint", "_heard", "_transport", "_waiting")

    def __init__(self, endpoint: Port) -> None:
        self._endpoint = endpoint
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[tuple[float, bytes]] | None = None
        self._heard = 0.0

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not inherit from asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        endpoint = self._endpoint
        endpoint.connections += 1
        most = endpoint.habits.most_connections
        if endpoint.port_fault == RESET:
            self._reset()
        elif endpoint.port_fault == CLOSE or 0 < most < endpoint.connections:
            self._transport.close()
        elif endpoint.habits.idle_close_s:
            self._watch_idleness()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._endpoint.connections -= 1
        self._transport = None
        self._waiting = None

    def _reset(self) -> None:
        if self._transport is None:
            return
        raw = self._transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self._transport.abort()

    def _watch_idleness(self) -> None:
        loop, limit = asyncio.get_running_loop(), self._endpoint.habits.idle_close_s
        self._heard = loop.time()

        def look() -> None:
            left = self._heard + limit - loop.time()
            if left <= 0 and self._transport:
                self._transport.close()
            elif self._transport:
                loop.call_later(left, look)

        loop.call_later(limit, look)

    @override
    def data_received(self, data: bytes) -> None:
        endpoint = self._endpoint
        if endpoint.is_plain and len(data) == 12 and not self._buffer and data[7] == READ_HOLDING:
            count = data[10] << 8 | data[11]
            if 1 <= count <= MOST_READ and data[2:6] == b"\0\0\0\6":
                words = endpoint.quick_read(data[6], data[8] << 8 | data[9], count)
                if words is not None and self._transport is not None:
                    answer = data[:4] + _LENGTHS[count] + data[6:8] + _COUNTS[count] + words
                    if endpoint.line is None:
                        self._transport.write(answer)
                    else:
                        endpoint.line.add(self._transport, answer)
                    return
        self._take(data)

    def _take(self, data: bytes) -> None:
        if self._endpoint.port_fault == BLACK_HOLE:
            return
        self._buffer += data
        first = True
        while len(self._buffer) >= 8 and self._transport:
            transaction, protocol, length, unit = HEADER.unpack_from(self._buffer)
            if protocol != 0 or not 2 <= length <= 254:
                self._transport.close()
                return
            if len(self._buffer) < 6 + length:
                return
            pdu = self._buffer[7 : 6 + length]
            self._buffer = self._buffer[6 + length :]
            one_at_a_time = self._endpoint.habits.pipelining == "dropped"
            if not one_at_a_time or (first and not self._waiting):
                self._respond(transaction, unit, pdu)
            first = False

    def _respond(self, transaction: int, unit: int, pdu: bytes) -> None:
        endpoint, transport = self._endpoint, self._transport
        if transport is None:
            return
        if endpoint.habits.idle_close_s:
            self._heard = asyncio.get_running_loop().time()
        if endpoint.port_fault in {DROPS, CLOSE}:
            transport.close()
            return
        if endpoint.port_fault == RESET:
            self._reset()
            return
        body = endpoint.answer(unit, pdu)
        if body is None:
            return
        answer = HEADER.pack(transaction, 0, len(body) + 1, unit) + body
        fault = endpoint.fault(unit)
        if fault.kind != NONE:
            fault.answers += 1
            if fault.kind == FLAKY and fault.answers % 2:
                return
            answer = spoil(answer, fault.kind, fault.answers)
        self._send(answer, fault)

    def _send(self, answer: bytes, fault: Fault) -> None:
        """Put the answer on the wire now or later, whole or in pieces."""
        pieces, gap_s = self._endpoint.habits.answer_pieces, PIECE_GAP_S
        if fault.kind == DRIP:
            pieces, gap_s = len(answer), fault.number / 1000
        elif fault.kind == PIECES:
            pieces = 3
        delay_s = fault.latency_ms / 1000
        if fault.kind == LATE and fault.answers % LATE_EVERY == 0:
            asyncio.get_running_loop().call_later(fault.number / 1000, self._write, answer)
            return
        if pieces == 1 and not self._waiting:
            self._write_after(answer, fault.latency_ms)
            return
        size = -(-len(answer) // pieces)
        for k in range(0, len(answer), size):
            self._queue(delay_s + gap_s * (k // size), answer[k : k + size])

    def _write_after(self, answer: bytes, latency_ms: int) -> None:
        line = self._endpoint.lines.of(latency_ms)
        if line is None:
            self._write(answer)
        elif self._transport is not None:
            line.add(self._transport, answer)

    def _write(self, answer: bytes) -> None:
        if self._transport is not None and self._endpoint.port_fault != BLACK_HOLE:
            self._transport.write(answer)

    def _queue(self, delay_s: float, piece: bytes) -> None:
        loop = asyncio.get_running_loop()
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append((loop.time() + delay_s, piece))
        if len(self._waiting) == 1:
            loop.call_at(self._waiting[0][0], self._send_waiting)

    def _send_waiting(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting and self._transport:
            due, piece = self._waiting[0]
            if due > loop.time() + 0.0005:
                loop.call_at(due, self._send_waiting)
                return
            self._waiting.popleft()
            self._write(piece)
