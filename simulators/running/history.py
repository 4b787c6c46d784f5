"""The same physics run fast over a past period, written as rows; counters go on from there."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from pathlib import Path

from simulators.errors import FleetError
from simulators.fleet import BATTERY, METER, Fleet
from simulators.maps.identity import nominal_v
from simulators.running.simulation import Simulation
from simulators.running.state import StateFiles

COLUMNS = (
    "t",
    "key",
    "active_power_w",
    "reactive_power_var",
    "voltage_v",
    "frequency_hz",
    "energy_injected_wh",
    "energy_absorbed_wh",
    "soc_pct",
    "available_w",
)
FINEST_STEP_S = 60.0


@dataclass(frozen=True, slots=True)
class PastLimit:
    """An active-power limit that was in force from (inclusive) to (exclusive)."""

    key: str
    from_t: float
    to_t: float
    limit_w: float


def load_limits(path: Path, fleet: Fleet) -> list[PastLimit]:
    """Read a JSON list of {key, from, to, limit_w}; raises FleetError naming the bad entry."""
    known = {d.key for d in fleet.devices if d.kind != METER}
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        limits = [
            PastLimit(row["key"], _t(row["from"]), _t(row["to"]), float(row["limit_w"]))
            for row in rows
        ]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise FleetError(
            f"{path} is not a list of {{key, from, to, limit_w}}: {error!r}"
        ) from error
    for limit in limits:
        if limit.key not in known:
            raise FleetError(f"{path}: {limit.key!r} is not an inverter of this fleet")
        if limit.limit_w < 0 or limit.to_t <= limit.from_t:
            raise FleetError(f"{path}: the limit of {limit.key} needs from < to and limit_w >= 0")
    return limits


def _t(text: str) -> float:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return at.timestamp()


def write_history(
    fleet: Fleet,
    from_t: float,
    to_t: float,
    step_s: int,
    out: Path,
    *,
    limits: list[PastLimit] | None = None,
    state: Path | None = None,
    weather: str | None = None,
) -> int:
    """Write rows at from_t, from_t + step_s ... to_t; returns how many."""
    if to_t <= from_t or step_s < 1:
        raise FleetError("the period needs --from before --to and --step-s of at least 1")
    files = StateFiles.at(state) if state else None
    stored_t = files.time() if files else None
    if stored_t is not None and stored_t > from_t + 1:
        raise FleetError(
            f"{state} already holds counters of {_iso(stored_t)}, later than --from. "
            "Start there, or delete the file to begin anew."
        )
    simulation = Simulation(fleet, from_t, weather)
    if files and stored_t is not None:
        files.restore_energy(simulation.plant)
    out.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for rows in _run(simulation, to_t, step_s, limits or []):
            writer.writerows(rows)
            count += len(rows)
    if files:
        files.save_energy(simulation.plant)
    return count


def _run(
    simulation: Simulation, to_t: float, step_s: int, limits: list[PastLimit]
) -> Iterator[list[tuple[str | float, ...]]]:
    t = next_row = simulation.plant.t
    while True:
        _apply_limits(simulation, limits, t)
        simulation.advance(t)
        if t >= next_row:
            yield list(_rows(simulation))
            next_row += step_s
        if t >= to_t:
            return
        edges = [x for limit in limits for x in (limit.from_t, limit.to_t) if x > t]
        t = min(t + FINEST_STEP_S, next_row, to_t, *edges)


def _apply_limits(simulation: Simulation, limits: list[PastLimit], t: float) -> None:
    settings, index = simulation.plant.settings, simulation.plant.index
    in_force = {limit.key: inf for limit in limits}
    for limit in limits:
        if limit.from_t <= t < limit.to_t:
            in_force[limit.key] = min(in_force[limit.key], limit.limit_w)
    for key, limit_w in in_force.items():
        settings.limit_frac[index[key]] = limit_w / float(settings.w_max[index[key]])


def _iso(t: float) -> str:
    return datetime.fromtimestamp(t, UTC).isoformat().replace("+00:00", "Z")


def _rows(simulation: Simulation) -> Iterator[tuple[str | float, ...]]:
    plant = simulation.plant
    now, sums, at = plant.now, plant.counters, _iso(plant.t)
    for i, spec in enumerate(simulation.fleet.devices):
        if not spec.sunspec:
            continue
        yield (
            at,
            spec.key,
            round(float(now.output_w[i]), 1),
            round(float(now.output_var[i]), 1),
            round(float(now.voltage_pu[i]) * nominal_v(spec)[0], 2),
            round(float(now.frequency_hz[i]), 3),
            round(float(sums.injected_wh[i]), 2),
            round(float(sums.absorbed_wh[i]), 2),
            round(simulation.soc_pct(i), 2) if spec.kind == BATTERY else "",
            round(float(now.available_w[i]), 1) if spec.kind != METER else "",
        )
