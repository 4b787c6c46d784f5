"""A day of history for the demo town, made by the simulators' own physics."""

import csv
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from devices.models import Device
from devices.services.readings import ReadingRow, import_readings

STEP_S = 300
# Settlement takes no more than 15 s between samples.
CLOSE_STEP_S = 15
AROUND = timedelta(minutes=10)
PERIOD = timedelta(hours=24)


@dataclass(frozen=True)
class PastLimit:
    """A limit that was in force on one machine some time in the past."""

    key: str
    limited_from: datetime
    limited_to: datetime
    limit_w: int


@dataclass(frozen=True)
class Segment:
    """A part of the day and how closely it was sampled."""

    begins: datetime
    ends: datetime
    step_s: int


def segments(limits: Sequence[PastLimit], *, to: datetime) -> list[Segment]:
    """Coarse over the day, close around the limits."""
    closely_from = min(limit.limited_from for limit in limits) - AROUND
    closely_to = max(limit.limited_to for limit in limits) + AROUND
    return [
        Segment(to - PERIOD, closely_from, STEP_S),
        Segment(closely_from, closely_to, CLOSE_STEP_S),
        Segment(closely_to, to, STEP_S),
    ]


def make_history(
    fleet: Path, devices: Mapping[str, Device], limits: Sequence[PastLimit], *, to: datetime
) -> int:
    """Run the fleet's physics over the last day and store what the devices would have said.

    The simulator's counters and states of charge end where the history ends, so that the running
    fleet carries on from there.
    """
    folder = fleet.parent
    limits_file, rows_file = folder / "past-limits.json", folder / "history.csv"
    (folder / "fleet-state.json").unlink(missing_ok=True)
    limits_file.write_text(json.dumps([_as_json(limit) for limit in limits]))
    stored = 0
    for segment in segments(limits, to=to):
        command = [sys.executable, "-m", "simulators", "history", str(fleet)]
        command += ["--from", segment.begins.isoformat(), "--to", segment.ends.isoformat()]
        command += ["--step-s", str(segment.step_s), "--limits", str(limits_file)]
        command += ["--state", str(folder / "fleet-state.json"), "--out", str(rows_file)]
        subprocess.run(command, check=True, cwd=settings.BASE_DIR)  # noqa: S603  our own program
        stored += import_readings(_rows(rows_file, devices, segment.step_s))
    rows_file.unlink()
    return stored


def _as_json(limit: PastLimit) -> dict[str, str | int]:
    return {
        "key": limit.key,
        "from": limit.limited_from.isoformat(),
        "to": limit.limited_to.isoformat(),
        "limit_w": limit.limit_w,
    }


def _rows(path: Path, devices: Mapping[str, Device], step_s: int) -> Iterator[ReadingRow]:
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            device = devices.get(row["key"])
            if device is not None:
                yield _reading(device, row, step_s)


def _reading(device: Device, row: Mapping[str, str], step_s: int) -> ReadingRow:
    measured_at = datetime.fromisoformat(row["t"])

    def number(name: str) -> float | None:
        return float(row[name]) if row[name] else None

    return ReadingRow(
        device_id=device.pk,
        measured_at=measured_at,
        received_at=measured_at,
        active_power_w=number("active_power_w"),
        reactive_power_var=number("reactive_power_var"),
        voltage_v=number("voltage_v"),
        frequency_hz=number("frequency_hz"),
        energy_injected_wh=number("energy_injected_wh"),
        energy_absorbed_wh=number("energy_absorbed_wh"),
        state_of_charge_pct=number("soc_pct"),
        interval_s=step_s,
    )
