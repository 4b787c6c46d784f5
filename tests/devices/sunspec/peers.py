"""The other end of the wire: an independent Modbus server, and servers that misbehave."""

from __future__ import annotations

import asyncio
import atexit
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pyModbusTCP.server import DataBank, ModbusServer
from typing_extensions import override

from tests.devices.sunspec.maps import Registers
from tests.ports import free_port


@dataclass
class Peer:
    """A device as pyModbusTCP serves it, with what was asked of it."""

    registers: Registers
    port: int = 0
    longest: int = 125
    refused: frozenset[int] = frozenset()
    read_only: frozenset[int] = frozenset()
    reads: list[tuple[int, int]] = field(default_factory=list)
    writes: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)

    def read(self, addr: int, count: int) -> list[int] | None:
        self.reads.append((addr, count))
        wanted = range(addr, addr + count)
        if count > self.longest or not self.refused.isdisjoint(wanted):
            return None
        return [self.registers[a] for a in wanted] if self.registers.keys() >= set(wanted) else None

    def write(self, addr: int, words: list[int]) -> bool | None:
        wanted = set(range(addr, addr + len(words)))
        if not self.registers.keys() >= wanted or not self.read_only.isdisjoint(wanted):
            return None
        self.writes.append((addr, tuple(words)))
        self.registers.update(zip(range(addr, addr + len(words)), words, strict=True))
        return True


class _Bank(DataBank):  # type: ignore[misc]  # pyModbusTCP has no types
    """Answers for whichever peer is being served."""

    def __init__(self) -> None:
        super().__init__()
        self.peer = Peer({})

    @override
    def get_holding_registers(
        self, address: int, number: int = 1, srv_info: Any = None
    ) -> list[int] | None:
        return self.peer.read(address, number)

    @override
    def set_holding_registers(
        self, address: int, word_list: list[int], srv_info: Any = None
    ) -> bool | None:
        return self.peer.write(address, word_list)


@cache
def _server() -> tuple[_Bank, int]:
    """One server for the whole run: stopping pyModbusTCP takes half a second."""
    bank, port = _Bank(), free_port()
    server = ModbusServer("127.0.0.1", port, no_block=True, data_bank=bank)
    server.start()
    atexit.register(server.stop)
    return bank, port


@contextmanager
def serving(registers: Registers, kind: type[Peer] = Peer, **limits: Any) -> Iterator[Any]:
    """Serve a register map on a free port of this machine, one at a time."""
    bank, port = _server()
    bank.peer = kind(dict(registers), port=port, **limits)
    yield bank.peer


Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Rogue:
    """A server that answers each request as it likes, and counts the connections."""

    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def misbehaving(
    answer: Answer, *, greet: Callable[[asyncio.StreamWriter], None] | None = None
) -> AsyncIterator[Rogue]:
    """Run a rogue server in the test's own loop."""
    rogue = Rogue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        rogue.connections += 1
        if greet is not None:
            greet(writer)
        try:
            while True:
                head = await reader.readexactly(6)
                body = await reader.readexactly(int.from_bytes(head[4:6], "big"))
                rogue.requests.append(head + body)
                await answer(head + body, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            rogue.closed.set()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    rogue.port = server.sockets[0].getsockname()[1]
    try:
        yield rogue
    finally:
        server.close()


def read_reply(
    request: bytes,
    registers: list[int],
    *,
    transaction: int | None = None,
    unit: int | None = None,
    function: int | None = None,
) -> bytes:
    """A well-formed read reply, with any part of it set wrong on purpose."""
    asked = int.from_bytes(request[:2], "big")
    payload = struct.pack(f">{len(registers)}H", *registers)
    body = bytes([
        request[6] if unit is None else unit,
        request[7] if function is None else function,
        len(payload),
    ]) + payload  # fmt: skip
    head = struct.pack(">HHH", asked if transaction is None else transaction, 0, len(body))
    return head + body


def exception_reply(request: bytes, code: int) -> bytes:
    return request[:4] + struct.pack(">HBBB", 3, request[6], request[7] | 0x80, code)


def count_of(request: bytes) -> int:
    return int.from_bytes(request[10:12], "big")
