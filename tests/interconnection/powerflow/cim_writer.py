"""Writes one of our circuits as CIM100 text, as far as the tests need: a writer of our own."""

import math
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from interconnection.powerflow.circuit import (
    Capacitor,
    Circuit,
    Connection,
    Line,
    LineKind,
    Load,
    LoadModel,
    Terminal,
    Transformer,
)

NAMESPACE = "http://iec.ch/TC57/CIM100#"
PHASE = {1: "A", 2: "B", 3: "C"}
DELTA: dict[tuple[int, ...], str] = {(1, 2): "A", (2, 3): "B", (3, 1): "C"}
SPLIT: dict[tuple[int, ...], str] = {(1, 0): "s1N", (0, 2): "Ns2"}
KINDS = {
    LineKind.SWITCH: "LoadBreakSwitch", LineKind.FUSE: "Fuse", LineKind.RECLOSER: "Recloser",
    LineKind.BREAKER: "Breaker",
}  # fmt: skip
RESPONSES = {
    LoadModel.POWER: "Power", LoadModel.CURRENT: "Current", LoadModel.IMPEDANCE: "Impedance",
}  # fmt: skip


def cim_of(circuit: Circuit, *, prefix: str = "cim", namespace: str = NAMESPACE) -> str:
    """The whole file; ids are the kinds and names."""
    body = "\n".join(_Writer(circuit, prefix).objects())
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<rdf:RDF xmlns:{prefix}="{namespace}"'
        f' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n{body}\n</rdf:RDF>\n'
    )


class _Writer:
    def __init__(self, circuit: Circuit, prefix: str) -> None:
        self._circuit = circuit
        self._prefix = prefix

    def objects(self) -> Iterator[str]:
        circuit = self._circuit
        yield self._thing("BaseFrequency", "f", frequency=circuit.frequency_hz)
        for base in circuit.voltage_bases_v:
            yield self._thing("BaseVoltage", f"base-{base:g}", nominalVoltage=base)
        places = {bus: (x, y) for bus, x, y in circuit.coordinates}
        for bus in circuit.buses:
            yield self._thing("ConnectivityNode", f"bus-{bus}", name=bus)
        for kind in RESPONSES.values():
            yield self._thing(
                "LoadResponseCharacteristic", f"response-{kind}", exponentModel="false",
                **{f"{axis}Constant{one}": 100 * (one == kind)
                   for axis in "pq" for one in RESPONSES.values()},
            )  # fmt: skip
        yield from self._source()
        for line in circuit.lines:
            yield from self._line(line) if line.length_m > 0 else self._switch(line)
        for bank in circuit.transformers:
            yield from self._bank(bank)
        for capacitor in circuit.capacitors:
            yield from self._capacitor(capacitor)
        for load in circuit.loads:
            yield from self._load(load)
        for line in circuit.lines:
            yield from self._place(line, places)

    def _thing(self, kind: str, own: str, **values: object) -> str:
        """Values that begin with # are references."""
        lines = [f'<{self._prefix}:{kind} rdf:ID="_{_id(own)}">']
        for key, value in values.items():
            tag = f"{self._prefix}:{kind}.{key}"
            text = str(value)
            if text.startswith("#"):
                lines.append(f'  <{tag} rdf:resource="#_{_id(text[1:])}"/>')
            elif text.startswith("="):
                lines.append(f'  <{tag} rdf:resource="{NAMESPACE}Kind.{text[1:]}"/>')
            else:
                lines.append(f"  <{tag}>{escape(text)}</{tag}>")
        return "\n".join([*lines, f"</{self._prefix}:{kind}>"])

    def _terminals(self, own: str, ends: Iterable[Terminal]) -> Iterator[str]:
        for number, end in enumerate(ends, start=1):
            yield self._thing(
                "Terminal", f"{own}-t{number}", ConductingEquipment=f"#{own}",
                sequenceNumber=number, ConnectivityNode=f"#bus-{end.bus}",
            )  # fmt: skip

    def _source(self) -> Iterator[str]:
        source = self._circuit.source
        yield self._thing(
            "EnergySource", "source", name="source", nominalVoltage=source.voltage_v,
            voltageMagnitude=source.voltage_v * source.voltage_pu,
            voltageAngle=math.radians(source.angle_deg), r=source.positive_ohm[0],
            x=source.positive_ohm[1], r0=source.zero_ohm[0], x0=source.zero_ohm[1],
        )  # fmt: skip
        yield from self._terminals("source", [Terminal(source.bus, (1, 2, 3))])

    def _line(self, line: Line) -> Iterator[str]:
        own, code = f"line-{line.name}", f"code-{line.name}"
        limits = {} if line.ampacity_a is None else {"OperationalLimitSet": f"#limits-{line.name}"}
        yield self._thing(
            "ACLineSegment", own, name=line.name, length=line.length_m,
            PerLengthImpedance=f"#{code}", Location=f"#place-{line.name}", **limits,
        )  # fmt: skip
        if limits:
            yield self._thing("OperationalLimitSet", f"limits-{line.name}")
            yield self._thing(
                "CurrentLimit", f"limit-{line.name}", value=line.ampacity_a,
                OperationalLimitSet=f"#limits-{line.name}",
            )  # fmt: skip
        count = len(line.sending.nodes)
        for number, node in enumerate(line.sending.nodes, start=1):
            yield self._thing(
                "ACLineSegmentPhase", f"{own}-{node}", phase=f"={PHASE[node]}",
                sequenceNumber=number, ACLineSegment=f"#{own}",
            )  # fmt: skip
        yield self._thing("PerLengthPhaseImpedance", code, name=line.name, conductorCount=count)
        siemens = 2 * math.pi * self._circuit.frequency_hz * 1e-9
        for row in range(count):
            for column in range(row + 1):
                yield self._thing(
                    "PhaseImpedanceData", f"{code}-{row}-{column}", PhaseImpedance=f"#{code}",
                    row=row + 1, column=column + 1,
                    r=line.resistance_ohm[row][column] / line.length_m,
                    x=line.reactance_ohm[row][column] / line.length_m,
                    b=line.capacitance_nf[row][column] * siemens / line.length_m,
                )  # fmt: skip
        yield from self._terminals(own, (line.sending, line.receiving))

    def _switch(self, line: Line) -> Iterator[str]:
        own, kind = f"line-{line.name}", KINDS.get(line.kind, "Jumper")
        yield self._thing(kind, own, name=line.name, open=str(line.is_open).lower())
        for node in line.sending.nodes:
            yield self._thing(
                "SwitchPhase", f"{own}-{node}", phaseSide1=f"={PHASE[node]}", Switch=f"#{own}"
            )
        yield from self._terminals(own, (line.sending, line.receiving))

    def _bank(self, bank: Transformer) -> Iterator[str]:
        own = f"bank-{bank.name}"
        yield self._thing("PowerTransformer", own, name=bank.name)
        yield from self._terminals(own, (w.terminal for w in bank.windings))
        if bank.phases == 3:
            yield from self._ends(bank, own)
        else:
            yield from self._tank(bank, own)
        controls = {control.transformer: control for control in self._circuit.regulators}
        if (control := controls.get(bank.name)) is None:
            return
        winding = bank.windings[control.winding - 1]
        step = (winding.highest_tap - winding.lowest_tap) / winding.taps
        yield self._thing(
            "RatioTapChanger", f"taps-{bank.name}", name=control.name,
            TransformerEnd=f"#{own}-e{control.winding}", TapChangerControl=f"#control-{bank.name}",
            stepVoltageIncrement=100 * step, highStep=winding.taps // 2,
            lowStep=-(winding.taps // 2), neutralStep=0, step=round((winding.tap - 1) / step),
            ptRatio=control.potential_ratio, ctRating=control.current_primary_a,
            initialDelay=control.delay_s, controlEnabled="true",
        )  # fmt: skip
        yield self._thing(
            "TapChangerControl", f"control-{bank.name}", name=control.name,
            targetValue=control.voltage_setting_v, targetDeadband=control.band_v,
            lineDropCompensation="true", lineDropR=control.compensation_r_v,
            lineDropX=control.compensation_x_v, enabled="true",
        )  # fmt: skip

    def _ends(self, bank: Transformer, own: str) -> Iterator[str]:
        for number, winding in enumerate(bank.windings, start=1):
            base = winding.rated_voltage_v**2 / bank.windings[0].rated_va
            yield self._thing(
                "PowerTransformerEnd", f"{own}-e{number}", PowerTransformer=f"#{own}",
                endNumber=number, ratedU=winding.rated_voltage_v, ratedS=winding.rated_va,
                r=winding.resistance_pct / 100 * base, Terminal=f"#{own}-t{number}",
                connectionKind="=D" if winding.connection is Connection.DELTA else "=Y",
                grounded=str(winding.connection is Connection.WYE).lower(),
            )  # fmt: skip
        base = bank.windings[0].rated_voltage_v ** 2 / bank.windings[0].rated_va
        yield self._thing(
            "TransformerMeshImpedance", f"{own}-z", r=0, x=bank.reactance_pct[0] / 100 * base,
            FromTransformerEnd=f"#{own}-e1", ToTransformerEnd=f"#{own}-e2",
        )  # fmt: skip
        yield self._thing(
            "TransformerCoreAdmittance", f"{own}-y", TransformerEnd=f"#{own}-e1",
            g=bank.no_load_loss_pct / 100 / base, b=bank.magnetizing_pct / 100 / base,
        )  # fmt: skip

    def _tank(self, bank: Transformer, own: str) -> Iterator[str]:
        yield self._thing("TransformerTankInfo", f"{own}-info", name=bank.name)
        yield self._thing(
            "TransformerTank", f"{own}-tank", name=bank.name, PowerTransformer=f"#{own}",
            TransformerTankInfo=f"#{own}-info",
        )  # fmt: skip
        rated_va = bank.windings[0].rated_va
        for number, winding in enumerate(bank.windings, start=1):
            nodes = winding.terminal.nodes
            split = len(bank.windings) == 3 and number > 1
            code = SPLIT.get(nodes, "") if split else ""
            yield self._thing(
                "TransformerTankEnd", f"{own}-e{number}", TransformerTank=f"#{own}-tank",
                endNumber=number, Terminal=f"#{own}-t{number}",
                orderedPhases="=" + (code or "".join(PHASE[n] for n in nodes if n) + "N"),
            )  # fmt: skip
            base = winding.rated_voltage_v**2 / rated_va
            yield self._thing(
                "TransformerEndInfo", f"{own}-i{number}", TransformerTankInfo=f"#{own}-info",
                endNumber=number, connectionKind="=I", ratedU=winding.rated_voltage_v,
                ratedS=winding.rated_va, r=winding.resistance_pct / 100 * base,
            )  # fmt: skip
        pairs = ((1, 2),) if len(bank.windings) == 2 else ((1, 2), (1, 3), (2, 3))
        for (one, other), reactance in zip(pairs, bank.reactance_pct, strict=True):
            resistance = sum(bank.windings[n - 1].resistance_pct for n in (one, other))
            base = bank.windings[one - 1].rated_voltage_v ** 2 / rated_va
            yield self._thing(
                "ShortCircuitTest", f"{own}-s{one}{other}", EnergisedEnd=f"#{own}-i{one}",
                GroundedEnds=f"#{own}-i{other}", loss=resistance / 100 * rated_va / 1000,
                leakageImpedance=math.hypot(resistance, reactance) / 100 * base,
            )  # fmt: skip
        current = math.hypot(bank.no_load_loss_pct, bank.magnetizing_pct)
        yield self._thing(
            "NoLoadTest", f"{own}-n", EnergisedEnd=f"#{own}-i1", excitingCurrent=current,
            loss=bank.no_load_loss_pct / 100 * rated_va / 1000,
        )  # fmt: skip

    def _capacitor(self, capacitor: Capacitor) -> Iterator[str]:
        own = f"capacitor-{capacitor.name}"
        b = capacitor.steps_var[0] / capacitor.rated_voltage_v**2
        yield self._thing(
            "LinearShuntCompensator", own, name=capacitor.name, nomU=capacitor.rated_voltage_v,
            bPerSection=b, maximumSections=len(capacitor.states), sections=sum(capacitor.states),
        )  # fmt: skip
        if capacitor.phases == 1:
            yield self._thing(
                "LinearShuntCompensatorPhase", f"{own}-p", bPerSection=b,
                phase=f"={PHASE[capacitor.terminal.nodes[0]]}", ShuntCompensator=f"#{own}",
            )  # fmt: skip
        yield from self._terminals(own, [capacitor.terminal])

    def _load(self, load: Load) -> Iterator[str]:
        own = f"load-{load.name}"
        is_delta = load.connection is Connection.DELTA
        yield self._thing(
            "EnergyConsumer", own, name=load.name, p=load.active_power_w,
            q=load.reactive_power_var, phaseConnection="=D" if is_delta else "=Y",
            LoadResponse=f"#response-{RESPONSES[load.model]}",
        )  # fmt: skip
        if load.phases == 1:
            nodes = load.terminal.nodes
            code = (
                DELTA[nodes] if is_delta else PHASE.get(nodes[0], "") if len(nodes) < 2 else "s12"
            )
            yield self._thing(
                "EnergyConsumerPhase", f"{own}-p", phase=f"={code}", EnergyConsumer=f"#{own}",
                p=load.active_power_w, q=load.reactive_power_var,
            )  # fmt: skip
        yield from self._terminals(own, [load.terminal])

    def _place(self, line: Line, places: dict[str, tuple[float, float]]) -> Iterator[str]:
        yield self._thing("Location", f"place-{line.name}")
        for number, end in enumerate((line.sending, line.receiving), start=1):
            if end.bus in places:
                x, y = places[end.bus]
                yield self._thing(
                    "PositionPoint", f"place-{line.name}-{number}", sequenceNumber=number,
                    xPosition=x, yPosition=y, Location=f"#place-{line.name}",
                )  # fmt: skip


def _id(own: str) -> str:
    return "".join(sign if sign.isalnum() else f"-{ord(sign)}-" for sign in own)
