"""`manage.py discover_device` shows a device, or says in one sentence why not (DV-1)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.devices.sunspec import maps
from tests.devices.sunspec.maps import chain, common, producing
from tests.devices.sunspec.peers import serving
from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


def discover(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in its own process, with a database that does not exist."""
    return subprocess.run(
        [sys.executable, "manage.py", "discover_device", *arguments],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": NOWHERE, "REDIS_URL": "redis://127.0.0.1:1/0"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_json_shows_the_whole_chain_and_every_point() -> None:
    with serving(chain(common(), producing(), maps.vendor(65001, 3), base=0)) as peer:
        done = discover(f"127.0.0.1:{peer.port}", "--json")

    shown = json.loads(done.stdout)
    assert done.returncode == 0
    assert (shown["base"], shown["unit"]) == (0, 1)
    assert shown["identity"]["serial_number"] == "SN-1"
    assert shown["models"] == [
        {"id": 1, "addr": 2, "len": 66},
        {"id": 103, "addr": 70, "len": 50},
        {"id": 65001, "addr": 122, "len": 3},
    ]
    assert shown["points"]["1"]["Mn"] == "Maker"
    assert (shown["points"]["103"]["W"], shown["points"]["103"]["DCA"]) == (4200, None)
    assert shown["points"]["65001"] == {}
    assert shown["functions"] == []


def test_without_json_a_table_is_shown() -> None:
    with serving(chain(common(), producing(), maps.cut(maps.meter(), 90))) as peer:
        done = discover(f"127.0.0.1:{peer.port}")

    assert done.returncode == 0
    assert "Maker Type 1, version 1.2, serial number SN-1" in done.stdout
    assert "model 103 at 40070, length 50" in done.stdout
    assert "note: model 203 at 40122: length 90 is not the defined one" in done.stdout


@pytest.mark.parametrize(
    ("registers", "sentence"),
    [
        (dict.fromkeys(range(100), 0), "holds no SunSpec marker"),
        ({}, "holds no SunSpec marker"),
    ],
    ids=["no marker", "no registers"],
)
def test_a_device_that_is_no_sunspec_device_is_refused_in_one_sentence(
    registers: maps.Registers, sentence: str
) -> None:
    with serving(registers) as peer:
        done = discover(f"127.0.0.1:{peer.port}")

    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_an_unreachable_device_is_said_to_be_so() -> None:
    port = free_port()

    done = discover(f"127.0.0.1:{port}", "--timeout", "1")

    assert done.returncode == 2
    assert done.stderr == f"127.0.0.1:{port} cannot be reached: connection refused.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("nowhere:70000",),
        ("nowhere:port",),
        ("127.0.0.1:502", "--unit", "256"),
        ("127.0.0.1:502", "--timeout", "0"),
        ("127.0.0.1:502", "--timeout", "nan"),
    ],
    ids=" ".join,
)
def test_arguments_that_make_no_sense_are_refused(arguments: tuple[str, ...]) -> None:
    done = discover(*arguments)

    assert done.returncode == 2
    assert "error: argument" in done.stderr
    assert "Traceback" not in done.stderr
