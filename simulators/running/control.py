"""A small control socket on loopback: one JSON request and one JSON answer a line."""

import asyncio
import json
from typing import Any

from simulators.errors import FleetError
from simulators.fleet import DeviceSpec
from simulators.running.deeds import Deeds
from simulators.running.selecting import select

LONGEST_LINE = 1 << 20
OPERATIONS = ("status", "fault", "set", "event", "weather")


class ControlServer:
    """Switches faults and tells the truth about devices of a running fleet."""

    def __init__(self, deeds: Deeds) -> None:
        self._deeds = deeds
        self._simulation, self._fleet_server = deeds.simulation, deeds.server
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
        op, who = request["op"], str(request.get("key") or "all")
        if op == "status":
            return self._answer_for(who, select(self._simulation.fleet, who))
        if op == "fault":
            self._deeds.fault(who, str(request["fault"]), request.get("number"))
            return self._answer_for(who, select(self._simulation.fleet, who))
        if op == "set":
            keys = self._deeds.set(who, str(request["name"]), str(request["value"]))
            return self._answer_for(who, [self._simulation.device(key).spec for key in keys])
        if op == "event":
            self._deeds.event(
                str(request["kind"]),
                size=float(request.get("size") or 0.0),
                lasts_s=float(request.get("lasts_s") or 60.0),
                ramp_s=float(request.get("ramp_s") or 0.0),
                feeder=request.get("feeder"),
            )
            return request
        if op == "weather":
            self._deeds.weather(str(request["kind"]), float(request.get("over_s") or 0.0))
            return request
        raise FleetError(f"unknown operation {op!r}; there are: {', '.join(OPERATIONS)}")

    def _answer_for(self, who: str, specs: list[DeviceSpec]) -> Any:  # noqa: ANN401 - JSON
        """One machine asked for by its key answers by itself, a selection as a list."""
        rows = [self._status(spec.key) for spec in specs]
        return rows[0] if len(rows) == 1 and specs[0].key == who else rows

    def _status(self, key: str) -> dict[str, Any]:
        facts = self._simulation.status(self._simulation.device(key))
        fault = self._fleet_server.fault_of(key)
        return facts | {"fault": fault.kind, "latency_ms": fault.latency_ms}
