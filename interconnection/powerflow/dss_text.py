"""A circuit as OpenDSS commands; names become opaque ids, so nobody's text is ever a command."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from interconnection.powerflow.circuit import (
    Capacitor,
    CapacitorControl,
    Circuit,
    CircuitFault,
    Inverter,
    Line,
    Load,
    LoadModel,
    Matrix,
    Reactor,
    RegulatorControl,
    Terminal,
    Transformer,
    VoltCurve,
    Winding,
)

LOAD_MODELS = {
    LoadModel.POWER: 1,
    LoadModel.IMPEDANCE: 2,
    LoadModel.MOTOR: 3,
    LoadModel.CONSERVATION: 4,
    LoadModel.CURRENT: 5,
    LoadModel.ZIP: 8,
}
VOLT_VAR, VOLT_WATT = "voltvar", "voltwatt"


@dataclass(slots=True)
class Names:
    """The ids given, each way: `ids["line"]["650-632"]` is `l0`, `names["line.l0"]` the name."""

    ids: dict[str, dict[str, str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def give(self, kind: str, letter: str, names: Iterable[str]) -> None:
        given: dict[str, str] = {}
        for name in names:
            if name in given:
                raise CircuitFault(f"two {kind}s are called {name}")
            given[name] = f"{letter}{len(given)}"
            self.names[f"{kind}.{given[name]}"] = name
        self.ids[kind] = given

    def of(self, kind: str, name: str, wanted_by: str) -> str:
        try:
            return self.ids[kind][name]
        except KeyError as error:
            raise CircuitFault(
                f"{wanted_by} names the {kind} {name}, which is not there"
            ) from error

    def bus(self, terminal: Terminal) -> str:
        number = self.ids["bus"][terminal.bus]
        return ".".join((number, *map(str, terminal.nodes)))


def names_of(circuit: Circuit) -> Names:
    names = Names()
    names.give("bus", "b", circuit.buses)
    names.give("line", "l", (line.name for line in circuit.lines))
    names.give("transformer", "t", (t.name for t in circuit.transformers))
    names.give("regcontrol", "r", (r.name for r in circuit.regulators))
    names.give("capacitor", "c", (c.name for c in circuit.capacitors))
    names.give("reactor", "s", (r.name for r in circuit.reactors))
    names.give("capcontrol", "k", (k.name for k in circuit.capacitor_controls))
    names.give("load", "d", (load.name for load in circuit.loads))
    names.give("inverter", "g", (inverter.name for inverter in circuit.inverters))
    return names


def commands(circuit: Circuit, names: Names) -> Iterator[str]:
    """Everything to build the circuit, in order; nothing in it is solved yet."""
    source = circuit.source
    yield "clear"
    yield f"set defaultbasefrequency={_n(circuit.frequency_hz)}"
    yield (
        f"new circuit.feeder phases=3 bus1={names.ids['bus'][source.bus]}"
        f" basekv={_k(source.voltage_v)} pu={_n(source.voltage_pu)} angle={_n(source.angle_deg)}"
        f" r1={_n(source.positive_ohm[0])} x1={_n(source.positive_ohm[1])}"
        f" r0={_n(source.zero_ohm[0])} x0={_n(source.zero_ohm[1])}"
    )
    for line in circuit.lines:
        yield from _line(line, names)
    for transformer in circuit.transformers:
        yield from _transformer(transformer, names)
    for regulator in circuit.regulators:
        yield _regulator(regulator, names)
    for capacitor in circuit.capacitors:
        yield _capacitor(capacitor, names)
    for reactor in circuit.reactors:
        yield _reactor(reactor, names)
    for control in circuit.capacitor_controls:
        yield _capacitor_control(control, names)
    for load in circuit.loads:
        yield _load(load, names)
    yield from _inverters(circuit.inverters, names)
    yield f"set voltagebases=[{' '.join(_k(base) for base in circuit.voltage_bases_v)}]"
    yield "calcvoltagebases"


def _line(line: Line, names: Names) -> Iterator[str]:
    rating = "" if line.ampacity_a is None else f" normamps={_n(line.ampacity_a)}"
    yield (
        f"new line.{names.ids['line'][line.name]} phases={len(line.sending.nodes)}"
        f" bus1={names.bus(line.sending)} bus2={names.bus(line.receiving)} length=1 units=none"
        f" rmatrix={_triangle(line.resistance_ohm)} xmatrix={_triangle(line.reactance_ohm)}"
        f" cmatrix={_triangle(line.capacitance_nf)}{rating}"
        f"{' enabled=no' if line.is_open else ''}"
    )


def _transformer(transformer: Transformer, names: Names) -> Iterator[str]:
    """Windings as arrays: said one by one, the engine lets the last rating change the first."""
    own = names.ids["transformer"][transformer.name]
    windings = transformer.windings
    keys = ("xhl", "xht", "xlt")
    reactances = " ".join(
        f"{key}={_n(value)}" for key, value in zip(keys, transformer.reactance_pct, strict=False)
    )
    yield (
        f"new transformer.{own} phases={transformer.phases} windings={len(windings)}"
        f" buses=[{' '.join(names.bus(winding.terminal) for winding in windings)}]"
        f" conns=[{' '.join(winding.connection.value for winding in windings)}]"
        f" kvs=[{' '.join(_k(winding.rated_voltage_v) for winding in windings)}]"
        f" kvas=[{' '.join(_k(winding.rated_va) for winding in windings)}]"
        f" {reactances} %noloadloss={_n(transformer.no_load_loss_pct)}"
        f" %imag={_n(transformer.magnetizing_pct)}"
        f" %rs=[{' '.join(_n(winding.resistance_pct) for winding in windings)}]"
        f"{' enabled=no' if transformer.is_open else ''}"
    )
    for number, winding in enumerate(windings, start=1):
        yield f"~ wdg={number} {_winding(winding)}"


def _winding(winding: Winding) -> str:
    neutral = ""
    if winding.neutral_ohm is not None:
        neutral = f" rneut={_n(winding.neutral_ohm[0])} xneut={_n(winding.neutral_ohm[1])}"
    return (
        f"mintap={_n(winding.lowest_tap)} maxtap={_n(winding.highest_tap)}"
        f" numtaps={winding.taps} tap={_n(winding.tap)}{neutral}"
    )


def _regulator(regulator: RegulatorControl, names: Names) -> str:
    transformer = names.of("transformer", regulator.transformer, regulator.name)
    current = f" ctprim={_n(regulator.current_primary_a)}" if regulator.current_primary_a else ""
    return (
        f"new regcontrol.{names.ids['regcontrol'][regulator.name]} transformer={transformer}"
        f" winding={regulator.winding} vreg={_n(regulator.voltage_setting_v)}"
        f" band={_n(regulator.band_v)} ptratio={_n(regulator.potential_ratio)}{current}"
        f" r={_n(regulator.compensation_r_v)} x={_n(regulator.compensation_x_v)}"
        f" delay={_n(regulator.delay_s)}"
    )


def _capacitor(capacitor: Capacitor, names: Names) -> str:
    return (
        f"new capacitor.{names.ids['capacitor'][capacitor.name]} phases={capacitor.phases}"
        f" bus1={names.bus(capacitor.terminal)} conn={capacitor.connection.value}"
        f" kv={_k(capacitor.rated_voltage_v)} numsteps={len(capacitor.steps_var)}"
        f" kvar=[{' '.join(_k(step) for step in capacitor.steps_var)}]"
        f" states=[{' '.join(str(int(state)) for state in capacitor.states)}]"
    )


def _reactor(reactor: Reactor, names: Names) -> str:
    return (
        f"new reactor.{names.ids['reactor'][reactor.name]} phases={len(reactor.terminal.nodes)}"
        f" bus1={names.bus(reactor.terminal)} rmatrix={_square(reactor.resistance_ohm)}"
        f" xmatrix={_square(reactor.reactance_ohm)}"
    )


def _capacitor_control(control: CapacitorControl, names: Names) -> str:
    kind, _, name = control.element.partition(".")
    override = ""
    if control.is_overridden_by_voltage:
        override = f" voltoverride=yes vmin={_n(control.lowest_v)} vmax={_n(control.highest_v)}"
    return (
        f"new capcontrol.{names.ids['capcontrol'][control.name]}"
        f" capacitor={names.of('capacitor', control.capacitor, control.name)}"
        f" element={kind}.{names.of(kind, name, control.name)} terminal={control.terminal}"
        f" type={control.kind} ptratio={_n(control.potential_ratio)}"
        f" ctratio={_n(control.current_ratio)} onsetting={_n(control.on_setting)}"
        f" offsetting={_n(control.off_setting)} delay={_n(control.delay_s)}{override}"
    )


def _load(load: Load, names: Names) -> str:
    extra = ""
    if load.model is LoadModel.ZIP:
        extra = f" zipv=[{' '.join(_n(share) for share in load.zip_shares)}]"
    if load.model is LoadModel.CONSERVATION:
        extra = f" cvrwatts={_n(load.exponents[0])} cvrvars={_n(load.exponents[1])}"
    if not load.follows_profile:
        extra += " status=fixed"
    return (
        f"new load.{names.ids['load'][load.name]} phases={load.phases}"
        f" bus1={names.bus(load.terminal)} conn={load.connection.value}"
        f" kv={_k(load.rated_voltage_v)} model={LOAD_MODELS[load.model]}"
        f" kw={_k(load.active_power_w)} kvar={_k(load.reactive_power_var)}"
        f" vminpu={_n(load.lowest_pu)} vmaxpu={_n(load.highest_pu)}{extra}"
    )


def _inverters(inverters: Sequence[Inverter], names: Names) -> Iterator[str]:
    curves: dict[VoltCurve, str] = {}
    for curve in (c for i in inverters for c in (i.volt_var, i.volt_watt) if c is not None):
        if curve not in curves:
            curves[curve] = f"x{len(curves)}"
            yield _curve(curve, curves[curve])
    for inverter in inverters:
        own = names.ids["inverter"][inverter.name]
        yield _generator(inverter, own, names)
        modes = [
            f"{key}={curves[curve]}"
            for key, curve in (
                ("vvc_curve1", inverter.volt_var), ("voltwatt_curve", inverter.volt_watt),
            )
            if curve is not None
        ]  # fmt: skip
        if modes:
            both = len(modes) == 2
            mode = "combimode=vv_vw" if both else f"mode={_mode(inverter)}"
            yield (
                f"new invcontrol.{own} derlist=[pvsystem.{own}] {mode} {' '.join(modes)}"
                " voltage_curvex_ref=rated refreactivepower=varmax voltagechangetolerance=0.0001"
                " varchangetolerance=0.0025 activepchangetolerance=0.001 deltaq_factor=-1"
                " deltap_factor=-1"
            )


def _mode(inverter: Inverter) -> str:
    return VOLT_WATT if inverter.volt_var is None else VOLT_VAR


def _curve(curve: VoltCurve, own: str) -> str:
    xs = " ".join(_n(x) for x, _ in curve.points)
    ys = " ".join(_n(y) for _, y in curve.points)
    return f"new xycurve.{own} npts={len(curve.points)} xarray=[{xs}] yarray=[{ys}]"


def _generator(inverter: Inverter, own: str, names: Names) -> str:
    where = (
        f"phases={inverter.phases} bus1={names.bus(inverter.terminal)}"
        f" kv={_k(inverter.rated_voltage_v)} conn={inverter.connection.value}"
    )
    if inverter.volt_var is None and inverter.volt_watt is None:
        return (
            f"new generator.{own} {where} model=1 kw={_k(inverter.rated_w)}"
            f" kvar={_k(inverter.reactive_power_var)} kva={_k(inverter.rated_va)}"
            " vminpu=0.5 vmaxpu=1.5 status=fixed"
        )
    return (
        f"new pvsystem.{own} {where} kva={_k(inverter.rated_va)} pmpp={_k(inverter.rated_w)}"
        f" irradiance=1 pf=1 %cutin=0 %cutout=0 vminpu=0.5 vmaxpu=1.5"
        f" kvarmax={_k(inverter.reactive_power_max_var)}"
        f" kvarmaxabs={_k(inverter.reactive_power_max_var)}"
    )


def _square(matrix: Matrix) -> str:
    return f"[{'|'.join(' '.join(_n(value) for value in row) for row in matrix)}]"


def _triangle(matrix: Matrix) -> str:
    rows = (" ".join(_n(value) for value in row[: n + 1]) for n, row in enumerate(matrix))
    return f"[{'|'.join(rows)}]"


def _k(value: float) -> str:
    return _n(value / 1000)


def _n(value: float) -> str:
    if not abs(value) < 1e15:
        raise CircuitFault(f"{value} is no figure for a circuit")
    return repr(round(float(value), 12))
