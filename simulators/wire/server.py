"""Modbus TCP servers, one for each port of a fleet."""

import asyncio
import errno
import socket
import time
from collections.abc import Callable
from functools import partial

from simulators.errors import FleetError
from simulators.running.simulation import Simulation
from simulators.wire.connection import ModbusConnection
from simulators.wire.delay import DelayLines
from simulators.wire.endpoint import Endpoint
from simulators.wire.faults import BLACK_HOLE, Fault
from simulators.wire.port import Clock

Address = tuple[str, int]


class FleetServer:
    """All ports of a fleet, and what is switched on for each of them."""

    def __init__(self, simulation: Simulation, clock: Clock, latency_ms: int = 0) -> None:
        self.simulation = simulation
        self.endpoints: dict[Address, Endpoint] = {}
        fleet, lines = simulation.fleet, DelayLines()
        for device in simulation.devices:
            address, habits = (device.spec.host, device.spec.port), fleet.gateway(device.spec)
            if address not in self.endpoints:
                self.endpoints[address] = Endpoint(
                    simulation, clock, time.monotonic, habits, latency_ms, lines
                )
            elif self.endpoints[address].habits != habits:
                raise FleetError(
                    f"{device.spec.key} is behind {address[0]}:{address[1]} with others, and names "
                    "other habits for that port: give all of them the same gateway"
                )
            self.endpoints[address].add(device)
        self._servers: dict[Address, asyncio.Server] = {}
        self._plugs: dict[Address, list[socket.socket]] = {}
        # The loop itself keeps only weak references to its tasks.
        self._opening: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen on every port; raises FleetError naming a port that is taken."""
        for address, endpoint in self.endpoints.items():
            try:
                await self._listen(address)
            except OSError as error:
                await self.close()
                raise FleetError(_why_not(*address, error)) from error
            if endpoint.port_fault == BLACK_HOLE:
                self._vanish(address)

    async def _listen(self, address: Address) -> None:
        loop = asyncio.get_running_loop()
        protocol: Callable[[], asyncio.Protocol] = partial(
            ModbusConnection, self.endpoints[address]
        )
        self._servers[address] = await loop.create_server(protocol, *address, backlog=16)

    def set_fault(self, key: str, kind: str, number: int | None) -> None:
        """Switch a fault of one device; `number` is a time in ms or an exception's code."""
        spec = self.simulation.device(key).spec
        address = (spec.host, spec.port)
        endpoint = self.endpoints[address]
        endpoint.set_fault(spec.unit, kind, number)
        if endpoint.port_fault == BLACK_HOLE:
            self._vanish(address)
        elif address in self._plugs:
            self._come_back(address)

    def _vanish(self, address: Address) -> None:
        """Leave a listener whose queue is full: the system drops what else wants to connect."""
        if address in self._plugs or address not in self._servers:
            return
        self._servers.pop(address).close()
        plug = socket.socket()
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        plug.bind(address)
        plug.listen(0)
        fillers = [socket.socket() for _ in range(2)]
        for filler in fillers:
            filler.setblocking(False)  # noqa: FBT003 - the name of the socket's own method
            filler.connect_ex(address)
        self._plugs[address] = [plug, *fillers]

    def _come_back(self, address: Address) -> None:
        for each in self._plugs.pop(address):
            each.close()
        task = asyncio.get_running_loop().create_task(self._listen(address))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    def fault_of(self, key: str) -> Fault:
        spec = self.simulation.device(key).spec
        return self.endpoints[spec.host, spec.port].fault(spec.unit)

    async def close(self) -> None:
        for server in self._servers.values():
            server.close()
        for sockets in self._plugs.values():
            for each in sockets:
                each.close()
        self._servers.clear()
        self._plugs.clear()


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} on {host} is taken by another program. Stop that program, or describe "
            "the fleet again with another --base-port."
        )
    if error.errno == errno.EMFILE:
        return "too many open files: raise the limit (ulimit -n) above the number of devices."
    return f"cannot listen on {host}:{port}: {error}"
