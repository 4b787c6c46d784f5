"""Reading every point of a device because a person asked for it in a row (DV-1).

Its requests are polls: commands go between, and other units wait no longer than for one request.
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any

from devices.capabilities import DriverFault, Now, PointValue
from devices.gateway.database import Database, DatabaseAway
from devices.gateway.leases import Lease
from devices.gateway.session import Unit
from devices.sunspec.definitions import Group, definition

logger = logging.getLogger(__name__)
# A walk that was taken and not brought within this may be taken again, by whoever serves then.
AGAIN_AFTER_S = 60
LONGEST_S = 45.0
GONE = "The device is not in service any more."
TAKE = """
update devices_pointsreading r set taken_at = %(at)s, taken_by = %(owner)s
from devices_device d
where d.id = r.device_id and d.zone_id = %(zone)s and r.ended_at is null
  and (r.taken_at is null or r.taken_at < %(at)s - make_interval(secs => %(again_s)s))
  and exists (
    select 1 from devices_zonelease where zone_id = %(zone)s and owner = %(owner)s
      and fence = %(fence)s and expires_at > clock_timestamp())
returning r.id, r.device_id
"""
END = """
update devices_pointsreading
set ended_at = %(at)s, points = %(points)s::jsonb, flags = %(flags)s::jsonb, fault = %(fault)s
where id = %(id)s and taken_by = %(owner)s and ended_at is null
"""


class Walks:
    """One zone's walks, under one lease."""

    def __init__(self, database: Database, lease: Lease, *, now: Now) -> None:
        self._database = database
        self._lease = lease
        self._now = now

    async def take(self) -> list[tuple[int, int]]:
        """Walks that were asked for, with their devices; raises DatabaseAway."""
        facts = {
            "at": self._now(),
            "owner": self._lease.owner,
            "zone": self._lease.zone_id,
            "fence": self._lease.fence,
            "again_s": AGAIN_AFTER_S,
        }
        async with self._database.use() as connection:
            return await (await connection.execute(TAKE, facts)).fetchall()

    async def read(self, walk: int, unit: Unit | None) -> None:
        """Read everything and store it; what goes wrong is stored in words."""
        try:
            if unit is None:
                await self._end(walk, fault=GONE)
                return
            async with asyncio.timeout(LONGEST_S):
                device = await unit.session.ready(unit, at_once=True)
                points = await device.read_points()
            models = {str(model.id): model.addr for model in reversed(device.discovery.models)}
            await self._end(walk, points=kept(points, models), flags=device.flags)
        except TimeoutError:
            words = f"It was not read within {LONGEST_S:.0f} s. Ask again when it answers quicker."
            await self._fail(walk, words)
        except DriverFault as fault:
            await self._fail(walk, str(fault))
        except DatabaseAway:
            logger.warning("walk_not_kept walk=%d", walk)

    async def _fail(self, walk: int, words: str) -> None:
        try:
            await self._end(walk, fault=words)
        except DatabaseAway:
            logger.warning("walk_not_kept walk=%d", walk)

    async def _end(
        self,
        walk: int,
        *,
        points: list[dict[str, Any]] | None = None,
        flags: tuple[str, ...] = (),
        fault: str = "",
    ) -> None:
        facts = {
            "id": walk,
            "owner": self._lease.owner,
            "at": self._now(),
            "points": _json(points or []),
            "flags": _json(flags),
            "fault": fault.replace("\0", "")[:300],
        }
        async with self._database.use() as connection:
            await connection.execute(END, facts)


def kept(
    points: Mapping[str, Mapping[str, PointValue]], addresses: Mapping[str, int]
) -> list[dict[str, Any]]:
    """What the row keeps: models in their order, each point with its value and unit."""
    models = []
    for key, values in points.items():
        number, _, address = key.partition("@")
        known = definition(int(number))
        units = dict(_units(known.top)) if known else {}
        models.append(
            {
                "model": int(number),
                "title": known.label if known else "",
                "address": int(address) if address else addresses.get(number),
                "points": [
                    [name, value, units.get(name.rpartition(".")[2], "")]
                    for name, value in values.items()
                ],
            }
        )
    return models


def _units(group: Group) -> list[tuple[str, str]]:
    units = [(point.name, point.units) for point in group.points if point.units]
    for inner in group.groups:
        units += _units(inner)
    return units


def _json(value: object) -> str:
    # PostgreSQL keeps no zero characters, and a device may well send them.
    return json.dumps(value).replace("\\u0000", "")
