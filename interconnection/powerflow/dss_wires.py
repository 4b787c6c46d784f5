"""Line constants by the engine, from wires and where they hang. Only in the study's process."""

from __future__ import annotations

import numpy as np
from dss import DSS, DSSException

from interconnection.powerflow.circuit import CircuitFault
from interconnection.powerflow.dss_read import split
from interconnection.powerflow.stringing import Cable, Constants, Make, Stringing, Wire

LENGTH_M = 1000.0
KINDS = {Make.BARE: "wire", Make.CONCENTRIC: "cncable", Make.TAPE: "tscable"}
CLASSES = {Make.BARE: "wiredata", Make.CONCENTRIC: "cndata", Make.TAPE: "tsdata"}
METRES = "runits=m radunits=m gmrunits=m"


def constants(stringing: Stringing, frequency_hz: float) -> Constants:
    """For each metre; conductors beyond the live ones are taken as earthed all along."""
    own = {wire: f"w{number}" for number, wire in enumerate(_kinds(stringing))}
    count = len(stringing.wires)
    commands = [
        "clear",
        f"set defaultbasefrequency={frequency_hz!r}",
        "new circuit.wires basekv=10",
        *(f"new {CLASSES[wire.make]}.{name} {_sheet(wire)}" for wire, name in own.items()),
        f"new linegeometry.g nconds={count} nphases={stringing.phases} reduce=yes",
        *(
            f"~ cond={number} {KINDS[wire.make]}={own[wire]} x={x_m!r} h={height_m!r} units=m"
            for number, (wire, x_m, height_m) in enumerate(stringing.wires, start=1)
        ),
        f"new line.l phases={stringing.phases} geometry=g length={LENGTH_M} units=m",
        "calcvoltagebases",
    ]
    try:
        for command in commands:
            DSS.Text.Command = command
        lines = DSS.ActiveCircuit.Lines
        lines.First  # noqa: B018  makes it the active element
        series, shunt = split(np.asarray(lines.Yprim), stringing.phases)
    except (DSSException, np.linalg.LinAlgError) as error:
        raise CircuitFault(f"cannot be reckoned from its wires: {error}"[:300]) from error
    if not (np.isfinite(series).all() and np.isfinite(shunt).all()):
        raise CircuitFault("cannot be reckoned from its wires: two of them hang in one place")
    return series / LENGTH_M, shunt / LENGTH_M


def _kinds(stringing: Stringing) -> list[Wire]:
    return list(dict.fromkeys(wire for wire, _, _ in stringing.wires))


def _sheet(wire: Wire) -> str:
    plain = (
        f"rac={wire.resistance_ohm_per_m!r} rdc={wire.direct_ohm_per_m!r}"
        f" gmrac={wire.mean_radius_m!r} radius={wire.radius_m!r} {METRES}"
    )
    if wire.ampacity_a:
        plain += f" normamps={wire.ampacity_a!r}"
    return f"{plain} {_cable(wire.cable)}" if wire.cable else plain


def _cable(cable: Cable) -> str:
    common = (
        f"epsr={cable.permittivity!r} inslayer={cable.insulation_m!r}"
        f" diains={cable.over_insulation_m!r}"
    )
    if cable.neutral is None:
        return (
            f"{common} diashield={cable.over_shield_m!r} tapelayer={cable.tape_m!r}"
            f" tapelap={cable.lap_pct!r}"
        )
    strands = cable.neutral
    return (
        f"{common} diacable={cable.over_shield_m!r} k={strands.strands}"
        f" diastrand={2 * strands.radius_m!r} gmrstrand={strands.mean_radius_m!r}"
        f" rstrand={strands.resistance_ohm_per_m!r}"
    )
