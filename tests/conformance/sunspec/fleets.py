"""A simulated fleet in a process of its own, and the truth about it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from devices.sunspec import Connection, SunSpecDevice, discover, quirks_for
from tests.ports import free_range

STEP_S = 0.2
NEWER, OLDER = "ieee1547_2018", "legacy"


@dataclass(frozen=True)
class Fleet:
    """A fleet that runs in its own process."""

    file: Path
    devices: list[dict[str, Any]]

    def first(self, kind: str, generation: str) -> dict[str, Any]:
        return next(d for d in self.devices if (d["kind"], d["generation"]) == (kind, generation))

    def truth(self, key: str) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(simulators("status", "--fleet", str(self.file), key))
        return told

    def truth_at_rest(self, key: str) -> dict[str, Any]:
        """What holds once a control written just now has ramped in, for at most ten seconds."""
        told = self._truth_after_a_step(key)
        for _ in range(20):
            before, told = told, self._truth_after_a_step(key)
            if told["limit_w"] == before["limit_w"]:
                break
        return told

    def _truth_after_a_step(self, key: str) -> dict[str, Any]:
        """What holds once the physics have moved on from this moment by a whole step."""
        written_at = self.truth(key)["t"]
        while (told := self.truth(key))["t"] < written_at + 2 * STEP_S:
            time.sleep(STEP_S)
        return told


def simulators(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "simulators", *arguments], capture_output=True, text=True, check=True
    ).stdout


@contextmanager
def running(folder: Path, count: int, *options: str) -> Iterator[Fleet]:
    """A fleet of so many devices, in its own process, where it is noon."""
    file = folder / "fleet.json"
    base = free_range(count + 20)
    noon = 15 * (12 - datetime.now(UTC).hour)
    simulators(
        "describe", "--count", str(count), "--seed", "3", "--base-port", str(base + 1),
        "--latitude", "25", "--longitude", str(noon), "--weather", "clear", "--out", str(file),
    )  # fmt: skip
    run = [sys.executable, "-m", "simulators", "run", str(file), "--realtime-step", str(STEP_S)]
    with subprocess.Popen([*run, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert "ready" in said, said
        devices = [d for d in json.loads(file.read_text())["devices"] if d["sunspec"]]
        yield Fleet(file, devices)
        process.terminate()


async def opened(described: dict[str, Any]) -> SunSpecDevice:
    connection = Connection(described["host"], described["port"], timeout_s=3.0)
    await connection.connect()
    found = await discover(connection, described["unit"])
    return SunSpecDevice(connection, described["unit"], found, quirks=quirks_for(found.identity))


def now() -> datetime:
    return datetime.now(UTC)
