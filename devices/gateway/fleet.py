"""A zone's devices as the register has them, and what changed since the last look."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devices.capabilities import Discovery, Identity, Learned, ModelAt, learned_from
from devices.gateway.database import Database

# A row's xmin changes with every update of it: only what changed is read and decoded again.
VERSIONS = """
select id, xmin::text from devices_device where zone_id = %s and active_to is null
"""
DEVICES = """
select id, xmin::text, kind, host, port, unit, serial_number, poll_period_s, discovery,
    reported_nameplate
from devices_device where id = any(%s)
"""


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """What the gateway needs to know of one device."""

    id: int
    version: str
    kind: str
    host: str
    port: int
    unit: int
    serial_number: str
    poll_period_s: float
    discovery: Discovery | None
    learned: Learned | None = None
    rated_w: float | None = None

    @property
    def endpoint(self) -> tuple[str, int]:
        return (self.host, self.port)


@dataclass(frozen=True, slots=True)
class Changes:
    """What to take up and what to drop; a changed device is in both."""

    appeared: tuple[DeviceRow, ...]
    gone: tuple[int, ...]


async def changes(database: Database, zone_id: int, known: Mapping[int, str]) -> Changes:
    """Compare the register with the versions known so far; raises DatabaseAway."""
    async with database.use() as connection:
        versions = dict(await (await connection.execute(VERSIONS, [zone_id])).fetchall())
        fresh = [pk for pk, version in versions.items() if known.get(pk) != version]
        rows = []
        if fresh:
            rows = await (await connection.execute(DEVICES, [fresh])).fetchall()
    gone = tuple(pk for pk, version in known.items() if versions.get(pk) != version)
    appeared = tuple(_row(*row) for row in rows)
    return Changes(appeared, gone)


def _row(*columns: Any) -> DeviceRow:
    names = ("id", "version", "kind", "host", "port", "unit", "serial_number", "poll_period_s")
    *known, kept, nameplate = columns
    return DeviceRow(
        **dict(zip(names, known, strict=True)),
        discovery=discovery_from(kept),
        learned=learned_from(kept.get("learned")) if isinstance(kept, Mapping) else None,
        rated_w=_rated_w(nameplate),
    )


def _rated_w(nameplate: object) -> float | None:
    rated_w = nameplate.get("active_power_max_w") if isinstance(nameplate, Mapping) else None
    return float(rated_w) if isinstance(rated_w, int | float) else None


def discovery_from(kept: Mapping[str, Any]) -> Discovery | None:
    """What a registration kept of a walk over the chain; None when it kept nothing usable."""
    try:
        identity = kept["identity"]
        return Discovery(
            base=int(kept["base"]),
            unit=int(kept["unit"]),
            identity=Identity(
                manufacturer=str(identity["manufacturer"]),
                model=str(identity["model"]),
                options=str(identity.get("options", "")),
                version=str(identity.get("version", "")),
                serial_number=str(identity["serial_number"]),
            ),
            models=tuple(
                ModelAt(int(m["id"]), int(m["addr"]), int(m.get("length", m.get("len"))))
                for m in kept["models"]
            ),
            flags=tuple(map(str, kept.get("flags", ()))),
            longest_read=int(kept.get("longest_read", 125)),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
