"""What must survive a restart: counters, stored energy, and settings a real device keeps.

A state is a folder with `energy.json` and `settings.json`. A path that ends in .json names the
first file, and the settings lie beside it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from simulators.errors import FleetError
from simulators.maps.device import Device
from simulators.physics.plant import Counters, Plant

LONGEST_GAP_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class StateFiles:
    """Where a state lies."""

    energy: Path
    settings: Path

    @classmethod
    def at(cls, path: Path) -> "StateFiles":
        if path.suffix == ".json":
            return cls(path, path.with_suffix(".settings.json"))
        return cls(path / "energy.json", path / "settings.json")

    def time(self) -> float | None:
        """Return the instant the stored counters belong to, or None without a state."""
        if not self.energy.exists():
            return None
        try:
            return float(_read(self.energy)["t"])
        except (KeyError, TypeError, ValueError) as error:
            raise _not_a_state(self.energy, error) from error

    def save_energy(self, plant: Plant) -> None:
        names = [f.name for f in fields(Counters)]
        rows = {
            spec.key: {name: float(getattr(plant.counters, name)[i]) for name in names}
            for i, spec in enumerate(plant.fleet.devices)
        }
        for place, i in enumerate(plant.battery):
            rows[plant.fleet.devices[i].key]["stored_wh"] = float(plant.batteries.stored_wh[place])
        _write(self.energy, {"t": plant.t, "devices": rows})

    def restore_energy(self, plant: Plant) -> None:
        """Load stored energy and counters of the devices that are still in the fleet."""
        places = {int(i): place for place, i in enumerate(plant.battery)}
        try:
            for key, row in _read(self.energy)["devices"].items():
                i = plant.index.get(key)
                if i is None:
                    continue
                for name in (f.name for f in fields(Counters)):
                    getattr(plant.counters, name)[i] = row[name]
                if i in places and "stored_wh" in row:
                    capacity = plant.batteries.capacity_wh[places[i]]
                    plant.batteries.stored_wh[places[i]] = np.clip(row["stored_wh"], 0.0, capacity)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _not_a_state(self.energy, error) from error

    def save_settings(self, devices: Iterable[Device]) -> None:
        """Keep what devices that somebody has set would keep without power."""
        kept = {d.spec.key: d.kept_settings() for d in devices if d.was_set}
        if kept or self.settings.exists():
            _write(self.settings, {"devices": kept})

    def restore_settings(self, devices: Iterable[Device], plant: Plant, t: float) -> None:
        """Give devices back what they would have kept; set-points with timers are lost."""
        if not self.settings.exists():
            return
        try:
            rows = _read(self.settings)["devices"]
            for device in devices:
                if device.spec.key in rows:
                    device.start_with(rows[device.spec.key], plant, t)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _not_a_state(self.settings, error) from error


def _read(path: Path) -> Any:  # noqa: ANN401 - a JSON document
    return json.loads(path.read_text(encoding="utf-8"))


def _write(path: Path, document: dict[str, Any]) -> None:
    """Write in one piece: a crash leaves the previous file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(path.suffix + ".new")
    fresh.write_text(json.dumps(document), encoding="utf-8")
    fresh.replace(path)


def _not_a_state(path: Path, error: Exception) -> FleetError:
    return FleetError(f"{path} is not a state file ({error!r}); delete it to start anew")
