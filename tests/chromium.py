"""The Chromium of the browser tests: the machine's own, or one brought on first use."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
BROWSERS = TOOLS / "browsers"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoChromium(Exception):
    """There is no Chromium and none could be brought; the message says what was tried."""


def path() -> Path:
    """Return a Chromium that runs; bring one when there is none, or raise NoChromium."""
    found, tried = _found_or_tried()
    if found is None:
        raise NoChromium(
            f"The browser tests need Chromium, and none could be brought. Tried:\n{tried}\n"
            "Install the system's package (Debian, Ubuntu: apt-get install chromium), "
            "or name a program in CHROMIUM."
        )
    return found


@cache
def _found_or_tried() -> tuple[Path | None, str]:
    """Return a Chromium, else what was tried to bring one; it is tried once in a run."""
    if found := _installed():
        return found, ""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if found := _installed():
            return found, ""
        return _bring()


def _installed() -> Path | None:
    return next((candidate for candidate in _candidates() if _runs(candidate)), None)


def _candidates() -> Iterator[Path]:
    if named := os.environ.get("CHROMIUM"):
        yield Path(named)
    yield from (Path(found) for name in NAMES if (found := shutil.which(name)))
    for pattern in ("chromium-*/*/chrome", "chromium_headless_shell-*/*/*headless[-_]shell"):
        yield from BROWSERS.glob(pattern)


def _runs(program: Path) -> bool:
    """Try it: on some systems the name is only a stub that asks for another installer."""
    try:
        said = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0 and "Chrom" in said.stdout


def _bring() -> tuple[Path | None, str]:
    print("\nThere is no Chromium; bringing one for the browser tests.", flush=True)
    tried = []
    for commands in _ways():
        for command in commands:
            done = subprocess.run(
                command, env=_environment(), capture_output=True, text=True, check=False
            )
            if done.returncode:
                tried.append(f"  {' '.join(command)}: {_reason(done.stdout + done.stderr)}")
                break
        if found := _installed():
            return found, ""
    return None, "\n".join(tried)


def _reason(said: str) -> str:
    lines = said.strip().splitlines() or ["no reason given"]
    return next((line.strip() for line in lines if "Error" in line or "E:" in line), lines[-1])


def _ways() -> Iterator[list[list[str]]]:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        yield [
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
        ]
    playwright = [sys.executable, "-m", "playwright", "install"]
    yield [[*playwright, "chromium"]]
    yield [[*playwright, "--only-shell", "chromium"]]


def _environment() -> dict[str, str]:
    return {
        **os.environ,
        "DEBIAN_FRONTEND": "noninteractive",
        "PLAYWRIGHT_BROWSERS_PATH": str(BROWSERS),
    }
