"""What hangs on the buses of a CIM file: loads, capacitors and their controls, DER (IC-2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from interconnection.powerflow.cim_source import Thing
from interconnection.powerflow.cim_wiring import ALL, SQRT3, Broken, Wiring, nodes
from interconnection.powerflow.circuit import (
    Capacitor,
    CapacitorControl,
    Connection,
    Inverter,
    Load,
    LoadModel,
    Terminal,
)

NEXT = {"A": (1, 2), "B": (2, 3), "C": (3, 1)}
SPLIT = frozenset({"s1", "s2", "s12"})
WHOLE, MOST_SECTIONS = 99.5, 100
SHARES = ("ConstantImpedance", "ConstantCurrent", "ConstantPower")
MODELS = {
    ("ConstantPower", "ConstantPower"): LoadModel.POWER,
    ("ConstantCurrent", "ConstantCurrent"): LoadModel.CURRENT,
    ("ConstantImpedance", "ConstantImpedance"): LoadModel.IMPEDANCE,
    ("ConstantPower", "ConstantImpedance"): LoadModel.MOTOR,
}
MACHINES = ("SynchronousMachine", "AsynchronousMachine")
CONTROL_KINDS = {
    "voltage": "voltage", "reactivePower": "kvar", "currentFlow": "current",
}  # fmt: skip


class Shunts:
    """Reads them; `levels_v` gives each bus its nominal voltage between phases."""

    def __init__(self, wiring: Wiring, levels_v: Mapping[str, float]) -> None:
        self._w = wiring
        self._levels_v = levels_v
        self._load_phases = wiring.bag.by("EnergyConsumerPhase", "EnergyConsumer")
        self._capacitor_phases = wiring.bag.by("LinearShuntCompensatorPhase", "ShuntCompensator")
        self._inverter_phases = wiring.bag.by(
            "PowerElectronicsConnectionPhase", "PowerElectronicsConnection"
        )
        self._units = {
            key: wiring.bag.by(kind, "PowerElectronicsConnection")
            for key, kind in (("sun", "PhotovoltaicUnit"), ("store", "BatteryUnit"),
                              ("wind", "PowerElectronicsWindUnit"))
        }  # fmt: skip

    def _level_v(self, thing: Thing, bus: str, phase: str = "") -> float:
        """Nominal, between phases; a secondary's from the transformer that feeds it."""
        known = self._levels_v.get(bus)
        stated = None if phase in SPLIT else self._w.base_v(thing)
        found = stated or known or self._w.base_v(thing)
        if not found:
            raise Broken("has no base voltage, and nothing feeds its bus")
        return found

    def _at(self, thing: Thing) -> tuple[Thing, str]:
        terminal = self._w.ends(thing, 1)[0]
        return terminal, self._w.bus(terminal)

    # Loads ---------------------------------------------------------------------------------------
    def loads(self) -> Iterator[Load]:
        for thing in self._w.bag.of("EnergyConsumer", "ConformLoad", "NonConformLoad"):
            try:
                yield from self._load(thing)
            except Broken as broken:
                self._w.fault(thing, f"{broken}.")

    def _load(self, thing: Thing) -> Iterator[Load]:
        terminal, bus = self._at(thing)
        parts = self._load_phases.get(thing.id, [])
        name = self._w.own_name(thing, "load")
        is_delta = thing.values.get("phaseConnection", "Y").upper().startswith("D")
        connection = Connection.DELTA if is_delta else Connection.WYE
        model, shares, exponents = self._response(thing)
        phases = self._w.phases_of(thing, parts, "phase")
        if not parts and phases == ALL:
            yield Load(
                name, Terminal(bus, (1, 2, 3)), 3, connection, self._level_v(thing, bus),
                self._power(thing, "p"), self._power(thing, "q"), model, shares, exponents,
            )  # fmt: skip
            return
        live = [phase for phase in phases if phase != "N"]
        for number, phase in enumerate(live):
            part = parts[number] if number < len(parts) else None
            where = NEXT[phase] if is_delta and phase in NEXT else nodes((phase,))
            yield Load(
                name=name if len(live) == 1 else f"{name} {phase}",
                terminal=Terminal(self._w.bus(terminal), where),
                phases=1,
                connection=connection if phase in NEXT else Connection.WYE,
                rated_voltage_v=_rated_v(self._level_v(thing, bus, phase), len(where), phase),
                active_power_w=self._share(thing, part, "p", len(live)),
                reactive_power_var=self._share(thing, part, "q", len(live)),
                model=model,
                zip_shares=shares,
                exponents=exponents,
            )

    def _power(self, thing: Thing, key: str) -> float:
        return self._w.number(thing, key, self._w.number(thing, f"{key}fixed", 0.0))

    def _share(self, thing: Thing, part: Thing | None, key: str, count: int) -> float:
        if part is not None and (key in part.values or f"{key}fixed" in part.values):
            return self._power(part, key)
        return self._power(thing, key) / count

    def _response(self, thing: Thing) -> tuple[LoadModel, tuple[float, ...], tuple[float, float]]:
        response = self._w.bag.named(thing, "LoadResponse")
        if response is None:
            return LoadModel.POWER, (), (1.0, 2.0)
        if response.truth("exponentModel"):
            exponents = (
                self._w.number(response, "pVoltageExponent", 0.0),
                self._w.number(response, "qVoltageExponent", 0.0),
            )
            plain = {(0.0, 0.0): LoadModel.POWER, (1.0, 1.0): LoadModel.CURRENT,
                     (2.0, 2.0): LoadModel.IMPEDANCE}  # fmt: skip
            found = plain.get(exponents, LoadModel.CONSERVATION)
            return found, (), exponents if found is LoadModel.CONSERVATION else (1.0, 2.0)
        shares = {
            f"{axis}{kind}": self._w.number(response, f"{axis}{kind}", 0.0)
            for axis in "pq" for kind in SHARES
        }  # fmt: skip
        whole = tuple(
            next((kind for kind in SHARES if shares[f"{axis}{kind}"] >= WHOLE), "") for axis in "pq"
        )
        if whole in MODELS:
            return MODELS[whole], (), (1.0, 2.0)
        sums = [sum(shares[f"{axis}{kind}"] for kind in SHARES) for axis in "pq"]
        if not all(sums):
            return LoadModel.POWER, (), (1.0, 2.0)
        zipped = tuple(
            shares[f"{axis}{kind}"] / total for axis, total in zip("pq", sums, strict=True)
            for kind in SHARES
        )  # fmt: skip
        return LoadModel.ZIP, (*zipped, 0.0), (1.0, 2.0)

    # Capacitors ----------------------------------------------------------------------------------
    def capacitors(self) -> Iterator[Capacitor]:
        for thing in self._w.bag.of("LinearShuntCompensator"):
            try:
                yield from self._capacitor(thing)
            except Broken as broken:
                self._w.fault(thing, f"{broken}.")

    def _capacitor(self, thing: Thing) -> Iterator[Capacitor]:
        _, bus = self._at(thing)
        parts = self._capacitor_phases.get(thing.id, [])
        name = self._w.own_name(thing, "capacitor")
        connection = (
            Connection.DELTA
            if thing.values.get("phaseConnection", "Y").upper().startswith("D")
            else Connection.WYE
        )
        nominal_v = self._w.number(thing, "nomU", self._level_v(thing, bus))
        own_b = self._w.number(thing, "bPerSection", 0.0)
        if not parts:
            phases = self._w.phases_of(thing, [], "phase")
            if own_b <= 0:
                raise Broken("has no susceptance: a shunt reactor is not read")
            steps, states = self._steps(thing, thing, own_b * nominal_v**2)
            yield Capacitor(name, Terminal(bus, nodes(phases)), len(phases), connection, nominal_v,
                            steps, states)  # fmt: skip
            return
        each_b = [self._w.number(part, "bPerSection", own_b) for part in parts]
        # Some state each phase's share of the whole, others what hangs between phase and neutral.
        is_share = len(parts) == 1 or abs(sum(each_b) - own_b) < 0.01 * abs(own_b)
        across_v = nominal_v if is_share or connection is Connection.DELTA else nominal_v / SQRT3
        for part, b in zip(parts, each_b, strict=True):
            (phase,) = self._w.phases_of(thing, [part], "phase")
            where = NEXT[phase] if connection is Connection.DELTA else nodes((phase,))
            steps, states = self._steps(part, thing, b * across_v**2)
            rated_v = across_v
            if len(parts) > 1 and is_share and connection is Connection.WYE:
                rated_v = nominal_v / SQRT3
            yield Capacitor(
                name if len(parts) == 1 else f"{name} {phase}", Terminal(bus, where), 1, connection,
                rated_v, steps, states,
            )  # fmt: skip

    def _steps(
        self, part: Thing, thing: Thing, step_var: float
    ) -> tuple[tuple[float, ...], tuple[bool, ...]]:
        def of(key: str, default: float) -> float:
            return self._w.number(part, key, self._w.number(thing, key, default))

        count = int(of("maximumSections", 1.0))
        if not 1 <= count <= MOST_SECTIONS:
            raise Broken(f"has {count} sections")
        closed = round(of("sections", of("normalSections", count)))
        return (step_var,) * count, tuple(number < closed for number in range(count))

    def capacitor_controls(
        self, capacitors: Mapping[str, list[Capacitor]], branches: Mapping[str, str]
    ) -> Iterator[CapacitorControl]:
        """`capacitors` are those made of each compensator's id, `branches` name lines by id."""
        for thing in self._w.bag.of("RegulatingControl"):
            target = self._w.bag.named(thing, "RegulatingCondEq")
            for compensator in self._w.bag.of("LinearShuntCompensator"):
                if thing.id in compensator.values.get("RegulatingControl", "").split():
                    target = compensator
            if target is None or thing.truth("enabled") is False:
                continue
            try:
                yield from self._control(thing, target, capacitors, branches)
            except Broken as broken:
                self._w.fault(thing, f"{broken}.")

    def _control(
        self,
        thing: Thing,
        target: Thing,
        capacitors: Mapping[str, list[Capacitor]],
        branches: Mapping[str, str],
    ) -> Iterator[CapacitorControl]:
        kind = CONTROL_KINDS.get(thing.values.get("mode", ""))
        terminal = self._w.bag.named(thing, "Terminal")
        watched = branches.get(terminal.values.get("ConductingEquipment", "")) if terminal else None
        if kind is None or terminal is None or watched is None:
            words = f"The control {thing.name} is left out: its capacitor stays as it is."
            self._w.note(words, thing.line)
            return
        middle = self._w.number(thing, "targetValue")
        half = abs(self._w.number(thing, "targetDeadband", 0.0)) / 2
        unit = 1000.0 if kind == "kvar" else 1.0
        low, high = (middle - half) / unit, (middle + half) / unit
        own = self._w.own_name(thing, "capacitor control")
        for capacitor in capacitors.get(target.id, ()):
            yield CapacitorControl(
                name=f"{own}{capacitor.name[len(target.name.strip()) :]}",
                capacitor=capacitor.name,
                kind=kind,
                element=f"line.{watched}",
                terminal=int(self._w.number(terminal, "sequenceNumber", 1.0)),
                potential_ratio=1.0,
                current_ratio=1.0,
                on_setting=low if kind == "voltage" else high,
                off_setting=high if kind == "voltage" else low,
                delay_s=self._w.number(target, "aVRDelay", 15.0) or 15.0,
            )

    # DER -----------------------------------------------------------------------------------------
    def inverters(self) -> Iterator[Inverter | Load]:
        """A battery that charges while the file was made comes as a load."""
        for thing in self._w.bag.of("PowerElectronicsConnection", *MACHINES):
            try:
                yield from self._inverter(thing)
            except Broken as broken:
                self._w.fault(thing, f"{broken}.")

    def _unit(self, thing: Thing) -> tuple[str, Thing | None]:
        for kind, by_inverter in self._units.items():
            if thing.id in by_inverter:
                return kind, by_inverter[thing.id][0]
        unit = self._w.bag.named(thing, "PowerElectronicsUnit")
        if unit is None:
            return "", None
        return ("store" if unit.kind == "BatteryUnit" else "sun"), unit

    def _inverter(self, thing: Thing) -> Iterator[Inverter | Load]:
        _, bus = self._at(thing)
        kind, unit = self._unit(thing)
        power_w = self._w.number(thing, "p", 0.0)
        if thing.kind in MACHINES:
            power_w = abs(power_w)  # written with either sign
        largest_w = self._w.number(unit, "maxP", 0.0) if unit else 0.0
        if power_w == 0 and kind != "store":
            power_w = largest_w
        reactive_var = self._w.number(thing, "q", 0.0)
        rated_va = self._w.number(thing, "ratedS", max(largest_w, abs(power_w)))
        parts = self._inverter_phases.get(thing.id, [])
        phases = [p for p in self._w.phases_of(thing, parts, "phase") if p != "N"]
        groups = [tuple(phases)] if len(phases) in {1, 3} else [(phase,) for phase in phases]
        name = self._w.own_name(thing, "inverter")
        for group in groups:
            share = 1 / len(groups)
            where = nodes(group)
            level_v = self._level_v(thing, bus, group[0])
            rated_v = level_v if len(group) == 3 else _rated_v(level_v, len(where), group[0])
            own = name if len(groups) == 1 else f"{name} {group[0]}"
            if kind == "store" and power_w < 0:
                yield Load(f"{own} (charging)", Terminal(bus, where), len(group), Connection.WYE,
                           rated_v, -power_w * share, -reactive_var * share,
                           follows_profile=False)  # fmt: skip
                continue
            yield Inverter(
                name=own,
                terminal=Terminal(bus, where),
                phases=len(group),
                rated_voltage_v=rated_v,
                rated_va=rated_va * share,
                rated_w=power_w * share,
                reactive_power_var=reactive_var * share,
                profile="solar" if kind == "sun" else "flat",
            )


def _rated_v(level_v: float, conductors: int, phase: str) -> float:
    """Of one phase: to neutral, between two phases, or across both halves of a secondary."""
    if phase == "s12":
        return 2 * level_v / SQRT3
    return level_v if conductors == 2 else level_v / SQRT3
