"""From measurements to PostgreSQL and to the browsers, without ever making a poll wait.

History by binary COPY, the latest state by COPY and MERGE, both in one transaction; a push at most
each `flush_s`. What cannot be stored now waits in a bounded place, the oldest of a device going
first.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import psycopg

from derms.lib import live
from devices.capabilities import Measurement, Now, OperatingState, Quality
from devices.gateway.database import Database, DatabaseAway
from devices.models import COPY_COLUMNS, COPY_TYPES, READING_COLUMNS

logger = logging.getLogger(__name__)
FLUSH_S = 0.5
# Ten minutes of history at a row each five seconds.
MOST_WAITING = 120
Row = tuple[Any, ...]
Publish = Callable[[str, dict[str, Any]], None]

_SET = ", ".join(f"{name} = n.{name}" for name, _ in READING_COLUMNS if name != "device_id")
_GIVEN = ", ".join(f"n.{name}" for name, _ in READING_COLUMNS)
MAKE_ROOM = (
    "create temp table if not exists latest_in (like devices_latestreading) on commit delete rows"
)
COPY_HISTORY = f"copy devices_reading ({COPY_COLUMNS}) from stdin (format binary)"
COPY_LATEST = f"copy latest_in ({COPY_COLUMNS}) from stdin (format binary)"
# A worker that was frozen may come late with old values: they never replace newer ones.
MERGE = f"""
merge into devices_latestreading l using latest_in n on l.device_id = n.device_id
when matched and n.measured_at >= l.measured_at then update set {_SET}
when not matched then insert ({COPY_COLUMNS}) values ({_GIVEN})
"""  # noqa: S608 - built from our own column names
NOTE_SILENCE = """
update devices_latestreading l set quality = f.quality, reason = f.reason, received_at = f.at
from unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[]) f(id, quality, reason, at)
where l.device_id = f.id and l.received_at < f.at
"""


class Writer:
    """Takes readings at any pace; one task stores and pushes them."""

    def __init__(
        self,
        database: Database,
        *,
        now: Now,
        reading_period_s: float,
        is_storing: bool = True,
        publish: Publish = live.publish,
    ) -> None:
        self._database = database
        self._now = now
        self._period_s = reading_period_s
        self._is_storing = is_storing
        self._publish = publish
        self._latest: dict[int, Row] = {}
        self._silent: dict[int, tuple[str, str, datetime]] = {}
        self._history: dict[int, deque[Row]] = {}
        self._stored_at: dict[int, datetime] = {}
        self._frames: dict[str, dict[str, Any]] = {}
        self._last: dict[int, Row] = {}
        self._pushing: asyncio.Task[None] | None = None
        self.dropped = 0
        self.stored = 0

    def measured(self, device_id: int, measurement: Measurement) -> None:
        """Note one reading; called for every poll, so it does nothing but remember."""
        row = _row(device_id, measurement, measurement.measured_at)
        self._latest[device_id] = row
        self._last[device_id] = row
        self._silent.pop(device_id, None)
        before = self._stored_at.get(device_id)
        if before is not None:
            since_s = (measurement.measured_at - before).total_seconds()
            # A poll that comes a little early must not make every second row be left out.
            if since_s < self._period_s - 0.25:
                return
        self._stored_at[device_id] = measurement.measured_at
        self._keep(device_id, row)

    def silent(self, device_id: int, quality: Quality, reason: str) -> None:
        """Note that a device gave no usable answer: its last values stay, their quality falls."""
        self._silent[device_id] = (quality, reason.replace("\0", ""), self._now())

    def forget(self, device_ids: Iterable[int]) -> None:
        """Drop what is known of devices that are not served any more; what they said is stored."""
        for device_id in device_ids:
            for kept in (self._silent, self._stored_at, self._last):
                kept.pop(device_id, None)

    async def run(self) -> None:
        """Flush for ever; a database that is away costs nothing but the oldest rows."""
        is_away = False
        while True:
            await asyncio.sleep(FLUSH_S)
            try:
                await self.flush()
                if is_away:
                    logger.info("readings_stored_again dropped=%d", self.dropped)
                is_away = False
            except DatabaseAway as error:
                if not is_away:
                    logger.warning("readings_wait reason=%s", error)
                is_away = True

    async def flush(self) -> None:
        latest, self._latest = self._latest, {}
        silent, self._silent = self._silent, {}
        self._push(latest, silent)
        if not self._is_storing:
            self._history.clear()
            return
        history, self._history = self._history, {}
        try:
            if latest or silent or history:
                await self._store(latest, silent, history)
        except DatabaseAway:
            self._put_back(latest, silent, history)
            raise
        except psycopg.Error:
            # Asked again they would be refused again, and hold up all that follow.
            self.dropped += sum(map(len, history.values()))
            logger.exception("readings_refused devices=%d", len(latest))

    async def _store(
        self,
        latest: dict[int, Row],
        silent: dict[int, tuple[str, str, datetime]],
        history: dict[int, deque[Row]],
    ) -> None:
        async with self._database.use() as connection, connection.transaction():
            cursor = connection.cursor()
            if latest:
                await cursor.execute(MAKE_ROOM)
                await _copy(cursor, COPY_LATEST, latest.values())
                await cursor.execute(MERGE)
            if history:
                await _copy(
                    cursor, COPY_HISTORY, (row for rows in history.values() for row in rows)
                )
            if silent:
                columns = zip(*silent.values(), strict=True)
                await cursor.execute(NOTE_SILENCE, [list(silent), *map(list, columns)])
        self.stored += sum(map(len, history.values()))

    def _keep(self, device_id: int, row: Row) -> None:
        rows = self._history.get(device_id)
        if rows is None:
            rows = self._history[device_id] = deque(maxlen=MOST_WAITING)
        if len(rows) == MOST_WAITING:
            self.dropped += 1
        rows.append(row)

    def _put_back(
        self,
        latest: dict[int, Row],
        silent: dict[int, tuple[str, str, datetime]],
        history: dict[int, deque[Row]],
    ) -> None:
        self._latest = latest | self._latest
        self._silent = silent | self._silent
        newer, self._history = self._history, history
        for device_id, rows in newer.items():
            for row in rows:
                self._keep(device_id, row)

    def _push(self, latest: dict[int, Row], silent: dict[int, tuple[str, str, datetime]]) -> None:
        for device_id, row in latest.items():
            self._frames[str(device_id)] = _frame(row)
        for device_id, (quality, _, _) in silent.items():
            known = self._last.get(device_id)
            self._frames[str(device_id)] = (_frame(known) if known else {}) | {"q": quality}
        busy = self._pushing is not None and not self._pushing.done()
        if busy or not self._frames:
            return
        frames, self._frames = self._frames, {}
        payload = {"t": self._now().isoformat(), "d": frames}
        self._pushing = asyncio.create_task(asyncio.to_thread(self._publish, "readings", payload))


async def _copy(cursor: psycopg.AsyncCursor[Any], statement: str, rows: Iterable[Row]) -> None:
    async with cursor.copy(statement) as copy:
        copy.set_types(COPY_TYPES)
        for row in rows:
            await copy.write_row(row)


def _row(device_id: int, m: Measurement, received_at: datetime) -> Row:
    return (
        device_id,
        m.measured_at,
        received_at,
        m.active_power_w,
        m.reactive_power_var,
        m.voltage_v,
        m.frequency_hz,
        m.energy_injected_wh,
        m.energy_absorbed_wh,
        m.state_of_charge_pct,
        m.operating_state or OperatingState.UNKNOWN,
        m.alarm_bits,
        m.quality,
        m.reason.replace("\0", ""),
    )


def _frame(row: Row) -> dict[str, Any]:
    """What a browser gets of one reading."""
    _, measured_at, _, power_w, reactive_var, voltage_v, frequency_hz, _, _, soc, state, _, q, _ = (
        row
    )
    return {
        "at": int(measured_at.timestamp() * 1000),
        "w": _rounded(power_w, 0),
        "var": _rounded(reactive_var, 0),
        "v": _rounded(voltage_v, 1),
        "hz": _rounded(frequency_hz, 3),
        "soc": _rounded(soc, 1),
        "state": state,
        "q": q,
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
