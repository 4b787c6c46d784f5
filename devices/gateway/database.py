"""One PostgreSQL connection of the loop's own, opened again whenever it is lost."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from django.db import connection

logger = logging.getLogger(__name__)
# Django's own cursors and adapters are for threads, not for the loop.
NOT_FOR_THE_LOOP = frozenset({"cursor_factory", "context", "prepare_threshold"})
LONGEST_WAIT_S = 10.0
Connection = psycopg.AsyncConnection[tuple[Any, ...]]


class DatabaseAway(Exception):
    """PostgreSQL cannot be asked now; try again in a moment."""


def parameters() -> dict[str, Any]:
    """How to reach the database that Django uses."""
    known = connection.get_connection_params()
    kept = {name: value for name, value in known.items() if name not in NOT_FOR_THE_LOOP}
    # Prepared by itself, a statement keeps the plan made when its tables were empty: quadratic
    # as soon as five thousand rows come at once.
    return kept | {"prepare_threshold": None}


class Database:
    """Gives its connection to one asker at a time; raises DatabaseAway instead of waiting."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self._known = dict(known)
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def use(self, *, longest_s: float = LONGEST_WAIT_S) -> AsyncIterator[Connection]:
        async with self._turn:
            try:
                async with asyncio.timeout(longest_s):
                    yield await self._open()
            except TimeoutError as error:
                await self._drop()
                raise DatabaseAway(f"no answer within {longest_s:g} s") from error
            except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as error:
                await self._drop()
                raise DatabaseAway(str(error).strip()) from error
            except BaseException:
                # Cut off in the middle: nobody knows what the connection would say next.
                await self._drop()
                raise

    async def close(self) -> None:
        async with self._turn:
            await self._drop()

    async def _open(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(**self._known, autocommit=True)
        return self._connection

    async def _drop(self) -> None:
        dropped, self._connection = self._connection, None
        if dropped is not None:
            await dropped.close()
