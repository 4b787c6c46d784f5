"""A database and a broker of their own for processes that tests start."""

import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
from django.core.management import call_command
from django.db import OperationalError, connection, connections
from django.db.backends.utils import CursorWrapper
from django.test import override_settings

from derms import embedded
from derms.celery import app
from derms.lib import live
from derms.settings import database
from tests import template_database
from tests.devices.waiting import wait_until

# Its settings and pools are closed to strict types, and tests move them.
celery: Any = app


class OwnServices:
    """A database and a Valkey that processes may use, and Django uses meanwhile."""

    def __init__(self, state: Path, *, database: str = "") -> None:
        """`database` is an address on a server that runs; without it a server starts here."""
        self.state = state
        self.services = embedded.Services(state)
        self.urls = embedded.urls(state)
        if database:
            self.urls = self.urls._replace(database=database)

    @property
    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.urls.database, "REDIS_URL": self.urls.redis}

    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.urls.redis)

    def restart_postgres(self, *, down_s: float) -> None:
        """End the server as a crash does, and start it again on its data; for a server of its own.

        Raises ValueError where the database lies on everybody's server.
        """
        (child,) = [c for c in self.services.children if c.name == "postgres"]
        child.process.send_signal(signal.SIGQUIT)
        child.process.wait(20)
        self.services.children.remove(child)
        time.sleep(down_s)
        self.services._postgres()
        connections["default"].close()


@contextmanager
def own_services(state: Path) -> Iterator[OwnServices]:
    """Copy the migrated database, start a Valkey, point Django, Celery and the push at them."""
    with (
        template_database.copied(f"derms_own_{os.getpid()}") as database,
        _used(OwnServices(state, database=database), {"DATABASE_URL": database}) as own,
    ):
        yield own


@contextmanager
def own_servers_to_crash(state: Path) -> Iterator[OwnServices]:
    """As `own_services`, with a PostgreSQL that a test may crash."""
    with _used(OwnServices(state), {}) as own:
        call_command("migrate", verbosity=0)
        yield own


@contextmanager
def _used(own: OwnServices, given: Mapping[str, str]) -> Iterator[OwnServices]:
    """Start what is not `given`, and let this process use it all."""
    saved = {name: os.environ.pop(name, None) for name in ("DATABASE_URL", "REDIS_URL")}
    os.environ.update(given)
    with own.services:
        _use(own.urls.database)
        broker = celery.conf.broker_url
        celery.conf.broker_url = own.urls.redis.replace("unix://", "redis+socket://", 1)
        _forget_connections()
        try:
            with override_settings(REDIS_URL=own.urls.redis):
                yield own
        finally:
            celery.conf.broker_url = broker
            _forget_connections()
            _use(None)
            for name, value in saved.items():
                os.environ.pop(name, None)
                if value:
                    os.environ[name] = value


def _forget_connections() -> None:
    """Celery and the push keep connections by the address they began with."""
    live._publisher = None
    celery._pool = None
    celery.amqp._producer_pool = None


_before: dict[str, Any] = {}


def _use(url: str | None) -> None:
    """Point Django's default connection elsewhere; None points it back."""
    connections["default"].close()
    if url is None:
        connections.databases["default"].update(_before)
    else:
        _before.update(connections.databases["default"])
        connections.databases["default"].update(database(url))
    del connections["default"]


def settle_connection() -> None:
    """Forget a connection that a restart of the server has cut."""
    connection.close()


def tables_are_empty() -> None:
    """Empty everything a test wrote into its own database, triggers or not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select string_agg(quote_ident(relname), ', ') from pg_class "
            "where relkind in ('r', 'p') and not relispartition "
            "and relnamespace = 'public'::regnamespace "
            "and relname not in ('django_migrations', 'django_content_type', 'auth_permission')"
        )
        (tables,) = cursor.fetchone()
        # A worker may be at the tables too, and of two that wait for each other one gives way.
        wait_until(lambda: _is_done(cursor, f"truncate {tables} restart identity cascade"), "empty")


def _is_done(cursor: CursorWrapper, statement: str) -> bool:
    try:
        cursor.execute(statement)
    except OperationalError:
        return False
    return True
