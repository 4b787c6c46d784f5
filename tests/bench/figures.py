"""What a measurement brings, how it is told and how it is written down."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One row of bench.json.

    `ratio` is what compares: value to baseline where there is one. `target` is in words, and
    `is_met` says whether this run met it. `spread` are the lowest and highest of the rounds.
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    spread: tuple[float, float] | None = None
    target: str = ""
    is_met: bool | None = None

    def as_row(self) -> dict[str, Any]:
        row: dict[str, Any] = {"name": self.name, "value": _short(self.value), "unit": self.unit}
        row |= {"baseline": _short(self.baseline), "ratio": _short(self.ratio)}
        if self.spread is not None:
            row["spread"] = [_short(bound) for bound in self.spread]
        if self.target:
            row |= {"target": self.target, "met": self.is_met}
        return row


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def write(figures: Sequence[Figure], path: Path) -> None:
    path.write_text(json.dumps([figure.as_row() for figure in figures], indent=1) + "\n")


def show(figures: Sequence[Figure]) -> None:
    print(f"\n{'name':<34}{'value':>11}{'baseline':>11}{'ratio':>8}  {'unit':<30}target")
    for figure in figures:
        row = figure.as_row()
        told = [f"{_text(row[key]):>{width}}" for key, width in _COLUMNS]
        met = {None: "", True: "met: ", False: "NOT MET: "}[figure.is_met]
        print(f"{figure.name:<34}{''.join(told)}  {figure.unit:<30}{met}{figure.target}")


_COLUMNS = (("value", 11), ("baseline", 11), ("ratio", 8))


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:,g}"


def machine() -> str:
    """What the figures were measured on, and how busy it was."""
    model = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if "model name" in line),
        platform.processor(),
    )
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return (
        f"{os.cpu_count()} cores ({model}), load {load}, Python {platform.python_version()}, "
        f"{platform.system()} {platform.release()}, commit {commit or 'unknown'}"
    )


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text().splitlines() if file.exists() else []
