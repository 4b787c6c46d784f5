"""The only door to device drivers: look at one device, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devices.capabilities import (
    ControlState,
    Discovery,
    Endpoint,
    Function,
    Measurement,
    Nameplate,
    NotSupported,
    Now,
    PointValue,
)
from devices.sunspec import Connection, SunSpecDevice, discover, quirks_for


@dataclass(frozen=True, slots=True)
class Inspection:
    """Everything a device tells about itself when it is asked once.

    `points` are by model id and SunSpec's names; `settings` is how each function stands; `flags`
    are sentences about what is odd.
    """

    discovery: Discovery
    kind: str
    functions: frozenset[Function]
    nameplate: Nameplate
    measurement: Measurement | None
    points: Mapping[str, Mapping[str, PointValue]]
    settings: tuple[ControlState, ...]
    flags: tuple[str, ...]


async def inspect(endpoint: Endpoint, *, timeout_s: float, now: Now) -> Inspection:
    """Connect, discover, read everything and hang up; raises a DriverFault in words."""
    connection = Connection(endpoint.host, endpoint.port, timeout_s=timeout_s)
    try:
        await connection.connect()
        discovery = await discover(connection, endpoint.unit)
        device = SunSpecDevice(
            connection, endpoint.unit, discovery, quirks=quirks_for(discovery.identity)
        )
        nameplate = await device.read_nameplate()
        points = await device.read_points()
        slow = await device.read_slow(now)
        return Inspection(
            discovery=discovery,
            kind=device.kind,
            functions=device.functions,
            nameplate=nameplate,
            measurement=await _measurement(device, now),
            points=points,
            settings=slow.states,
            flags=device.flags,
        )
    finally:
        connection.close()


async def _measurement(device: SunSpecDevice, now: Now) -> Measurement | None:
    try:
        return await device.measure(now)
    except NotSupported:
        return None
