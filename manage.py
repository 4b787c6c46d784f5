#!/usr/bin/env python3
"""The one entry: `demo`, `test`, `check_all`, `bench`, and every Django management command."""

import os
import subprocess
import sys

if sys.version_info < (3, 11):
    sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ".")
if sys.platform == "win32":
    sys.exit("Windows itself is not supported. Use the Windows Subsystem for Linux (WSL).")

from derms import bootstrap


def main(arguments: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "derms.settings")
    command, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    own = {"demo": demo, "test": test, "check_all": check_all, "bench": bench}
    if command in own:
        bootstrap.enter_prepared(arguments)
        own[command](rest)
    else:
        bootstrap.enter_with_django(arguments)
        django(arguments)


def demo(rest: list[str]) -> None:
    from derms.demo import run

    sys.exit(run.main(rest))


def test(rest: list[str]) -> None:
    """Everything, shared by the processors, or what the arguments choose, as pytest has it."""
    os.chdir(bootstrap.ROOT)
    chosen = rest or ["-n", str(max(2, os.cpu_count() or 1))]
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *chosen])


def check_all(rest: list[str]) -> None:
    from derms import check_all

    sys.exit(check_all.main(rest))


def bench(rest: list[str]) -> None:
    """Measure on servers of its own: it empties tables, so it never uses given ones."""
    from derms import embedded

    for given in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(given, None)
    os.environ["DERMS_VAR"] = str(bootstrap.ROOT / "var" / "bench")
    with embedded.Services(embedded.state_folder(bootstrap.ROOT)):
        django(["migrate", "--verbosity", "0"])
        os.chdir(bootstrap.ROOT)
        ended = subprocess.run(  # noqa: S603  our own program
            [sys.executable, "-m", "tests.bench", *rest], check=False
        )
    sys.exit(ended.returncode)


def django(arguments: list[str]) -> None:
    from django.core.management import execute_from_command_line

    execute_from_command_line(["manage.py", *arguments])


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
