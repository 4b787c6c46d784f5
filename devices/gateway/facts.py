"""What devices say of themselves that hardly changes: chain, nameplate, what was learned (DV-1).

Stored for many at once, and only what differs from what stands there.
"""

import asyncio
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import psycopg

from devices.capabilities import Discovery, Learned, Nameplate
from devices.gateway.batches import Batches
from devices.gateway.database import Database, DatabaseAway
from devices.gateway.session import Unit

logger = logging.getLogger(__name__)
TOGETHER_S = 0.5
# `before` is the row's version until now: when it is the one we read, the change is ours alone.
KEEP = """
with given as (
    select * from jsonb_to_recordset(%s::jsonb) as g(id bigint, discovery jsonb, nameplate jsonb)
), held as (
    select d.id, d.xmin::text as before,
        coalesce(g.discovery, d.discovery) as discovery,
        coalesce(g.nameplate, d.reported_nameplate) as nameplate
    from devices_device d join given g using (id)
    where d.active_to is null
    order by d.id for no key update of d
)
update devices_device d set discovery = held.discovery, reported_nameplate = held.nameplate
from held
where d.id = held.id
  and (d.discovery, d.reported_nameplate) is distinct from (held.discovery, held.nameplate)
returning d.id, held.before, d.xmin::text
"""


@dataclass(frozen=True, slots=True)
class Fact:
    """What to keep of one device; None leaves what stands there."""

    device_id: int
    discovery: Mapping[str, Any] | None = None
    nameplate: Mapping[str, Any] | None = None


class Facts:
    """One zone's facts on their way to the register."""

    def __init__(self, database: Database, units: Mapping[int, Unit]) -> None:
        self._database = database
        self._units = units
        self._batches: Batches[Fact, None] = Batches(self._keep, together_s=TOGETHER_S)

    def close(self) -> None:
        self._batches.cancel()

    def discovered(self, device_id: int, found: Discovery) -> None:
        """Keep what a walk found, so that the next start needs none."""
        self._submit(Fact(device_id, discovery=asdict(found)))

    def read(
        self, device_id: int, found: Discovery, learned: Learned, nameplate: Nameplate
    ) -> None:
        self._submit(
            Fact(
                device_id,
                discovery=asdict(found) | {"learned": asdict(learned)},
                nameplate=asdict(nameplate),
            )
        )

    def _submit(self, fact: Fact) -> None:
        self._batches.submit(fact).add_done_callback(_told)

    async def _keep(self, facts: list[Fact]) -> list[None]:
        newest: dict[int, Fact] = {}
        for fact in facts:
            before = newest.get(fact.device_id, Fact(fact.device_id))
            newest[fact.device_id] = Fact(
                fact.device_id,
                fact.discovery or before.discovery,
                fact.nameplate or before.nameplate,
            )
        async with self._database.use() as connection:
            rows = await (await connection.execute(KEEP, [_json(newest.values())])).fetchall()
        for device_id, before, after in rows:
            unit = self._units.get(device_id)
            if unit is not None and unit.row.version == before:
                # Not news to us: nothing has to be taken up anew.
                unit.row = replace(unit.row, version=after)
        return [None] * len(facts)


def _json(facts: Iterable[Fact]) -> str:
    rows = [
        {"id": fact.device_id, "discovery": fact.discovery, "nameplate": fact.nameplate}
        for fact in facts
    ]
    return json.dumps(rows).replace("\\u0000", "")


def _told(done: asyncio.Future[None]) -> None:
    if done.cancelled():
        return
    error = done.exception()
    if isinstance(error, DatabaseAway | psycopg.Error):
        logger.warning("facts_not_kept reason=%s", error)
    elif error is not None:
        logger.error("facts_broke", exc_info=error)
