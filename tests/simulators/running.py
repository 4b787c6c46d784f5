"""A fleet served over real sockets from a thread, with a clock that the test moves."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, TypeVar

import uvloop
from pymodbus.client import ModbusTcpClient
from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP

from simulators.describe import describe_fleet
from simulators.fleet import DeviceSpec, Fleet
from simulators.maps.definitions import Point
from simulators.running.journal import Journal
from simulators.running.simulation import Simulation
from simulators.wire.server import FleetServer
from tests.ports import free_ports

NOON = 1_782_065_400.0  # 2026-06-21T18:10Z, solar noon at 95 degrees west
T = TypeVar("T")


def small_fleet(count: int = 8, weather: str = "clear") -> Fleet:
    fleet = describe_fleet(
        count=count,
        seed=7,
        base_port=15_020,
        control_port=15_019,
        latitude=39.05,
        longitude=-95.0,
        weather=weather,
    )
    *ports, control_port = free_ports(len(fleet.devices) + 1)
    moved = tuple(
        replace(device, port=port) for device, port in zip(fleet.devices, ports, strict=True)
    )
    return replace(fleet, devices=moved, control_port=control_port)


class RunningFleet:
    """The servers of a fleet; time stands still until advance() is called."""

    def __init__(self, fleet: Fleet, t: float = NOON, journal: Journal | None = None) -> None:
        self.fleet, self.t = fleet, t
        self.simulation = Simulation(fleet, t, journal=journal)
        self.simulation.advance(t)
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.server = FleetServer(self.simulation, lambda: self.t)
        self._clients: list[ModbusTcpClient] = []
        asyncio.run_coroutine_threadsafe(self.server.open(), self._loop).result(10)
        self.advance(30)

    def call(self, deed: Callable[[], T]) -> T:
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(deed())
            except Exception as error:  # noqa: BLE001 - handed to the waiting test
                done.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return done.result(10)

    def advance(self, seconds: float) -> None:
        """Let time pass in steps of a second, as a live run does."""

        def run() -> None:
            end = self.t + seconds
            while self.t < end:
                self.t = min(self.t + 1.0, end)
                self.simulation.advance(self.t)

        self.call(run)

    def spec(self, key: str) -> DeviceSpec:
        return self.simulation.device(key).spec

    def first(self, kind: str, generation: str, phases: str | None = None) -> str:
        return next(
            d.key
            for d in self.fleet.devices
            if d.kind == kind
            and d.generation == generation
            and d.sunspec
            and phases in {None, d.phases}
        )

    def status(self, key: str) -> dict[str, Any]:
        return self.call(lambda: self.simulation.status(self.simulation.device(key)))

    def client(self, key: str, timeout_s: float = 2.0) -> ModbusTcpClient:
        spec = self.spec(key)
        client = ModbusTcpClient(spec.host, port=spec.port, timeout=timeout_s, retries=0)
        assert client.connect()  # type: ignore[no-untyped-call]  # pymodbus leaves it untyped
        self._clients.append(client)
        return client

    def scan(self, key: str) -> Any:
        spec = self.spec(key)
        device = SunSpecModbusClientDeviceTCP(
            slave_id=spec.unit, ipaddr=spec.host, ipport=spec.port, timeout=2
        )
        device.scan()
        device.close()
        return device

    def point(self, key: str, model: int, name: str) -> Point:
        return self.simulation.device(key).registers.layout.points[model, name]

    def address(self, key: str, model: int, name: str) -> int:
        return self.spec(key).base + self.point(key, model, name).offset

    def value(self, key: str, model: int, name: str) -> float | None:
        """Read one point over the socket and scale it as pysunspec2 does."""
        found = self.scan(key).models[model][0]
        for part in name.split("."):
            found = getattr(found, part)
        value: float | None = found.cvalue
        return value

    def write(self, key: str, model: int, first: str, *registers: int) -> int:
        """Write raw registers with one FC16; return the exception code, 0 when accepted."""
        client = self.client(key)
        words = [word % 0x1_0000 for word in registers]
        answer = client.write_registers(
            self.address(key, model, first), words, device_id=self.spec(key).unit
        )
        return int(answer.exception_code) if answer.isError() else 0

    def close(self) -> None:
        for client in self._clients:
            client.close()  # type: ignore[no-untyped-call]  # pymodbus leaves it untyped
        asyncio.run_coroutine_threadsafe(self.server.close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()
