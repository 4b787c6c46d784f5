"""`manage.py check_all`: everything that continuous integration asks, all of it required."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from derms import embedded
from derms.postgres_binaries import EmbeddedError

ROOT = Path(__file__).resolve().parent.parent
_PROGRAMS = Path(sys.executable).parent
_MANAGE = (sys.executable, str(ROOT / "manage.py"))

CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("format", (str(_PROGRAMS / "ruff"), "format", "--check", ".")),
    ("lint", (str(_PROGRAMS / "ruff"), "check", ".")),
    ("imports", (str(_PROGRAMS / "lint-imports"),)),
    ("types", (str(_PROGRAMS / "mypy"), ".")),
    ("migrations", (*_MANAGE, "makemigrations", "--check", "--dry-run")),
    ("tests", (*_MANAGE, "test")),
)
# It asks the database which migrations were applied.
NEEDS_DATABASE = "migrations"


def main(arguments: Sequence[str]) -> int:
    """Run every check, go on after a failure, and return 1 when one failed."""
    if arguments:
        print("check_all takes no arguments: all of it is required.", file=sys.stderr)
        return 2
    os.environ.setdefault("DERMS_VAR", str(ROOT / "var" / "test"))
    failed = [name for name, command in CHECKS if not _passes(name, command)]
    if failed:
        print(f"\nFailed: {', '.join(failed)}.", flush=True)
        return 1
    print(f"\nAll {len(CHECKS)} checks passed.", flush=True)
    return 0


def _passes(name: str, command: Sequence[str]) -> bool:
    print(f"\n== {name} ==", flush=True)
    began_at = time.monotonic()
    passed = _run_on_database(command) if name == NEEDS_DATABASE else _run(command)
    result = "passed" if passed else "FAILED"
    print(f"== {name}: {result} in {time.monotonic() - began_at:.1f} s ==", flush=True)
    return passed


def _run_on_database(command: Sequence[str]) -> bool:
    try:
        with embedded.Services(embedded.state_folder(ROOT), durable=False):
            return _run(command)
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return False


def _run(command: Sequence[str]) -> bool:
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0
