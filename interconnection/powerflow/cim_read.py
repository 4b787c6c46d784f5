"""A CIM100 feeder (IEC 61968-13, as CIMHub and OpenDSS write it) to a circuit (IC-2).

Units are those of the standard: metres, ohm, siemens, V, W, VA, radians. What the circuit has no
place for is counted and told, what is broken is a fault with its line; nothing is guessed in
silence.
"""

from __future__ import annotations

import math

from interconnection.powerflow.cim_lines import Lines
from interconnection.powerflow.cim_shunts import Shunts
from interconnection.powerflow.cim_source import Bag, Thing, parse
from interconnection.powerflow.cim_transformers import TapChangers, Transformers
from interconnection.powerflow.cim_wiring import Broken, Wiring
from interconnection.powerflow.circuit import Capacitor, Circuit, Inverter, Line, Load, Source
from interconnection.powerflow.fault import Fault
from interconnection.powerflow.levels import levels_v
from interconnection.powerflow.results import Read
from interconnection.powerflow.stringing import Reckon

FREQUENCY_HZ = 60.0
# Equipment that carries current and has no place in the circuit: what to describe it as.
UNREAD = {
    "EquivalentInjection": "an EnergySource, an EnergyConsumer or a PowerElectronicsConnection",
    "ExternalNetworkInjection": "an EnergySource",
    "EquivalentBranch": "an ACLineSegment with r and x",
    "EquivalentShunt": "a LinearShuntCompensator",
    "NonlinearShuntCompensator": "a LinearShuntCompensator",
    "StaticVarCompensator": "a LinearShuntCompensator or a PowerElectronicsConnection",
    "PetersenCoil": "rground and xground of its transformer end",
    "GroundingImpedance": "rground and xground of its transformer end",
    "MutualCoupling": "one ACLineSegment of all its conductors",
    "EarthFaultCompensator": "rground and xground of its transformer end",
    "PhaseTapChangerLinear": "a RatioTapChanger",
    "PhaseTapChangerSymmetrical": "a RatioTapChanger",
    "PhaseTapChangerAsymmetrical": "a RatioTapChanger",
    "PhaseTapChangerTabular": "a RatioTapChanger",
    "FrequencyConverter": "a source of its own file",
    "CsConverter": "a PowerElectronicsConnection",
    "VsConverter": "a PowerElectronicsConnection",
}


def read_cim(content: bytes, file: str, name: str, reckon: Reckon | None = None) -> Read:
    """Never raises for what stands in the file; `reckon` makes line constants of wires."""
    bag = parse(content, file)
    if not bag.things:
        return Read(None, bag.faults or [Fault(file, 0, "There is nothing in it.")])
    wiring = Wiring(bag, file)
    circuit = _circuit(wiring, name, reckon)
    _tell_unused(wiring)
    return Read(circuit, wiring.faults, wiring.notes, begun=wiring.begun)


def _circuit(wiring: Wiring, name: str, reckon: Reckon | None) -> Circuit | None:
    source = _source(wiring)
    if source is None:
        return None
    frequency_hz = _frequency_hz(wiring)
    lines = tuple(Lines(wiring, frequency_hz, reckon).read())
    transformers = Transformers(wiring)
    taps = TapChangers(wiring, transformers)
    banks = taps.apply(transformers.read())
    if not lines and not banks:
        wiring.faults.append(Fault(wiring.file, 0, "There is no line and no transformer in it."))
        return None
    levels = levels_v(source, lines, banks)
    shunts = Shunts(wiring, levels)
    loads = list(shunts.loads())
    capacitors = tuple(shunts.capacitors())
    controls = shunts.capacitor_controls(
        _by_compensator(wiring, capacitors), _line_names(wiring, lines)
    )
    der = list(shunts.inverters())
    loads += [one for one in der if isinstance(one, Load)]
    return Circuit(
        name=name,
        frequency_hz=frequency_hz,
        source=source,
        voltage_bases_v=_bases_v(wiring, levels),
        lines=lines,
        transformers=banks,
        regulators=tuple(taps.controls),
        capacitors=capacitors,
        capacitor_controls=tuple(controls),
        loads=tuple(loads),
        inverters=tuple(one for one in der if isinstance(one, Inverter)),
        coordinates=_coordinates(wiring),
    )


def _source(wiring: Wiring) -> Source | None:
    found = list(wiring.bag.of("EnergySource"))
    if len(found) != 1:
        names = ", ".join(thing.name[:40] for thing in found[:5])
        words = f"{len(found)} sources (EnergySource){': ' if names else ''}{names}."
        wiring.faults.append(
            Fault(wiring.file, found[0].line if found else 0, f"{words} A model has exactly one.")
        )
        return None
    thing, number = found[0], wiring.number
    try:
        voltage_v = max(number(thing, "nominalVoltage", wiring.base_v(thing)), 1.0)
        one = (number(thing, "r", 0.0), number(thing, "x", 0.0))
        return Source(
            bus=wiring.bus(wiring.ends(thing, 1)[0]),
            voltage_v=voltage_v,
            voltage_pu=number(thing, "voltageMagnitude", voltage_v) / voltage_v,
            angle_deg=math.degrees(number(thing, "voltageAngle", 0.0)),
            positive_ohm=one if any(one) else (1e-5, 1e-4),
            zero_ohm=(number(thing, "r0", one[0] or 1e-5), number(thing, "x0", one[1] or 1e-4)),
        )
    except Broken as broken:
        wiring.fault(thing, f"{broken}.")
        return None


def _frequency_hz(wiring: Wiring) -> float:
    for thing in wiring.bag.of("BaseFrequency"):
        stated = wiring.number(thing, "frequency", FREQUENCY_HZ)
        if stated in {50.0, 60.0}:
            return stated
        wiring.fault(thing, f"states {stated:g} Hz.")
    return FREQUENCY_HZ


def _bases_v(wiring: Wiring, levels: dict[str, float]) -> tuple[float, ...]:
    """Those the file names, and what the windings say where it names none near."""
    bases: list[float] = []
    for thing in wiring.bag.of("BaseVoltage"):
        try:
            bases.append(wiring.number(thing, "nominalVoltage"))
        except Broken as broken:
            wiring.fault(thing, f"{broken}.")
    for level in sorted(set(levels.values())):
        if not any(0.95 < base / level < 1.05 for base in bases):
            bases.append(round(level, 3))
    return tuple(sorted({base for base in bases if base > 0}, reverse=True))


def _by_compensator(
    wiring: Wiring, capacitors: tuple[Capacitor, ...]
) -> dict[str, list[Capacitor]]:
    found: dict[str, list[Capacitor]] = {}
    for thing in wiring.bag.of("LinearShuntCompensator"):
        name = thing.name.strip()
        own = {name, *(f"{name} {phase}" for phase in "ABC")}
        found[thing.id] = [capacitor for capacitor in capacitors if capacitor.name in own]
    return found


def _line_names(wiring: Wiring, lines: tuple[Line, ...]) -> dict[str, str]:
    known = {line.name for line in lines}
    return {
        thing.id: thing.name.strip()
        for thing in wiring.bag.things.values()
        if thing.name.strip() in known and thing.id in wiring.terminals
    }


def _coordinates(wiring: Wiring) -> tuple[tuple[str, float, float], ...]:
    """A bus lies where the first equipment with a point for each of its terminals says."""
    points = wiring.bag.by("PositionPoint", "Location")
    places: dict[str, list[tuple[float, float]]] = {}
    for location, things in points.items():
        try:
            ordered = sorted(things, key=lambda one: wiring.number(one, "sequenceNumber", 0.0))
            places[location] = [
                (wiring.number(p, "xPosition"), wiring.number(p, "yPosition")) for p in ordered
            ]
        except Broken as broken:
            wiring.note(f"A place {broken}.", things[0].line)
    found: dict[str, tuple[float, float]] = {}
    for equipment, terminals in wiring.terminals.items():
        thing = wiring.bag.things.get(equipment)
        where = _points_of(wiring.bag, thing, places) if thing else []
        for terminal, place in zip(terminals, _at_ends(where, len(terminals)), strict=False):
            if place != (0.0, 0.0):  # what is written for a place that nobody knows
                try:
                    found.setdefault(wiring.bus(terminal), place)
                except Broken:
                    continue
    return tuple((bus, x, y) for bus, (x, y) in found.items())


def _points_of(
    bag: Bag, thing: Thing, places: dict[str, list[tuple[float, float]]]
) -> list[tuple[float, float]]:
    location = bag.named(thing, "Location")
    return places.get(location.id, []) if location else []


def _at_ends(where: list[tuple[float, float]], count: int) -> list[tuple[float, float]]:
    """One point for each terminal: the first, the last, and those between only if they fit."""
    if count == 1 or len(where) == count:
        return where[:count]
    return [where[0], where[-1]] if count == 2 and len(where) > 2 else []


def _tell_unused(wiring: Wiring) -> None:
    for kind, instead in UNREAD.items():
        for thing in wiring.bag.of(kind):
            wiring.fault(thing, f"carries current and is not read: describe it as {instead}.")
    for kind, count in sorted(wiring.bag.unused().items()):
        first = wiring.bag.kinds[kind][0]
        wiring.note(f"{count} of the class {kind[:60]} are not used.", first.line)
    at = wiring.bag.kinds
    if "BaseFrequency" not in at:
        wiring.note(f"No frequency is stated: {FREQUENCY_HZ:g} Hz was taken.")
    if "PowerElectronicsConnection" in at:
        wiring.note("DER come with the power they had when the file was made, or with their most.")
