"""Who hangs where in a CIM file: terminals, buses, phases, ratings; and how to complain (IC-2)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from interconnection.powerflow.cim_source import Bag, Thing
from interconnection.powerflow.circuit import Terminal
from interconnection.powerflow.fault import Fault

MOST_FAULTS = 500
PHASES = re.compile(r"s12|s1|s2|A|B|C|N")
NODES = {"A": (1,), "B": (2,), "C": (3,), "s1": (1,), "s2": (2,), "s12": (1, 2), "N": (0,)}
ALL = ("A", "B", "C")
# What OpenDSS writes for a line that nobody gave a rating: normal and emergency.
UNSTATED_A = (400.0, 600.0)
SQRT3 = 3**0.5


class Broken(ValueError):
    """One object cannot be used; the message says why, its line is known to who asked."""


def letters(code: str) -> tuple[str, ...]:
    """`ABCN`, `s12N`, `Ns2` taken apart, in their order."""
    return tuple(PHASES.findall(code))


def nodes(phases: Iterable[str]) -> tuple[int, ...]:
    return tuple(node for phase in phases for node in NODES[phase])


class Wiring:
    """The objects of a file with what all kinds of equipment share."""

    def __init__(self, bag: Bag, file: str) -> None:
        self.bag = bag
        self.file = file
        self.faults: list[Fault] = list(bag.faults)
        self.notes: list[Fault] = []
        self.terminals = self._terminals()
        self._bus_names = self._names(bag.of("ConnectivityNode", "TopologicalNode"))
        self._taken: dict[str, str] = {}
        self.begun: dict[str, Fault] = {}  # as `line.trunk`
        self._limits = bag.by("CurrentLimit", "OperationalLimitSet")
        self._limit_sets = {
            key: bag.by("OperationalLimitSet", key) for key in ("Terminal", "Equipment")
        }
        for kind in ("IEC61970CIMVersion", "CoordinateSystem", "VoltageLimit", "Feeder",
                     "Substation", "TopologicalIsland"):  # fmt: skip
            bag.asked.add(kind)

    # Complaints ----------------------------------------------------------------------------------
    def fault(self, thing: Thing, words: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(self.file, thing.line, f"{thing.kind} {_short(thing)}{words}"))

    def note(self, words: str, line: int = 0) -> None:
        self.notes.append(Fault(self.file, line, words))

    def number(self, thing: Thing, key: str, default: float | None = None) -> float:
        """A figure; raises Broken for what is none, and for a missing one without a default."""
        try:
            value = thing.number(key)
        except ValueError as error:
            raise Broken(f"has the {key} {thing.values[key][:40]!r}, which is no figure") from error
        if value is not None:
            return value
        if default is None:
            raise Broken(f"has no {key}")
        return default

    # Places --------------------------------------------------------------------------------------
    def _terminals(self) -> dict[str, list[Thing]]:
        found = self.bag.by("Terminal", "ConductingEquipment")
        for terminals in found.values():
            terminals.sort(key=lambda one: one.values.get("sequenceNumber", "9").zfill(6))
        return found

    def _names(self, things: Iterable[Thing]) -> dict[str, str]:
        """Each bus by its name; two of one name are told apart by their ids."""
        names: dict[str, str] = {}
        taken: dict[str, str] = {}
        for thing in things:
            name = thing.name.strip()
            key = f"{thing.kind} {name.lower()}"
            names[thing.id] = name if key not in taken else f"{name} ({thing.id[:8]})"
            taken[key] = thing.id
        return names

    def bus(self, terminal: Thing) -> str:
        for key in ("ConnectivityNode", "TopologicalNode"):
            for one in terminal.values.get(key, "").split():
                if one in self._bus_names:
                    return self._bus_names[one]
        raise Broken("has a terminal that is at no node of the file")

    def ends(self, thing: Thing, count: int) -> list[Thing]:
        found = self.terminals.get(thing.id, [])
        if len(found) < count:
            raise Broken(f"has {len(found)} of {count} terminals")
        return found[:count]

    def at(self, terminal: Thing, phases: Iterable[str]) -> Terminal:
        return Terminal(self.bus(terminal), nodes(phases))

    def phases_of(self, thing: Thing, parts: Iterable[Thing], key: str) -> tuple[str, ...]:
        """Of its phase objects, else of its terminal, else all three."""
        found = [letter for part in parts for letter in letters(part.values.get(key, ""))]
        if found:
            if len(set(found)) != len(found):
                raise Broken(f"has phase {max(found, key=found.count)} twice")
            return tuple(found)
        for terminal in self.terminals.get(thing.id, []):
            if code := letters(terminal.values.get("phases", "")):
                return tuple(letter for letter in code if letter != "N")
        return ALL

    def own_name(self, thing: Thing, kind: str) -> str:
        """A name that no other element of the kind has."""
        name = thing.name.strip()
        key = f"{kind} {name.lower()}"
        if self._taken.setdefault(key, thing.id) != thing.id:
            name = f"{name} ({thing.id[:8]})"
        self.begun[f"{kind}.{name.lower()}"] = Fault(self.file, thing.line, "")
        return name

    # Ratings -------------------------------------------------------------------------------------
    def base_v(self, thing: Thing) -> float | None:
        base = self.bag.named(thing, "BaseVoltage")
        return self.number(base, "nominalVoltage") if base else None

    def ampacity(self, thing: Thing) -> float | None:
        """The lasting current limit of an equipment or its terminals; None where none is stated."""
        holders = [thing, *self.terminals.get(thing.id, [])]
        sets = [
            one for holder in holders for one in self.bag.all_named(holder, "OperationalLimitSet")
        ]
        sets += self._limit_sets["Equipment"].get(thing.id, [])
        for terminal in self.terminals.get(thing.id, []):
            sets += self._limit_sets["Terminal"].get(terminal.id, [])
        limits = [limit for one in sets for limit in self._limits.get(one.id, [])]
        values = sorted({self.number(limit, "value", 0.0) for limit in limits} - {0.0})
        if not values or tuple(values) == UNSTATED_A:
            return None
        lasting = max(limits, key=self._duration_s)
        return self.number(lasting, "value", 0.0) or None

    def _duration_s(self, limit: Thing) -> float:
        kind = self.bag.named(limit, "OperationalLimitType")
        if kind is None:
            return 0.0
        lasts = kind.truth("isInfiniteDuration") or "norm" in kind.name.lower()
        return 1e12 if lasts else self.number(kind, "acceptableDuration", 0.0)


def _short(thing: Thing) -> str:
    return f"{thing.name[:60]} "
