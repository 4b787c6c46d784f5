"""How each device is to talk to: counted where it happens, stored for all that changed (DV-2)."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg

from devices.capabilities import DriverFault, Now, Supervision
from devices.gateway.database import Database, DatabaseAway
from devices.sunspec import Backoff, Circuit
from devices.sunspec.measuring import bits

logger = logging.getLogger(__name__)
FLUSH_S = 5.0
LONGEST_FAULT = 300
KEEP = """
insert into devices_devicecondition as c
    (device_id, updated_at, supervised_at, is_local, clock_offset_s, firmware, port_alarm_bits,
     battery_alarm_bits, heartbeat_at, round_trip_ms, polls, failures, failures_in_row, last_fault,
     last_fault_kind, last_fault_at, open_since, retry_at)
select g.* from jsonb_to_recordset(%s::jsonb) as g(
    device_id bigint, updated_at timestamptz, supervised_at timestamptz, is_local bool,
    clock_offset_s float8, firmware text, port_alarm_bits bigint, battery_alarm_bits bigint,
    heartbeat_at timestamptz, round_trip_ms float8, polls bigint, failures bigint,
    failures_in_row int, last_fault text, last_fault_kind text, last_fault_at timestamptz,
    open_since timestamptz, retry_at timestamptz)
order by g.device_id
on conflict (device_id) do update set
    updated_at = excluded.updated_at,
    supervised_at = coalesce(excluded.supervised_at, c.supervised_at),
    is_local = case when excluded.supervised_at is null then c.is_local else excluded.is_local end,
    clock_offset_s = case when excluded.supervised_at is null then c.clock_offset_s
        else excluded.clock_offset_s end,
    firmware = case when excluded.supervised_at is null then c.firmware
        else excluded.firmware end,
    port_alarm_bits = case when excluded.supervised_at is null then c.port_alarm_bits
        else excluded.port_alarm_bits end,
    battery_alarm_bits = case when excluded.supervised_at is null then c.battery_alarm_bits
        else excluded.battery_alarm_bits end,
    heartbeat_at = coalesce(excluded.heartbeat_at, c.heartbeat_at),
    round_trip_ms = coalesce(excluded.round_trip_ms, c.round_trip_ms),
    polls = c.polls + excluded.polls,
    failures = c.failures + excluded.failures,
    failures_in_row = excluded.failures_in_row,
    last_fault = coalesce(nullif(excluded.last_fault, ''), c.last_fault),
    last_fault_kind = coalesce(nullif(excluded.last_fault_kind, ''), c.last_fault_kind),
    last_fault_at = coalesce(excluded.last_fault_at, c.last_fault_at),
    open_since = excluded.open_since,
    retry_at = excluded.retry_at
where c.updated_at < excluded.updated_at
"""


@dataclass(slots=True)
class Health:
    """What is known of talking to one device; the counters are since they were last stored.

    `retry_at` is when it is asked again, on the loop's clock.
    """

    device_id: int
    backoff: Backoff
    polls: int = 0
    failures: int = 0
    failures_in_row: int = 0
    round_trip_s: float = 0.0
    last_fault: str = ""
    last_fault_kind: str = ""
    last_fault_at: datetime | None = None
    open_since: datetime | None = None
    supervision: Supervision | None = None
    port_alarm_bits: int = 0
    battery_alarm_bits: int = 0
    heartbeat_at: datetime | None = None
    retry_at: float = 0.0

    @property
    def is_local(self) -> bool:
        return self.supervision is not None and self.supervision.is_local is True


@dataclass(slots=True)
class Conditions:
    """The devices of one zone whose condition changed; the rest costs nothing."""

    database: Database
    now: Now
    is_mine: Callable[[], bool]
    _changed: dict[int, Health] = field(default_factory=dict)

    def failed(self, health: Health, fault: DriverFault) -> None:
        at = self.now()
        health.failures += 1
        health.failures_in_row += 1
        health.last_fault = str(fault).replace("\0", "")[:LONGEST_FAULT]
        health.last_fault_kind = fault.kind
        health.last_fault_at = at
        if health.backoff.circuit is not Circuit.CLOSED and health.open_since is None:
            health.open_since = at
        self._changed[health.device_id] = health

    def held_back(self, health: Health) -> None:
        """It is tried rarely, for the sake of others on its line: as good as an open circuit."""
        if health.open_since is None:
            health.open_since = self.now()
            self._changed[health.device_id] = health

    def returned(self, health: Health) -> None:
        """A good reply after failures."""
        health.failures_in_row = 0
        health.open_since = None
        self._changed[health.device_id] = health

    def supervised(
        self, health: Health, supervision: Supervision, points: Mapping[str, float]
    ) -> None:
        health.supervision = supervision
        health.port_alarm_bits = bits(points.get("714.PrtAlrms"))
        health.battery_alarm_bits = bits(points.get("802.Evt1"))
        self._changed[health.device_id] = health

    async def run(self) -> None:
        """Store for ever; a database that is away costs only freshness."""
        while True:
            await asyncio.sleep(FLUSH_S)
            try:
                await self.flush()
            except DatabaseAway:
                continue
            except psycopg.Error:
                logger.exception("conditions_refused")

    async def flush(self) -> None:
        if not self._changed or not self.is_mine():
            return
        changed, self._changed = self._changed, {}
        counted = [(health, health.polls, health.failures) for health in changed.values()]
        at, clock = self.now(), asyncio.get_running_loop().time()
        rows = [_row(health, at, clock) for health in changed.values()]
        try:
            async with self.database.use() as connection:
                await connection.execute(KEEP, [json.dumps(rows)])
        except DatabaseAway:
            self._changed = changed | self._changed
            raise
        for health, polls, failures in counted:
            health.polls -= polls
            health.failures -= failures


def _row(health: Health, at: datetime, clock: float) -> dict[str, Any]:
    supervision = health.supervision
    retry_in_s = health.retry_at - clock if health.failures_in_row else 0.0
    return {
        "device_id": health.device_id,
        "updated_at": at.isoformat(),
        "supervised_at": _said(supervision.read_at if supervision else None),
        "is_local": supervision.is_local if supervision else None,
        "clock_offset_s": supervision.clock_offset_s if supervision else None,
        "firmware": (supervision.firmware if supervision else "").replace("\0", "")[:32],
        "port_alarm_bits": health.port_alarm_bits,
        "battery_alarm_bits": health.battery_alarm_bits,
        "heartbeat_at": _said(health.heartbeat_at),
        "round_trip_ms": round(health.round_trip_s * 1000, 3) or None,
        "polls": health.polls,
        "failures": health.failures,
        "failures_in_row": health.failures_in_row,
        "last_fault": health.last_fault,
        "last_fault_kind": health.last_fault_kind,
        "last_fault_at": _said(health.last_fault_at),
        "open_since": _said(health.open_since),
        "retry_at": _said(at + timedelta(seconds=retry_in_s)) if retry_in_s > 0 else None,
    }


def _said(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
