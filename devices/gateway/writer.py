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


class _Known:
    """What the writer knows of one device: one look-up a poll instead of one for each fact."""

    __slots__ = ("is_new", "kept_at", "last", "told")

    def __init__(self) -> None:
        self.last: Row = ()
        # Whether `last` waits for the next flush.
        self.is_new = False
        self.kept_at: datetime | None = None
        self.told: Row = ()


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
        self._known: dict[int, _Known] = {}
        self._new: list[_Known] = []
        self._silent: dict[int, tuple[str, str, datetime]] = {}
        self._history: list[Row] = []
        # What could not be stored so far, the newest of each device.
        self._waiting: dict[int, deque[Row]] = {}
        self._frames: dict[str, dict[str, Any]] = {}
        self._pushing: asyncio.Task[None] | None = None
        self.dropped = 0
        self.stored = 0

    def measured(self, device_id: int, measurement: Measurement, *, keep: bool = False) -> None:
        """Note one reading; called for every poll, so it does nothing but remember.

        With `keep` it goes into the history whatever the period says.
        """
        known = self._known.get(device_id)
        if known is None:
            known = self._known[device_id] = _Known()
        known.last = row = _row(device_id, measurement)
        if not known.is_new:
            known.is_new = True
            self._new.append(known)
        if self._silent:
            self._silent.pop(device_id, None)
        at, kept_at = measurement.measured_at, known.kept_at
        # A poll that comes a little early must not make every second row be left out.
        if keep or kept_at is None or at - kept_at >= self._period:
            known.kept_at = at
            self._history.append(row)

    def keep_last(self, device_id: int) -> None:
        """Put the newest reading into the history, if it is not there: something changes now."""
        known = self._known.get(device_id)
        if known is not None and known.last and known.kept_at != known.last[1]:
            known.kept_at = known.last[1]
            self._history.append(known.last)

    def keep_next(self, device_id: int) -> None:
        """Put the next reading into the history, whatever the period says."""
        known = self._known.get(device_id)
        if known is not None:
            known.kept_at = None

    def silent(self, device_id: int, quality: Quality, reason: str) -> None:
        """Note that a device gave no usable answer: its last values stay, their quality falls."""
        self._silent[device_id] = (quality, reason.replace("\0", ""), self._now())

    def forget(self, device_ids: Iterable[int]) -> None:
        """Drop what is known of devices that are not served any more; what they said is stored."""
        for device_id in device_ids:
            self._silent.pop(device_id, None)
            self._known.pop(device_id, None)

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
        new, self._new = self._new, []
        silent, self._silent = self._silent, {}
        history, self._history = self._history, []
        waiting, self._waiting = self._waiting, {}
        for known in new:
            known.is_new = False
        self._push(new, silent)
        if not self.is_storing:
            return
        rows = [row for rows in waiting.values() for row in rows] + history
        try:
            if new or silent or rows:
                await self._store.put(_newest(new), silent, rows)
                self.stored += len(rows)
        except DatabaseAway:
            self._put_back(new, silent, waiting, history)
            raise
        except psycopg.Error:
            # Asked again they would be refused again, and hold up all that follow.
            self.dropped += len(rows)
            logger.exception("readings_refused devices=%d", len(new))

    def _put_back(
        self,
        new: list[_Known],
        silent: dict[int, tuple[str, str, datetime]],
        waiting: dict[int, deque[Row]],
        history: list[Row],
    ) -> None:
        for known in new:
            if not known.is_new:
                known.is_new = True
                self._new.append(known)
        self._silent = silent | self._silent
        self._waiting = waiting
        for row in history:
            rows = waiting.get(row[0])
            if rows is None:
                rows = waiting[row[0]] = deque(maxlen=MOST_WAITING)
            if len(rows) == MOST_WAITING:
                self.dropped += 1
            rows.append(row)

    def _push(self, new: list[_Known], silent: dict[int, tuple[str, str, datetime]]) -> None:
        for known in new:
            row, told = known.last, known.told
            if not told or row[3:] != told[3:] or row[1] - told[1] >= LONGEST_UNTOLD:
                known.told = row
                self._frames[str(row[0])] = _frame(row)
        for device_id, (quality, _, _) in silent.items():
            last = self._known.get(device_id)
            if last is not None:
                last.told = ()
            frame = _frame(last.last) if last is not None and last.last else {}
            self._frames[str(device_id)] = frame | {"q": quality}
        busy = self._pushing is not None and not self._pushing.done()
        if busy or not self._frames:
            return
        frames, self._frames = self._frames, {}
        payload = {"t": self._now().isoformat(), "d": frames}
        self._pushing = asyncio.create_task(asyncio.to_thread(self._publish, "readings", payload))


def _newest(new: Iterable[_Known]) -> list[Row]:
    """One row for each device: one that was given back and taken again within a flush has two."""
    rows: dict[int, Row] = {}
    for known in new:
        row = known.last
        other = rows.get(row[0])
        if other is None or other[1] <= row[1]:
            rows[row[0]] = row
    return list(rows.values())


def _row(device_id: int, measurement: Measurement) -> Row:
    at, w, var, _, _, v, hz, _, injected, absorbed, soc, state, _, bits, quality, why = measurement
    why = why.replace("\0", "") if why else ""
    return (
        device_id, at, at, w, var, v, hz, injected, absorbed, soc,
        state or OperatingState.UNKNOWN, bits, quality, why,
    )  # fmt: skip


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
