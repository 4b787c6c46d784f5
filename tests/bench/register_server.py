"""Thousands of Modbus TCP devices in one process, as lean as Python allows.

    python -m tests.bench.register_server COUNT BASE_PORT

The simulated fleet does physics for each device; this only moves registers, so that a client is
measured and not the fleet. Lines on standard input steer it, each is answered with a line:
`latency MS`, `polls` (how many until now), `black_holes COUNT`, `watch` (note when each device is
polled) and `report`.
It ends with its standard input.
"""

import asyncio
import contextlib
import json
import socket
import sys
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import uvloop

from tests.bench.limits import allow_open_files, open_files
from tests.bench.registers import BASE, image

READ, WRITE_ONE, WRITE_MANY = 3, 6, 16
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS = 1, 2


class Fleet:
    """All devices, what delays their answers, and when they were polled."""

    def __init__(self, count: int, base_port: int, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.base_port = base_port
        self.latency_s = 0.0
        self.is_watching = False
        self._late: deque[tuple[float, asyncio.Transport, bytes]] = deque()
        self._servers: dict[int, asyncio.Server] = {}
        self._full: dict[int, list[socket.socket]] = {}
        images = [image(index) for index in range(count)]
        starts = images[0][1]
        self.polled_address = BASE + starts[701]
        self.changing_byte = 2 * (starts[701] + 10)  # W
        self.devices = [RegisterDevice(self, words) for words, _ in images]

    async def open(self, index: int) -> None:
        device = self.devices[index]
        for held in self._full.pop(index, ()):
            held.close()
        self._servers[index] = await self.loop.create_server(
            partial(RegisterLink, device), "127.0.0.1", self.base_port + index, backlog=64
        )

    async def become_black_hole(self, index: int) -> None:
        """Never answer again: the even ones silent, the odd ones do not even accept."""
        device = self.devices[index]
        device.is_silent = True
        if index % 2:
            self._servers.pop(index).close()
            for link in list(device.links):
                link.abort()
            await asyncio.sleep(0)
            self._full[index] = _full_backlog(self.base_port + index)

    async def heal(self) -> None:
        for index, device in enumerate(self.devices):
            device.is_silent = False
            if index in self._full:
                await self.open(index)

    def answer(self, transport: asyncio.Transport, frame: bytes) -> None:
        if not self.latency_s:
            transport.write(frame)
            return
        # One latency for all: what came first goes first, and one timer does for everybody.
        self._late.append((self.loop.time() + self.latency_s, transport, frame))
        if len(self._late) == 1:
            self.loop.call_at(self._late[0][0], self._send)

    def _send(self) -> None:
        now = self.loop.time() + 0.0005
        while self._late and self._late[0][0] <= now:
            _, transport, frame = self._late.popleft()
            if not transport.is_closing():
                transport.write(frame)
        if self._late:
            self.loop.call_at(self._late[0][0], self._send)

    def watch(self) -> None:
        self.is_watching = True
        for device in self.devices:
            device.polled_at = []

    def report(self) -> list[list[float]]:
        self.is_watching = False
        return [[round(at, 4) for at in device.polled_at] for device in self.devices]


class RegisterDevice:
    """One device's registers and its faults."""

    __slots__ = ("count", "fleet", "is_silent", "links", "polled_at", "words")

    def __init__(self, fleet: Fleet, words: bytes) -> None:
        self.fleet = fleet
        self.words = bytearray(words)
        self.is_silent = False
        self.links: set[asyncio.Transport] = set()
        self.polled_at: list[float] = []
        self.count = 0

    def read(self, addr: int, count: int) -> bytes | None:
        fleet = self.fleet
        first = 2 * (addr - BASE)
        if first < 0 or first + 2 * count > len(self.words):
            return None
        if addr <= fleet.polled_address + 10 < addr + count:
            self.count += 1
            at = fleet.changing_byte
            self.words[at : at + 2] = (1000 + self.count % 1000).to_bytes(2, "big")
            if fleet.is_watching:
                self.polled_at.append(fleet.loop.time())
        return bytes(self.words[first : first + 2 * count])

    def write(self, addr: int, data: bytes) -> bool:
        first = 2 * (addr - BASE)
        if first < 0 or first + len(data) > len(self.words):
            return False
        self.words[first : first + len(data)] = data
        return True

    def answer(self, pdu: bytes) -> bytes:
        function, addr = pdu[0], int.from_bytes(pdu[1:3], "big")
        if function == READ:
            count = int.from_bytes(pdu[3:5], "big")
            data = self.read(addr, count)
            if data is not None:
                return bytes((READ, 2 * count)) + data
        elif function == WRITE_MANY:
            if self.write(addr, pdu[6:]):
                return pdu[:5]
        elif function == WRITE_ONE:
            if self.write(addr, pdu[3:5]):
                return pdu
        else:
            return bytes((function | 0x80, ILLEGAL_FUNCTION))
        return bytes((function | 0x80, ILLEGAL_ADDRESS))


class RegisterLink(asyncio.Protocol):
    """One client's connection."""

    __slots__ = ("buffer", "device", "transport")

    def __init__(self, device: RegisterDevice) -> None:
        self.device = device
        self.buffer = b""
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.device.links.add(self.transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.device.links.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        device = self.device
        if device.is_silent:
            return
        buffer = self.buffer + data if self.buffer else data
        while len(buffer) >= 8:
            end = 6 + int.from_bytes(buffer[4:6], "big")
            if len(buffer) < end:
                break
            body = device.answer(buffer[7:end])
            header = buffer[:4] + (len(body) + 1).to_bytes(2, "big") + buffer[6:7]
            device.fleet.answer(self.transport, header + body)
            buffer = buffer[end:]
        self.buffer = buffer


def _full_backlog(port: int) -> list[socket.socket]:
    """A listening socket that accepts nobody: the next SYNs are dropped by the kernel."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(0)
    held = [listening]
    for _ in range(2):
        waiting = socket.socket()
        waiting.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            waiting.connect(("127.0.0.1", port))
        held.append(waiting)
    return held


async def _obey(fleet: Fleet, words: list[str]) -> object:
    match words:
        case ["latency", milliseconds]:
            fleet.latency_s = int(milliseconds) / 1000
        case ["black_holes", count]:
            await fleet.heal()
            step = len(fleet.devices) // max(1, int(count))
            # Neighbours take turns, so that half of them are odd.
            holes = [number * step + number % 2 for number in range(int(count))]
            for index in holes:
                await fleet.become_black_hole(index)
            return holes
        case ["polls"]:
            return sum(device.count for device in fleet.devices)
        case ["watch"]:
            fleet.watch()
        case ["report"]:
            return fleet.report()
        case _:
            return f"unknown: {' '.join(words)}"
    return "ok"


async def serve(count: int, base_port: int, say: Callable[[object], None]) -> None:
    loop = asyncio.get_running_loop()
    fleet = Fleet(count, base_port, loop)
    for index in range(count):
        await fleet.open(index)
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    say("ready")
    while line := await lines.readline():
        say(await _obey(fleet, line.decode().split()))


def main(count: int, base_port: int) -> None:
    allow_open_files(open_files(count))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(count, base_port, lambda told: print(json.dumps(told), flush=True)))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
