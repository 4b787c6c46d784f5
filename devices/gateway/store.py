"""Readings into PostgreSQL, from a thread: neither a busy loop nor a slow database waits.

History by binary COPY, the latest state by COPY and one MERGE, both in one transaction.
"""

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg

from devices.gateway.database import LONGEST_WAIT_S, DatabaseAway
from devices.gateway.lateness import note_late
from devices.models import COPY_COLUMNS, COPY_TYPES, READING_COLUMNS

Row = tuple[Any, ...]
Silences = Mapping[int, tuple[str, str, datetime]]
Connection = psycopg.Connection[tuple[Any, ...]]

_SET = ", ".join(f"{name} = n.{name}" for name, _ in READING_COLUMNS if name != "device_id")
_GIVEN = ", ".join(f"n.{name}" for name, _ in READING_COLUMNS)
MAKE_ROOM = "create temp table latest_in (like devices_latestreading) on commit delete rows"
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


class Store:
    """One connection of its own, opened again whenever it is lost; one `put` at a time."""

    def __init__(self, known: Mapping[str, Any], *, longest_s: float = LONGEST_WAIT_S) -> None:
        self._known = dict(known)
        self._longest_s = longest_s
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()

    async def put(self, latest: Iterable[Row], silent: Silences, history: Sequence[Row]) -> None:
        """Store all or nothing; raises DatabaseAway, or psycopg.Error for rows it refuses."""
        async with self._turn:
            stored = asyncio.ensure_future(
                _in_thread(lambda: self._put(list(latest), silent, history))
            )
            done, _ = await asyncio.wait({stored}, timeout=self._longest_s)
            if not done:
                self._cut_off()
            try:
                await stored
            except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
                self._drop()
                raise DatabaseAway(str(error).strip()) from error
            except psycopg.Error:
                self._drop()
                raise

    async def close(self) -> None:
        async with self._turn:
            self._drop()

    def _put(self, latest: list[Row], silent: Silences, history: Sequence[Row]) -> None:
        connection = self._open()
        with connection.transaction(), connection.cursor() as cursor:
            if latest:
                _copy(cursor, COPY_LATEST, latest)
                cursor.execute(MERGE)
            _copy(cursor, COPY_HISTORY, history)
            note_late(cursor, history)
            if silent:
                columns = zip(*silent.values(), strict=True)
                cursor.execute(NOTE_SILENCE, [list(silent), *map(list, columns)])

    def _open(self) -> Connection:
        if self._connection is None or self._connection.closed:
            known = self._known | {"connect_timeout": max(2, int(self._longest_s))}
            self._connection = psycopg.Connection.connect(**known, autocommit=True)
            self._connection.execute(MAKE_ROOM)
        return self._connection

    def _cut_off(self) -> None:
        """End a wait in the thread from outside: its socket answers as one that was closed."""
        if self._connection is None or self._connection.closed:
            return
        with contextlib.suppress(OSError, psycopg.Error):
            line = socket.socket(fileno=os.dup(self._connection.fileno()))
            with line:
                line.shutdown(socket.SHUT_RDWR)

    def _drop(self) -> None:
        dropped, self._connection = self._connection, None
        if dropped is not None:
            dropped.close()


def _copy(cursor: psycopg.Cursor[Any], statement: str, rows: Iterable[Row]) -> None:
    with cursor.copy(statement) as copy:
        copy.set_types(COPY_TYPES)
        for row in rows:
            copy.write_row(row)


async def _in_thread(deed: Callable[[], None]) -> None:
    """Like asyncio.to_thread, in a thread that never holds up the end of the process."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()

    def tell(error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)

    def run() -> None:
        error: BaseException | None = None
        try:
            deed()
        except BaseException as raised:  # noqa: BLE001  it is told where it is waited for
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(tell, error)

    threading.Thread(target=run, name="store", daemon=True).start()
    await future
