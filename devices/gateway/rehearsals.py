"""Planning a command on a device without writing it, because somebody reviews it (DV-3)."""

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any

from devices.capabilities import (
    ControlRequest,
    DriverFault,
    Function,
    Now,
    WritePlan,
    parameters_from,
)
from devices.gateway.database import Database, DatabaseAway
from devices.gateway.leases import Lease
from devices.gateway.session import Unit

logger = logging.getLogger(__name__)
LONGEST_S = 10.0
# Older ones nobody waits for any more.
TAKE = """
update devices_commandrehearsal r set taken_at = %(at)s, taken_by = %(owner)s
from devices_device d
where d.id = r.device_id and d.zone_id = %(zone)s and r.ended_at is null and r.taken_at is null
  and r.asked_at > %(at)s - interval '1 minute'
  and exists (
    select 1 from devices_zonelease where zone_id = %(zone)s and owner = %(owner)s
      and fence = %(fence)s and expires_at > clock_timestamp())
returning r.id, r.device_id, r.order
"""
END = """
update devices_commandrehearsal
set ended_at = %(at)s, writes = %(writes)s::jsonb, notes = %(notes)s::jsonb,
    value_w = %(value_w)s, reverts_in_device = %(reverts)s, fault = %(fault)s
where id = %(id)s and taken_by = %(owner)s and ended_at is null
"""


class Rehearsals:
    """One zone's rehearsals, under one lease."""

    def __init__(self, database: Database, lease: Lease, *, now: Now) -> None:
        self._database = database
        self._lease = lease
        self._now = now

    async def take(self) -> list[tuple[int, int, Mapping[str, Any]]]:
        """What was asked, with the devices; raises DatabaseAway."""
        facts = {
            "at": self._now(),
            "owner": self._lease.owner,
            "zone": self._lease.zone_id,
            "fence": self._lease.fence,
        }
        async with self._database.use() as connection:
            return await (await connection.execute(TAKE, facts)).fetchall()

    async def play(self, rehearsal: int, unit: Unit | None, order: Mapping[str, Any]) -> None:
        """Plan it and store what would be written, or why not, in words."""
        plan, fault = None, ""
        try:
            if unit is None:
                fault = "the device is not in service any more"
            else:
                async with asyncio.timeout(LONGEST_S):
                    plan = await _planned(unit, order)
        except TimeoutError:
            fault = f"it did not answer within {LONGEST_S:.0f} s"
        except (DriverFault, ValueError) as refusal:
            fault = str(refusal)
        try:
            await self._end(rehearsal, plan, fault)
        except DatabaseAway:
            logger.warning("rehearsal_not_kept rehearsal=%d", rehearsal)

    async def _end(self, rehearsal: int, plan: WritePlan | None, fault: str) -> None:
        writes = (
            [{"address": w.addr, "registers": w.registers} for w in plan.writes] if plan else []
        )
        facts = {
            "id": rehearsal,
            "owner": self._lease.owner,
            "at": self._now(),
            "writes": json.dumps(writes),
            "notes": json.dumps(plan.notes if plan else []),
            "value_w": plan.value_w if plan else None,
            "reverts": plan.reverts_in_device if plan else None,
            "fault": fault.replace("\0", "")[:300],
        }
        async with self._database.use() as connection:
            await connection.execute(END, facts)


async def _planned(unit: Unit, order: Mapping[str, Any]) -> WritePlan:
    """On settings read just now, as a command's own plan would be; raises DriverFault."""
    device = await unit.session.ready(unit, at_once=True)
    async with unit.turn:
        await device.read_settings()
        return device.plan(_request(order))


def _request(order: Mapping[str, Any]) -> ControlRequest:
    function = Function(order["function"])
    if order["is_release"]:
        return ControlRequest(function=function, value_w=None, enable=False, reversion_s=0)
    return ControlRequest(
        function=function,
        value_w=order["value_w"],
        parameters=parameters_from(function, order["parameters"]),
        enable=True,
        reversion_s=order["reversion_s"],
        ramp_s=order["ramp_s"],
    )
