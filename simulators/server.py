"""Modbus TCP servers, one port for each device, as plain asyncio protocols."""

import asyncio
import errno
import struct
import sys
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import cast

if sys.version_info >= (3, 12):
    from typing import override
else:
    from typing_extensions import override

from simulators.device import Device
from simulators.faults import (
    DROPS,
    EXCEPTION,
    GARBAGE,
    NONE,
    SILENT,
    Fault,
    garble,
    make_fault,
    split_fault,
)
from simulators.fleet import FleetError
from simulators.registers import ILLEGAL_ADDRESS, ILLEGAL_VALUE
from simulators.simulation import Simulation

HEADER = struct.Struct(">HHHB")
REQUEST = struct.Struct(">HH")
READ_HOLDING, READ_INPUT, WRITE_ONE, WRITE_MANY = 3, 4, 6, 16
ILLEGAL_FUNCTION, NO_SUCH_UNIT = 1, 11
MOST_READ, MOST_WRITTEN = 125, 123

Clock = Callable[[], float]


class Endpoint:
    """What one port answers: the units behind it and the present fault of each."""

    def __init__(self, simulation: Simulation, clock: Clock, usual: Fault) -> None:
        self.simulation, self.clock = simulation, clock
        self.units: dict[int, Device] = {}
        self.faults: dict[int, Fault] = {}
        self.usual = usual

    def add(self, device: Device) -> None:
        unit, spec = device.spec.unit, device.spec
        if unit in self.units:
            raise FleetError(
                f"{spec.key} and {self.units[unit].spec.key} are both unit {unit} on "
                f"{spec.host}:{spec.port}; give one of them another unit or port"
            )
        self.units[unit] = device
        kind, code = split_fault(spec.fault or NONE)
        self.faults[unit] = make_fault(kind, code, self.usual.latency_ms)

    def fault(self, unit: int) -> Fault:
        return self.faults.get(unit, self.usual)

    def answer(self, unit: int, pdu: bytes) -> bytes:
        """Return the answer's PDU to a request's PDU."""
        function = pdu[0]
        device, fault = self.units.get(unit), self.fault(unit)
        if device is None:
            return bytes((function | 0x80, NO_SUCH_UNIT))
        if fault.kind == EXCEPTION:
            return bytes((function | 0x80, fault.code))
        if function in {READ_HOLDING, READ_INPUT}:
            return self._read(device, function, pdu)
        if function == WRITE_ONE:
            return self._write_one(device, pdu)
        if function == WRITE_MANY:
            return self._write_many(device, pdu)
        return bytes((function | 0x80, ILLEGAL_FUNCTION))

    def _read(self, device: Device, function: int, pdu: bytes) -> bytes:
        if len(pdu) != 5:
            return bytes((function | 0x80, ILLEGAL_VALUE))
        address, count = REQUEST.unpack_from(pdu, 1)
        if not 1 <= count <= MOST_READ:
            return bytes((function | 0x80, ILLEGAL_VALUE))
        words = self.simulation.read(device, address, count)
        if words is None:
            return bytes((function | 0x80, ILLEGAL_ADDRESS))
        return bytes((function, 2 * count)) + words

    def _write_one(self, device: Device, pdu: bytes) -> bytes:
        if len(pdu) != 5:
            return bytes((WRITE_ONE | 0x80, ILLEGAL_VALUE))
        address = int.from_bytes(pdu[1:3], "big")
        exception = self.simulation.write(device, address, pdu[3:5], self.clock())
        return bytes((WRITE_ONE | 0x80, exception)) if exception else pdu

    def _write_many(self, device: Device, pdu: bytes) -> bytes:
        refused = bytes((WRITE_MANY | 0x80, ILLEGAL_VALUE))
        if len(pdu) < 8:
            return refused
        address, count = REQUEST.unpack_from(pdu, 1)
        words = pdu[6:]
        if not 1 <= count <= MOST_WRITTEN or pdu[5] != 2 * count or len(words) != 2 * count:
            return refused
        exception = self.simulation.write(device, address, words, self.clock())
        return bytes((WRITE_MANY | 0x80, exception)) if exception else pdu[:5]


class ModbusConnection(asyncio.Protocol):
    """One client's connection; requests sent in a row are answered in their order."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[tuple[float, bytes]] = deque()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not inherit from asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._waiting.clear()

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= 8 and self._transport:
            transaction, protocol, length, unit = HEADER.unpack_from(self._buffer)
            if protocol != 0 or not 2 <= length <= 254:
                self._transport.close()
                return
            if len(self._buffer) < 6 + length:
                return
            pdu = self._buffer[7 : 6 + length]
            self._buffer = self._buffer[6 + length :]
            self._respond(transaction, unit, pdu)

    def _respond(self, transaction: int, unit: int, pdu: bytes) -> None:
        fault, transport = self._endpoint.fault(unit), self._transport
        if transport is None or fault.kind == SILENT:
            return
        if fault.kind == DROPS:
            transport.close()
            return
        body = self._endpoint.answer(unit, pdu)
        answer = HEADER.pack(transaction, 0, len(body) + 1, unit) + body
        if fault.kind == GARBAGE:
            answer = garble(answer, fault.answers)
            fault.answers += 1
        if fault.latency_ms == 0 and not self._waiting:
            transport.write(answer)
            return
        loop = asyncio.get_running_loop()
        self._waiting.append((loop.time() + fault.latency_ms / 1000, answer))
        if len(self._waiting) == 1:
            loop.call_at(self._waiting[0][0], self._send_waiting)

    def _send_waiting(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting and self._transport:
            due, answer = self._waiting[0]
            if due > loop.time() + 0.0005:
                loop.call_at(due, self._send_waiting)
                return
            self._waiting.popleft()
            self._transport.write(answer)


class FleetServer:
    """All endpoints of a fleet."""

    def __init__(self, simulation: Simulation, clock: Clock, latency_ms: int = 0) -> None:
        self.simulation, self.latency_ms = simulation, latency_ms
        usual = make_fault(NONE, latency_ms)
        self.endpoints: dict[tuple[str, int], Endpoint] = {}
        for device in simulation.devices:
            address = (device.spec.host, device.spec.port)
            if address not in self.endpoints:
                self.endpoints[address] = Endpoint(simulation, clock, usual)
            self.endpoints[address].add(device)
        self._servers: list[asyncio.Server] = []

    async def open(self) -> None:
        """Listen on every port; raises FleetError naming a port that is taken."""
        loop = asyncio.get_running_loop()
        for (host, port), endpoint in self.endpoints.items():
            try:
                server = await loop.create_server(
                    partial(ModbusConnection, endpoint), host, port, backlog=16
                )
            except OSError as error:
                await self.close()
                raise FleetError(_why_not(host, port, error)) from error
            self._servers.append(server)

    def set_fault(self, key: str, kind: str, number: int | None) -> None:
        """Switch a fault of one device; `number` is a latency in ms or an exception's code."""
        spec = self.simulation.device(key).spec
        endpoint = self.endpoints[spec.host, spec.port]
        endpoint.faults[spec.unit] = make_fault(kind, number, self.latency_ms)

    def fault_of(self, key: str) -> Fault:
        spec = self.simulation.device(key).spec
        return self.endpoints[spec.host, spec.port].fault(spec.unit)

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} on {host} is taken by another program. Stop that program, or describe "
            "the fleet again with another --base-port."
        )
    if error.errno == errno.EMFILE:
        return "too many open files: raise the limit (ulimit -n) above the number of devices."
    return f"cannot listen on {host}:{port}: {error}"
