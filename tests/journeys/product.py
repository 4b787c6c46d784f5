"""The whole product as real processes: what `manage.py demo` starts, on a state of its own."""

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT, SIGKILL
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from derms import embedded, processes
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
START_PATIENCE_S = 240
STOP_PATIENCE_S = 20
REDIS_NUMBER = 9


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in."""

    role: str
    username: str
    password: str


@dataclass(frozen=True)
class Product:
    """A running product: where it listens and where it keeps things."""

    url: str
    state: Path
    environment: Mapping[str, str]
    database_url: str
    accounts: tuple[Account, ...]
    fleet: Path
    fleet_log: Path
    mail: Path

    def account(self, role: str) -> Account:
        """Return the first who can sign in as `Customer`, `Operator`, ..."""
        return next(account for account in self.accounts if account.role == role)

    def pid(self, program: str) -> int:
        """Return the process of a program: web, gateway, worker, beat, fleet or mail."""
        return int((self.state / "run" / f"{program}.pid").read_text().split()[0])

    def log(self, program: str) -> str:
        return (self.state / "log" / f"{program}.log").read_text(errors="replace")


@contextlib.contextmanager
def running(state: Path, *, devices: int) -> Iterator[Product]:
    """Start the product on this state folder, from nothing; stop it and remove everything after."""
    if state.exists():
        embedded.remove_state(state)
    # A clear sky, so that figures can be compared with the simulator's to the percent.
    options = ("--devices", str(devices), "--weather", "clear")
    with _servers(state) as urls:
        environment = {**os.environ, **urls, "DERMS_VAR": str(state)}
        environment |= {"PORT": str(free_port())}
        # Figures of a dispatch of minutes are compared with the simulator's to the percent, so
        # both sides are written down each second instead of each five and ten.
        environment |= {"DERMS_READING_PERIOD_S": "1", "DERMS_TRUTH_EVERY_S": "1"}
        child = processes.spawn(
            "product",
            [sys.executable, ROOT / "manage.py", "demo", *options],
            state=state.with_name(f"{state.name}-supervisor"),
            stop_signal=SIGINT,
            environment=environment,
            folder=ROOT,
        )
        try:
            yield _wait(child, state, environment)
        finally:
            processes.stop([child], patience_s=STOP_PATIENCE_S)
            left = leftovers(state)
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, SIGKILL)
        said = child.log.read_text(errors="replace")
        assert child.ended() == 0, f"the product did not stop in order:\n{said}"
        assert not left, f"the product left processes behind: {left}"
    embedded.remove_state(state)


def leftovers(state: Path) -> dict[int, str]:
    """Return the processes that were started for this state folder and still run (Linux only)."""
    mark = f"DERMS_VAR={state}".encode()
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        pid = int(process.name)
        with contextlib.suppress(OSError):
            command = processes.command_line(pid)
            # The servers write their title over their environment.
            ours = mark in (process / "environ").read_bytes().split(b"\0")
            if (ours or f"{state}/" in command) and processes.birth_of(pid):
                found[pid] = command
    return found


def _wait(child: processes.Child, state: Path, environment: Mapping[str, str]) -> Product:
    file = state / "running.json"
    deadline = time.monotonic() + START_PATIENCE_S
    while not file.exists():
        said = child.log.read_text(errors="replace")
        assert child.ended() is None, f"the product ended with {child.ended()}:\n{said}"
        assert time.monotonic() < deadline, f"the product did not come up:\n{said}"
        time.sleep(0.1)
    told: dict[str, Any] = json.loads(file.read_text())
    return Product(
        url=told["url"],
        state=state,
        environment=environment,
        database_url=environment.get("DATABASE_URL") or embedded.urls(state).database,
        accounts=tuple(
            Account(account["role"], account["username"], account["password"])
            for account in told["accounts"]
        ),
        fleet=Path(told["fleet"]),
        fleet_log=state / "fleet.log",
        mail=Path(told["mail"]),
    )


@contextlib.contextmanager
def _servers(state: Path) -> Iterator[dict[str, str]]:
    """Yield addresses on the servers that are given from outside, with a database of our own."""
    urls = {}
    redis = os.environ.get("REDIS_URL", "")
    if redis.startswith(("redis://", "rediss://")):
        urls["REDIS_URL"] = urlunsplit(urlsplit(redis)._replace(path=f"/{REDIS_NUMBER}"))
    server = os.environ.get("DATABASE_URL")
    if not server:
        yield urls
        return
    name = f"derms_{state.name}".replace("-", "_")
    drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        yield urls | {"DATABASE_URL": urlunsplit(urlsplit(server)._replace(path=f"/{name}"))}
        connection.execute(drop)
