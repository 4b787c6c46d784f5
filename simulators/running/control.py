"""A small control socket on loopback: one JSON request and one JSON answer a line."""

import asyncio
import json
from typing import Any

from simulators.errors import FleetError
from simulators.physics.disturbances import make_disturbance
from simulators.running.adjusting import adjust, describe_event
from simulators.running.simulation import Simulation
from simulators.wire.server import FleetServer

LONGEST_LINE = 1 << 20


class ControlServer:
    """Switches faults and tells the truth about devices of a running fleet."""

    def __init__(self, simulation: Simulation, server: FleetServer) -> None:
        self._simulation, self._fleet_server = simulation, server
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        fleet = self._simulation.fleet
        try:
            self._server = await asyncio.start_server(
                self._talk, fleet.control_host, fleet.control_port, limit=LONGEST_LINE
            )
        except OSError as error:
            await self._fleet_server.close()
            raise FleetError(
                f"control port {fleet.control_port} is taken: another fleet may be running. "
                "Stop it, or describe the fleet again with another --control-port."
            ) from error

    async def close(self) -> None:
        if self._server:
            self._server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(self._answer(line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            return
        finally:
            writer.close()

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            return {"ok": True, "result": self._carry_out(json.loads(line))}
        except FleetError as error:
            return {"ok": False, "error": str(error)}
        except (ValueError, KeyError, TypeError) as error:
            return {"ok": False, "error": f"bad request: {error!r}"}

    def _carry_out(self, request: dict[str, Any]) -> Any:  # noqa: ANN401 - a JSON document
        simulation, op = self._simulation, request["op"]
        if op == "status":
            if key := request.get("key"):
                return self._status(str(key))
            return [self._status(spec.key) for spec in simulation.fleet.devices]
        if op == "fault":
            key, kind = str(request["key"]), str(request["fault"])
            self._fleet_server.set_fault(key, kind, request.get("number"))
            simulation.journal.record(simulation.plant.t, "fault", key=key, fault=kind)
            return self._status(key)
        if op == "set":
            key, t = str(request["key"]), simulation.plant.t
            adjust(simulation, key, str(request["name"]), str(request["value"]), t)
            return self._status(key)
        if op == "event":
            return self._disturb(request)
        raise FleetError(f"unknown operation {op!r}; there are: status, fault, set, event")

    def _disturb(self, request: dict[str, Any]) -> dict[str, Any]:
        plant, journal = self._simulation.plant, self._simulation.journal
        if request.get("kind") == "none":
            plant.feeders.calm()
            journal.record(plant.t, "event", kind="none")
            return {"kind": "none"}
        words = describe_event(request, plant.t)
        plant.feeders.disturb(make_disturbance(**words))
        journal.record(plant.t, "event", **words)
        return words

    def _status(self, key: str) -> dict[str, Any]:
        facts = self._simulation.status(self._simulation.device(key))
        fault = self._fleet_server.fault_of(key)
        return facts | {"fault": fault.kind, "latency_ms": fault.latency_ms}
