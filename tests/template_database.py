"""The test database's template: migrated once for each set of migrations, then only copied."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from derms import embedded, stamps

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "derms_template_"


def template_name() -> str:
    """Return the template's name, which tells what it was made from."""
    ours = [*ROOT.glob("*/migrations/*.py"), *ROOT.glob("derms/*/migrations/*.py")]
    others = [ROOT / "requirements" / "all.lock", ROOT / "derms" / "settings.py"]
    return PREFIX + stamps.digest([*others, *sorted(ours)])[:16]


def make() -> None:
    """Migrate a new template, unless it is there; drop those of other migrations."""
    wanted = template_name()
    with psycopg.connect(server_url(), autocommit=True) as connection:
        rows = connection.execute(
            "select datname from pg_database where starts_with(datname, %s)", [PREFIX]
        )
        there = {str(row[0]) for row in rows}
        if wanted in there:
            return
        for old in there:
            _drop(old)
        attempt = f"{PREFIX}new"
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(attempt)))
        _migrate(attempt)
        connection.execute(
            sql.SQL("alter database {} rename to {}").format(
                sql.Identifier(attempt), sql.Identifier(wanted)
            )
        )


@contextmanager
def copied(name: str) -> Iterator[str]:
    """The address of a copy of the template, which is dropped afterwards whoever still uses it."""
    _drop(name)
    with psycopg.connect(server_url(), autocommit=True) as connection:
        make = sql.SQL("create database {} template {} strategy file_copy")
        connection.execute(make.format(sql.Identifier(name), sql.Identifier(template_name())))
    try:
        yield server_url(name)
    finally:
        _drop(name)


def _drop(name: str) -> None:
    with psycopg.connect(server_url(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
        )


def server_url(database: str | None = None) -> str:
    """Return the address of the server's first database, or of another one there."""
    if given := os.environ.get("DATABASE_URL"):
        parts = urlsplit(given)
        return urlunsplit(parts._replace(path=f"/{database}")) if database else given
    state = embedded.state_folder(ROOT)
    return embedded.urls(state, database=database or embedded.NAME).database


def _migrate(database: str) -> None:
    subprocess.run(
        [sys.executable, ROOT / "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": server_url(database)},
        check=True,
    )
