"""Generators, panels and storage of a model that the engine has built. Only in its process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from interconnection.powerflow.circuit import Connection, Inverter, Terminal

KINDS = {"generator": "Generators", "pvsystem": "PVSystems", "storage": "Storages"}
RATINGS = {"generator": "kW", "pvsystem": "Pmpp", "storage": "kWrated"}
Powers = Mapping[str, tuple[float, float]]


def elements(circuit: Any) -> Iterator[tuple[str, str]]:
    """Kind and name of each enabled one, active in the circuit while it is out."""
    for kind, collection in KINDS.items():
        for name in list(getattr(circuit, collection).AllNames):
            if str(name).lower() == "none":
                continue
            circuit.SetActiveElement(f"{kind}.{name}")
            if circuit.ActiveCktElement.Enabled:
                yield kind, str(name)


def injected(circuit: Any) -> dict[str, tuple[float, float]]:
    """W and var that each gives in the solution there is."""
    found = {}
    for kind, name in elements(circuit):
        powers = circuit.ActiveCktElement.Powers
        found[f"{kind}.{name}"] = (
            -1000.0 * float(sum(powers[0::2])), -1000.0 * float(sum(powers[1::2])),
        )  # fmt: skip
    return found


def inverters(circuit: Any, now: Powers) -> Iterator[tuple[Inverter, tuple[float, float]]]:
    """Each with its rating, and what it gives now; without a solution it gives its rating."""
    taken: set[str] = set()
    for kind, name in elements(circuit):
        element = circuit.ActiveCktElement

        def figure(key: str, element: Any = element) -> float:
            return float(str(element.Properties(key).Val))

        rated_va = figure("kVA") * 1000
        rated_w = figure(RATINGS[kind]) * 1000
        if kind == "pvsystem":
            rated_w = min(rated_w, rated_va)
        reactive_var = figure("kvar") * 1000 if kind == "generator" else 0.0
        present = now.get(f"{kind}.{name}", (rated_w, reactive_var))
        if kind == "pvsystem" and present[0] > 0:
            reactive_var = present[1] * rated_w / present[0]
        own = name if name not in taken else f"{name} ({kind})"
        taken.add(name)
        is_delta = str(element.Properties("conn").Val).lower().startswith(("d", "ll"))
        yield (
            Inverter(
                name=own,
                terminal=_terminal(element),
                phases=int(element.NumPhases),
                rated_voltage_v=figure("kv") * 1000,
                rated_va=rated_va,
                rated_w=rated_w,
                reactive_power_var=reactive_var,
                profile="solar" if kind == "pvsystem" else "flat",
                connection=Connection.DELTA if is_delta else Connection.WYE,
            ),
            present,
        )


def _terminal(element: Any) -> Terminal:
    bus, *nodes = str(element.BusNames[0]).lower().split(".")
    found = tuple(int(node) for node in nodes) or tuple(range(1, int(element.NumPhases) + 1))
    return Terminal(bus, found)
