"""Lines, cables and switches of a CIM file (IC-2)."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from interconnection.powerflow.cim_source import Thing
from interconnection.powerflow.cim_wires import Wires
from interconnection.powerflow.cim_wiring import Broken, Wiring
from interconnection.powerflow.circuit import Line, LineKind, Matrix
from interconnection.powerflow.stringing import Reckon

SWITCHES = {
    "LoadBreakSwitch": LineKind.SWITCH, "Breaker": LineKind.BREAKER, "Fuse": LineKind.FUSE,
    "Recloser": LineKind.RECLOSER, "Sectionaliser": LineKind.SWITCH, "Jumper": LineKind.SWITCH,
    "Disconnector": LineKind.SWITCH, "DisconnectingCircuitBreaker": LineKind.BREAKER,
    "Switch": LineKind.SWITCH, "Cut": LineKind.SWITCH, "ProtectedSwitch": LineKind.SWITCH,
}  # fmt: skip
# CIM states no impedance of a closed switch: what OpenDSS takes for one where nobody says.
SWITCH_OHM = 0.001
# Siemens for each metre, and of a whole line: no line has less than the first. OpenDSS writes some
# a thousand million times too small.
SENSIBLE_S_PER_M, SENSIBLE_S, SHRUNK = (1e-13, 1e-6), (1e-11, 1e-2), 1e-9
ORDER = {phase: number for number, phase in enumerate(("A", "B", "C", "s1", "s2", "N"))}
Complex = np.ndarray


class Lines:
    """Reads them all; what is broken becomes a fault and is left out."""

    def __init__(self, wiring: Wiring, frequency_hz: float, reckon: Reckon | None) -> None:
        self._w = wiring
        self._frequency_hz = frequency_hz
        self._wires = Wires(wiring, reckon, frequency_hz)
        bag = wiring.bag
        self._parts = bag.by("ACLineSegmentPhase", "ACLineSegment")
        self._data = bag.by("PhaseImpedanceData", "PhaseImpedance")
        self._poles = bag.by("SwitchPhase", "Switch")
        self._told: set[str] = set()
        self._per_length: dict[str, tuple[Complex, Complex]] = {}

    def read(self) -> Iterator[Line]:
        for thing in self._w.bag.of("ACLineSegment", "SeriesCompensator"):
            try:
                yield self._line(thing)
            except Broken as broken:
                self._w.fault(thing, f"{broken}.")
        for kind, line_kind in SWITCHES.items():
            for thing in self._w.bag.of(kind):
                try:
                    yield self._switch(thing, line_kind)
                except Broken as broken:
                    self._w.fault(thing, f"{broken}.")

    # Lines ---------------------------------------------------------------------------------------
    def _line(self, thing: Thing) -> Line:
        sending, receiving = self._w.ends(thing, 2)
        parts = sorted(self._parts.get(thing.id, []), key=self._place)
        phases = self._w.phases_of(thing, parts, "phase")
        length_m = self._w.number(thing, "length", 0.0)
        spacing = self._spacing(thing)
        if spacing is not None:
            series, shunt = self._strung(thing, spacing, parts, length_m)
            phases = tuple(phase for phase in phases if phase != "N")
        else:
            series, shunt = self._impedance(thing, parts, len(phases), length_m)
        if "N" in phases:
            series, shunt = _without(series, phases.index("N")), _without_row(shunt, phases)
            phases = tuple(phase for phase in phases if phase != "N")
        nanofarads = shunt.imag / (2 * math.pi * self._frequency_hz) * 1e9
        return Line(
            name=self._w.own_name(thing, "line"),
            sending=self._w.at(sending, phases),
            receiving=self._w.at(receiving, phases),
            length_m=length_m,
            resistance_ohm=_rows(series.real),
            reactance_ohm=_rows(series.imag),
            capacitance_nf=_rows(nanofarads),
            ampacity_a=self._w.ampacity(thing) or self._wire_ampacity(thing, spacing, parts),
        )

    def _spacing(self, thing: Thing) -> Thing | None:
        """Only where the file states no impedance beside it."""
        if thing.values.keys() & {"PerLengthImpedance", "r", "x"}:
            return None
        return self._wires.spacing(thing)

    def _strung(
        self, thing: Thing, spacing: Thing, parts: list[Thing], length_m: float
    ) -> tuple[Complex, Complex]:
        if length_m <= 0:
            raise Broken("has no length")
        series, shunt = self._wires.constants(thing, spacing, parts)
        return series * length_m, shunt * length_m

    def _wire_ampacity(
        self, thing: Thing, spacing: Thing | None, parts: list[Thing]
    ) -> float | None:
        return self._wires.ampacity(thing, parts) if spacing is not None else None

    def _place(self, part: Thing) -> tuple[float, int]:
        number = self._w.number(part, "sequenceNumber", 0.0)
        return number, ORDER.get(part.values.get("phase", ""), 9)

    def _impedance(
        self, thing: Thing, parts: list[Thing], count: int, length_m: float
    ) -> tuple[Complex, Complex]:
        """Series ohm and shunt siemens of the whole length, in the order of the phases."""
        named = self._w.bag.named(thing, "PerLengthImpedance")
        if named is None:
            if "PerLengthImpedance" in thing.values:
                raise Broken("names an impedance that is not in the file")
            if "r" not in thing.values and "x" not in thing.values:
                raise Broken(
                    "has no impedance: neither its own, nor for each length, nor wires with a "
                    "spacing"
                )
            return self._sequence(thing, count)
        if length_m <= 0:
            raise Broken("has no length")
        if named.kind == "PerLengthSequenceImpedance":
            series, shunt = self._sequence(named, count)
        else:
            series, shunt = self._matrix(named)
            picked = self._picked(parts, count, len(series))
            series, shunt = series[np.ix_(picked, picked)], shunt[np.ix_(picked, picked)]
        return series * length_m, shunt * length_m

    def _picked(self, parts: list[Thing], count: int, size: int) -> list[int]:
        """Which rows of the matrix belong to the phases."""
        if count > size:
            raise Broken(f"has {count} phases, its impedance is of {size}")
        numbers = [int(self._w.number(part, "sequenceNumber", 0.0)) for part in parts]
        if len(set(numbers)) == count and all(0 < number <= size for number in numbers):
            return [number - 1 for number in numbers]
        return list(range(count))

    def _matrix(self, named: Thing) -> tuple[Complex, Complex]:
        if named.id not in self._per_length:
            self._per_length[named.id] = self._filled(named)
        return self._per_length[named.id]

    def _filled(self, named: Thing) -> tuple[Complex, Complex]:
        data = self._data.get(named.id, [])
        places = [self._cell(one, number) for number, one in enumerate(data)]
        size = max([int(self._w.number(named, "conductorCount", 0.0)),
                    *(row for row, _ in places)], default=0)  # fmt: skip
        if not 0 < size <= 12:
            raise Broken(f"has the impedance {named.name[:40]} of {size} conductors")
        series, shunt = np.zeros((size, size), complex), np.zeros((size, size), complex)
        for (row, column), one in zip(places, data, strict=True):
            ohm = complex(self._w.number(one, "r", 0.0), self._w.number(one, "x", 0.0))
            siemens = complex(self._w.number(one, "g", 0.0), self._w.number(one, "b", 0.0))
            for at in ((row - 1, column - 1), (column - 1, row - 1)):
                series[at], shunt[at] = ohm, siemens
        if not np.all(series.diagonal()):
            raise Broken(f"has the impedance {named.name[:40]}, whose diagonal is not complete")
        return series, shunt

    def _cell(self, one: Thing, number: int) -> tuple[int, int]:
        """Row and column; older files count the lower triangle."""
        if "row" in one.values:
            found = (int(self._w.number(one, "row")), int(self._w.number(one, "column", 1.0)))
            if min(found) < 1:
                raise Broken("has an impedance with a row or column below 1")
            return max(found), min(found)
        place = int(self._w.number(one, "sequenceNumber", number + 1.0)) - 1
        row = int((math.isqrt(8 * max(place, 0) + 1) - 1) // 2)
        return row + 1, place - row * (row + 1) // 2 + 1

    def _sequence(self, thing: Thing, count: int) -> tuple[Complex, Complex]:
        """From positive and zero sequence; the latter like the former where nobody says."""
        number = self._w.number
        one = complex(number(thing, "r", 0.0), number(thing, "x", 0.0))
        zero = complex(number(thing, "r0", one.real), number(thing, "x0", one.imag))
        b_one = complex(number(thing, "gch", 0.0), number(thing, "bch", 0.0))
        b_zero = complex(b_one.real, number(thing, "b0ch", b_one.imag))
        least, most = SENSIBLE_S if thing.kind == "ACLineSegment" else SENSIBLE_S_PER_M
        if 0 < b_one.imag < least < b_one.imag / SHRUNK < most:
            self._tell_shrunk(thing)
            b_one, b_zero = b_one / SHRUNK, b_zero / SHRUNK
        return _symmetrical(one, zero, count), _symmetrical(b_one, b_zero, count)

    def _tell_shrunk(self, thing: Thing) -> None:
        if thing.id not in self._told:
            self._told.add(thing.id)
            words = (
                f"{thing.name} states a susceptance (bch) that no line has: it was read as a "
                "thousand million times as much, as OpenDSS means it."
            )
            self._w.note(words, thing.line)

    # Switches ------------------------------------------------------------------------------------
    def _switch(self, thing: Thing, kind: LineKind) -> Line:
        sending, receiving = self._w.ends(thing, 2)
        poles = self._poles.get(thing.id, [])
        is_open = thing.truth("open")
        if is_open is None:
            is_open = bool(thing.truth("normalOpen"))
        closed = [pole for pole in poles if self._is_closed(pole)]
        if poles and not closed:
            is_open = True
        used = (closed or poles) if not is_open else poles
        phases = self._w.phases_of(thing, used, "phaseSide1")
        others = self._w.phases_of(thing, used, "phaseSide2") if _crosses(used) else phases
        if len(others) != len(phases):
            raise Broken("has not as many phases on one side as on the other")
        size = len(phases)
        zero = tuple(tuple(0.0 for _ in range(size)) for _ in range(size))
        return Line(
            name=self._w.own_name(thing, "line"),
            sending=self._w.at(sending, phases),
            receiving=self._w.at(receiving, others),
            length_m=0.0,
            resistance_ohm=_rows(np.eye(size) * SWITCH_OHM),
            reactance_ohm=_rows(np.eye(size) * SWITCH_OHM),
            capacitance_nf=zero,
            ampacity_a=self._rating(thing),
            kind=kind,
            is_open=is_open,
        )

    def _is_closed(self, pole: Thing) -> bool:
        closed, is_open = pole.truth("closed"), pole.truth("normalOpen")
        return closed if closed is not None else not is_open

    def _rating(self, thing: Thing) -> float | None:
        stated = self._w.ampacity(thing)
        rated = self._w.number(thing, "ratedCurrent", 0.0)
        return stated or (rated if rated not in {0.0, 400.0} else None)


def _crosses(poles: list[Thing]) -> bool:
    return bool(poles) and all("phaseSide2" in pole.values for pole in poles)


def _symmetrical(one: complex, zero: complex, count: int) -> Complex:
    own, mutual = (zero + 2 * one) / 3, (zero - one) / 3
    made: Complex = np.full((count, count), mutual) + np.eye(count) * (own - mutual)
    return made


def _without(series: Complex, neutral: int) -> Complex:
    """Kron: the neutral is earthed at both ends."""
    rest = [n for n in range(len(series)) if n != neutral]
    away = np.outer(series[rest, neutral], series[neutral, rest]) / series[neutral, neutral]
    reduced: Complex = series[np.ix_(rest, rest)] - away
    return reduced


def _without_row(shunt: Complex, phases: tuple[str, ...]) -> Complex:
    rest = [number for number, phase in enumerate(phases) if phase != "N"]
    kept: Complex = shunt[np.ix_(rest, rest)]
    return kept


def _rows(matrix: np.ndarray) -> Matrix:
    return tuple(tuple(float(value) for value in row) for row in matrix)
