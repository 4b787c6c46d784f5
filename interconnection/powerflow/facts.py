"""From a feeder's published facts to a circuit: impedances of the stretch, voltages of the bank."""

from __future__ import annotations

import math

from interconnection.powerflow.circuit import (
    Capacitor,
    Circuit,
    Connection,
    Line,
    LineKind,
    Load,
    LoadModel,
    Matrix,
    RegulatorControl,
    Source,
    Terminal,
    Transformer,
    Winding,
)
from interconnection.powerflow.network import (
    FeederModel,
    InlineTransformer,
    LineConfiguration,
    Regulator,
    SegmentData,
    SegmentKind,
    Triangle,
)
from interconnection.powerflow.network import Load as LoadFacts

M_PER_MILE = 1609.344
SQRT3 = math.sqrt(3)
FREQUENCY_HZ = 60.0
# A closed switch or the stretch behind a device of no length: small, and safely above nothing.
SWITCH_OHM = 1e-4
NODES = {"A": 1, "B": 2, "C": 3}
PAIRS = ((1, 2), (2, 3), (3, 1))
KINDS = {
    SegmentKind.LINE: LineKind.LINE,
    SegmentKind.SWITCH: LineKind.SWITCH,
    SegmentKind.RECLOSER: LineKind.RECLOSER,
    SegmentKind.REGULATOR: LineKind.LINE,
}
MODELS = {"PQ": LoadModel.POWER, "I": LoadModel.CURRENT, "Z": LoadModel.IMPEDANCE}


def circuit_of(model: FeederModel) -> Circuit:
    """The circuit behind a stiff source at the feeder's first bus, without its substation bank.

    Published voltages of a feeder count from its head; the bank and its tap changer belong to the
    substation.
    """
    head = model.buses[0].name
    regulators, controls = _regulators(model)
    return Circuit(
        name=model.name,
        frequency_hz=FREQUENCY_HZ,
        source=Source(
            bus=head,
            voltage_v=float(model.nominal_voltage_v),
            voltage_pu=1.0,
            angle_deg=0.0,
            positive_ohm=(1e-5, 1e-4),
            zero_ohm=(1e-5, 1e-4),
        ),
        voltage_bases_v=tuple(
            sorted({float(bus.nominal_voltage_v) for bus in model.buses}, reverse=True)
        ),
        lines=_lines(model),
        transformers=(*regulators, *_inline(model)),
        regulators=controls,
        capacitors=_capacitors(model),
        loads=tuple(load for facts in model.loads for load in _loads(model, facts)),
        coordinates=tuple((bus.name, bus.x, bus.y) for bus in model.buses),
    )


def nodes(phases: str) -> tuple[int, ...]:
    return tuple(NODES[phase] for phase in phases)


def _lines(model: FeederModel) -> tuple[Line, ...]:
    known = {configuration.name: configuration for configuration in model.configurations}
    return tuple(
        _line(model, segment, known.get(segment.configuration))
        for segment in model.segments
        if segment.kind is not SegmentKind.TRANSFORMER
    )


def _line(
    model: FeederModel, segment: SegmentData, configuration: LineConfiguration | None
) -> Line:
    regulated = {regulator.segment for regulator in model.regulators}
    sending = _behind(segment.name) if segment.name in regulated else segment.from_bus
    count = len(segment.phases)
    zero = tuple(tuple(0.0 for _ in range(count)) for _ in range(count))
    series, shunt = (_diagonal(SWITCH_OHM, count), zero), zero
    if configuration is not None and segment.length_m > 0:
        miles = segment.length_m / M_PER_MILE
        picked = [configuration.phases.index(phase) for phase in _mapped(segment, configuration)]
        series = (
            _full(configuration.resistance_ohm_per_mile, picked, miles),
            _full(configuration.reactance_ohm_per_mile, picked, miles),
        )
        # Published as microsiemens at 60 Hz; the engine wants nanofarads.
        per_us = 1000.0 / (2 * math.pi * FREQUENCY_HZ)
        shunt = _full(configuration.susceptance_us_per_mile, picked, miles * per_us)
    return Line(
        name=segment.name,
        sending=Terminal(sending, nodes(segment.phases)),
        receiving=Terminal(segment.to_bus, nodes(segment.phases)),
        length_m=segment.length_m,
        resistance_ohm=series[0],
        reactance_ohm=series[1],
        capacitance_nf=shunt,
        ampacity_a=configuration.ampacity_a if configuration else None,
        kind=KINDS[segment.kind],
    )


def _mapped(segment: SegmentData, configuration: LineConfiguration) -> str:
    """A single-phase configuration serves any phase; others are used phase by phase."""
    if set(segment.phases) <= set(configuration.phases):
        return segment.phases
    return configuration.phases[: len(segment.phases)]


def _full(triangle: Triangle, picked: list[int], factor: float) -> Matrix:
    return tuple(
        tuple(triangle[max(row, column)][min(row, column)] * factor for column in picked)
        for row in picked
    )


def _diagonal(value: float, count: int) -> Matrix:
    return tuple(tuple(value if r == c else 0.0 for c in range(count)) for r in range(count))


def _behind(segment: str) -> str:
    return f"{segment} (load side)"


def _regulators(
    model: FeederModel,
) -> tuple[tuple[Transformer, ...], tuple[RegulatorControl, ...]]:
    segments = {segment.name: segment for segment in model.segments}
    banks: list[Transformer] = []
    controls: list[RegulatorControl] = []
    for regulator in model.regulators:
        segment = segments[regulator.segment]
        for phase in regulator.phases:
            name = _regulator_name(regulator, phase)
            banks.append(_regulator(model, segment, regulator, phase))
            controls.append(_control(regulator, name))
    return tuple(banks), tuple(controls)


def _regulator_name(regulator: Regulator, phase: str) -> str:
    return f"Regulator {regulator.name} {phase}"


def _regulator(
    model: FeederModel, segment: SegmentData, regulator: Regulator, phase: str
) -> Transformer:
    voltage_v = model.nominal_voltage_v / SQRT3
    through_va = voltage_v * regulator.current_primary_a
    node = nodes(phase)
    return Transformer(
        name=_regulator_name(regulator, phase),
        phases=1,
        windings=tuple(
            Winding(Terminal(bus, node), Connection.WYE, voltage_v, through_va, 0.0005)
            for bus in (segment.from_bus, _behind(segment.name))
        ),
        reactance_pct=(0.01,),
    )


def _control(regulator: Regulator, transformer: str) -> RegulatorControl:
    return RegulatorControl(
        name=transformer,
        transformer=transformer,
        winding=2,
        voltage_setting_v=regulator.voltage_level_v,
        band_v=regulator.bandwidth_v,
        potential_ratio=float(regulator.potential_ratio),
        current_primary_a=float(regulator.current_primary_a),
        compensation_r_v=regulator.compensation_r_v,
        compensation_x_v=regulator.compensation_x_v,
    )


def _inline(model: FeederModel) -> tuple[Transformer, ...]:
    segments = {segment.name: segment for segment in model.segments}
    return tuple(
        _bank(transformer, segments[transformer.segment])
        for transformer in model.transformers
        if transformer.segment
    )


def _bank(facts: InlineTransformer, segment: SegmentData) -> Transformer:
    where = nodes(segment.phases)
    sides = (
        (segment.from_bus, facts.primary_voltage_v),
        (segment.to_bus, facts.secondary_voltage_v),
    )
    return Transformer(
        name=facts.name,
        phases=len(where),
        windings=tuple(
            Winding(
                Terminal(bus, where),
                Connection.WYE,
                float(voltage_v),
                float(facts.rated_va),
                facts.resistance_pct / 2,
            )
            for bus, voltage_v in sides
        ),
        reactance_pct=(facts.reactance_pct,),
    )


def _capacitors(model: FeederModel) -> tuple[Capacitor, ...]:
    return tuple(
        Capacitor(
            name=f"Capacitor {capacitor.bus} {phase}",
            terminal=Terminal(capacitor.bus, nodes(phase)),
            phases=1,
            connection=Connection.WYE,
            rated_voltage_v=model.nominal_voltage_v / SQRT3,
            steps_var=(float(var),),
            states=(True,),
        )
        for capacitor in model.capacitors
        for phase, var in zip("ABC", capacitor.reactive_power_var, strict=True)
        if var
    )


def _loads(model: FeederModel, facts: LoadFacts) -> list[Load]:
    """One load for each phase or pair; a spread one is put half at each end (Kersting's lumps)."""
    voltage_v = {bus.name: bus.nominal_voltage_v for bus in model.buses}
    ends = (facts.bus, facts.spread_to_bus) if facts.spread_to_bus else (facts.bus,)
    wye = facts.connection.value.startswith("Y")
    made = []
    for bus in ends:
        for number, active_w in enumerate(facts.active_power_w):
            reactive_var = facts.reactive_power_var[number]
            if not active_w and not reactive_var:
                continue
            made.append(
                Load(
                    name=f"Load {facts.bus} {bus} {'ABC'[number]} {facts.connection.value}",
                    terminal=Terminal(bus, (number + 1,) if wye else PAIRS[number]),
                    phases=1,
                    connection=Connection.WYE if wye else Connection.DELTA,
                    rated_voltage_v=voltage_v[bus] / (SQRT3 if wye else 1.0),
                    active_power_w=active_w / len(ends),
                    reactive_power_var=reactive_var / len(ends),
                    model=MODELS[facts.connection.value.partition("-")[2]],
                )
            )
    return made
