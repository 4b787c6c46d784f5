"""From measurements to PostgreSQL and to the browsers, without ever making a poll wait.

Twice a second what came since is stored, and what changed is pushed. What cannot be stored now
waits in a bounded place, the oldest of a device going first.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import psycopg

from derms.lib import live
from devices.capabilities import Measurement, Now, OperatingState, Quality
from devices.gateway.database import DatabaseAway
from devices.gateway.store import Row, Store

logger = logging.getLogger(__name__)
FLUSH_S = 0.5
EARLY_S = 0.25
# Ten minutes of history at a row each five seconds.
MOST_WAITING = 120
Publish = Callable[[str, dict[str, Any]], None]
# What browsers see of an unchanged device grows this old at most.
LONGEST_UNTOLD = timedelta(seconds=2)


class Writer:
    """Takes readings at any pace; one task stores and pushes them."""

    def __init__(
        self,
        store: Store,
        *,
        now: Now,
        reading_period_s: float,
        is_storing: bool = True,
        publish: Publish = live.publish,
    ) -> None:
        self._store = store
        self._now = now
        self._period = timedelta(seconds=reading_period_s - EARLY_S)
        self.is_storing = is_storing
        self._publish = publish
        self._latest: dict[int, Row] = {}
        self._silent: dict[int, tuple[str, str, datetime]] = {}
        self._history: dict[int, deque[Row]] = {}
        self._stored_at: dict[int, datetime] = {}
        self._frames: dict[str, dict[str, Any]] = {}
        self._last: dict[int, Row] = {}
        self._told: dict[int, Row] = {}
        self._pushing: asyncio.Task[None] | None = None
        self.dropped = 0
        self.stored = 0

    def measured(self, device_id: int, measurement: Measurement, *, keep: bool = False) -> None:
        """Note one reading; called for every poll, so it does nothing but remember.

        With `keep` it goes into the history whatever the period says.
        """
        row = _row(device_id, measurement)
        self._latest[device_id] = row
        self._last[device_id] = row
        if self._silent:
            self._silent.pop(device_id, None)
        before = self._stored_at.get(device_id)
        # A poll that comes a little early must not make every second row be left out.
        if keep or before is None or row[1] - before >= self._period:
            self._stored_at[device_id] = row[1]
            self._keep(device_id, row)

    def keep_last(self, device_id: int) -> None:
        """Put the newest reading into the history, if it is not there: something changes now."""
        row = self._last.get(device_id)
        if row is not None and self._stored_at.get(device_id) != row[1]:
            self._stored_at[device_id] = row[1]
            self._keep(device_id, row)

    def keep_next(self, device_id: int) -> None:
        """Put the next reading into the history, whatever the period says."""
        self._stored_at.pop(device_id, None)

    def silent(self, device_id: int, quality: Quality, reason: str) -> None:
        """Note that a device gave no usable answer: its last values stay, their quality falls."""
        self._silent[device_id] = (quality, reason.replace("\0", ""), self._now())

    def forget(self, device_ids: Iterable[int]) -> None:
        """Drop what is known of devices that are not served any more; what they said is stored."""
        for device_id in device_ids:
            for kept in (self._silent, self._stored_at, self._last, self._told):
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
        if not self.is_storing:
            self._history.clear()
            return
        history, self._history = self._history, {}
        try:
            if latest or silent or history:
                rows = [row for rows in history.values() for row in rows]
                await self._store.put(latest.values(), silent, rows)
                self.stored += len(rows)
        except DatabaseAway:
            self._put_back(latest, silent, history)
            raise
        except psycopg.Error:
            # Asked again they would be refused again, and hold up all that follow.
            self.dropped += sum(map(len, history.values()))
            logger.exception("readings_refused devices=%d", len(latest))

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
            told = self._told.get(device_id)
            if told is None or row[3:] != told[3:] or row[1] - told[1] >= LONGEST_UNTOLD:
                self._told[device_id] = row
                self._frames[str(device_id)] = _frame(row)
        for device_id, (quality, _, _) in silent.items():
            known = self._last.get(device_id)
            self._told.pop(device_id, None)
            self._frames[str(device_id)] = (_frame(known) if known else {}) | {"q": quality}
        busy = self._pushing is not None and not self._pushing.done()
        if busy or not self._frames:
            return
        frames, self._frames = self._frames, {}
        payload = {"t": self._now().isoformat(), "d": frames}
        self._pushing = asyncio.create_task(asyncio.to_thread(self._publish, "readings", payload))


def _row(device_id: int, m: Measurement) -> Row:
    return (
        device_id,
        m.measured_at,
        m.measured_at,
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
        m.reason.replace("\0", "") if m.reason else "",
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
