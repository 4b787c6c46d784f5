#!/usr/bin/env python3
"""The one entry: `demo`, `test`, `check_all`, `bench`, and every Django management command."""

import os
import sys

if sys.version_info < (3, 11):
    sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ".")
if sys.platform == "win32":
    sys.exit("Windows itself is not supported. Use the Windows Subsystem for Linux (WSL).")

from derms import bootstrap

SET_UP_FIRST = ("demo", "test", "check_all", "bench")


def main(arguments: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "derms.settings")
    command, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    if command not in SET_UP_FIRST:
        bootstrap.enter_with_django(arguments)
    else:
        bootstrap.enter_prepared(arguments)
    if command == "test":
        os.chdir(bootstrap.ROOT)
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *rest])
    from django.core.management import execute_from_command_line

    execute_from_command_line(["manage.py", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
