"""What must survive a restart: stored energy and lifetime counters, in one JSON file."""

import json
from dataclasses import fields
from pathlib import Path

import numpy as np

from simulators.errors import FleetError
from simulators.physics.plant import Counters, Plant

LONGEST_GAP_S = 24 * 3600.0


def save_state(plant: Plant, path: Path) -> None:
    """Write the state in one piece: a crash leaves the previous file."""
    names = [f.name for f in fields(Counters)]
    rows = {
        spec.key: {name: float(getattr(plant.counters, name)[i]) for name in names}
        for i, spec in enumerate(plant.fleet.devices)
    }
    for place, i in enumerate(plant.battery):
        rows[plant.fleet.devices[i].key]["stored_wh"] = float(plant.batteries.stored_wh[place])
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(path.suffix + ".new")
    fresh.write_text(json.dumps({"t": plant.t, "devices": rows}), encoding="utf-8")
    fresh.replace(path)


def state_time(path: Path) -> float | None:
    """Return the instant the stored counters belong to, or None without a state."""
    if not path.exists():
        return None
    try:
        return float(json.loads(path.read_text(encoding="utf-8"))["t"])
    except (ValueError, KeyError, TypeError) as error:
        raise FleetError(
            f"{path} is not a state file ({error}); delete it to start anew"
        ) from error


def restore_state(plant: Plant, path: Path) -> None:
    """Load stored energy and counters of the devices that are still in the fleet."""
    document = json.loads(path.read_text(encoding="utf-8"))
    places = {int(i): place for place, i in enumerate(plant.battery)}
    for key, row in document["devices"].items():
        i = plant.index.get(key)
        if i is None:
            continue
        for name in (f.name for f in fields(Counters)):
            getattr(plant.counters, name)[i] = row[name]
        if i in places and "stored_wh" in row:
            stored = np.clip(row["stored_wh"], 0.0, plant.batteries.capacity_wh[places[i]])
            plant.batteries.stored_wh[places[i]] = stored
