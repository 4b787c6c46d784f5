"""Reads the description of the simulated fleet: the demo town's houses and what stands in them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Machine:
    """One simulated inverter, battery or meter and where it answers."""

    key: str
    site: str
    kind: str
    generation: str
    host: str
    port: int
    unit: int
    manufacturer: str
    model: str
    version: str
    serial_number: str
    rated_w: int
    label_rated_w: int
    rated_va: int
    dc_rated_w: int
    capacity_wh: int
    charge_max_w: int
    discharge_max_w: int
    is_commissioned: bool


@dataclass(frozen=True)
class House:
    """One premise with its machines."""

    key: str
    feeder: str
    phase: str
    load_peak_w: int
    latitude: float
    longitude: float
    machines: tuple[Machine, ...]

    @property
    def is_commissioned(self) -> bool:
        return any(machine.is_commissioned for machine in self.machines)

    def of_kind(self, kind: str) -> Machine | None:
        return next((machine for machine in self.machines if machine.kind == kind), None)


def read(path: Path) -> list[House]:
    """The houses in the order of the file."""
    described = json.loads(path.read_text())
    machines: dict[str, list[Machine]] = {}
    for row in described["devices"]:
        machines.setdefault(row["site"], []).append(_machine(row))
    return [
        House(
            key=row["key"],
            feeder=row["feeder"],
            phase=row["phase"],
            load_peak_w=row["load_peak_w"],
            latitude=row["latitude"],
            longitude=row["longitude"],
            machines=tuple(machines.get(row["key"], ())),
        )
        for row in described["sites"]
    ]


def _machine(row: dict[str, Any]) -> Machine:
    taken = {name: row[name] for name in Machine.__dataclass_fields__ if name in row}
    return Machine(**taken, is_commissioned=row["commissioned"])
