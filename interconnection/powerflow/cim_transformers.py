"""Transformers, their tanks, taps and tap changer controls of a CIM file (IC-2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from interconnection.powerflow.cim_source import Thing
from interconnection.powerflow.cim_wiring import ALL, SQRT3, Broken, Wiring, letters, nodes
from interconnection.powerflow.circuit import (
    Connection,
    RegulatorControl,
    Terminal,
    Transformer,
    Winding,
)

SMALLEST_PCT = 1e-4
PAIRS = {2: ((0, 1),), 3: ((0, 1), (0, 2), (1, 2))}
FLOATING = 4  # the conductor of a neutral that nobody earths
CONTROL_V, DEFAULT_BAND_V, DEFAULT_DELAY_S = 120.0, 2.0, 15.0


@dataclass(frozen=True, slots=True)
class _End:
    """One winding with the object that has its place and the one that has its data."""

    place: Thing
    data: Thing
    voltage_v: float
    rated_va: float


class Transformers:
    """Reads them all; `windings` remembers which end became which winding."""

    def __init__(self, wiring: Wiring) -> None:
        self._w = wiring
        bag = wiring.bag
        self.windings: dict[str, tuple[str, int]] = {}
        self._ends = bag.by("PowerTransformerEnd", "PowerTransformer")
        self._tanks = bag.by("TransformerTank", "PowerTransformer")
        self._tank_ends = bag.by("TransformerTankEnd", "TransformerTank")
        self._infos = bag.by("TransformerEndInfo", "TransformerTankInfo")
        self._assets = bag.by("Asset", "PowerSystemResources")
        self._mesh = {
            key: bag.by("TransformerMeshImpedance", key)
            for key in ("FromTransformerEnd", "FromTransformerEndInfo")
        }
        self._star = {
            key: bag.by("TransformerStarImpedance", key)
            for key in ("TransformerEnd", "TransformerEndInfo")
        }
        self._core = {
            key: bag.by("TransformerCoreAdmittance", key)
            for key in ("TransformerEnd", "TransformerEndInfo")
        }
        self._short = bag.by("ShortCircuitTest", "EnergisedEnd")
        self._idle = bag.by("NoLoadTest", "EnergisedEnd")

    def read(self) -> tuple[Transformer, ...]:
        return tuple(self._each())

    def _each(self) -> Iterator[Transformer]:
        for thing in self._w.bag.of("PowerTransformer"):
            tanks = self._tanks.get(thing.id, [])
            for one in tanks or [thing]:
                try:
                    yield self._transformer(one, is_tank=bool(tanks))
                except Broken as broken:
                    self._w.fault(one, f"{broken}.")
        self._orphans()

    def _orphans(self) -> None:
        known = {t.id for t in self._w.bag.of("PowerTransformer", "TransformerTank")}
        for ends, what in ((self._ends, "transformer"), (self._tank_ends, "tank")):
            for owner, things in ends.items():
                if owner not in known:
                    self._w.fault(things[0], f"belongs to a {what} that is not in the file.")
        for owner, things in self._tanks.items():
            if owner not in known:
                self._w.fault(things[0], "belongs to a transformer that is not in the file.")

    # One transformer -----------------------------------------------------------------------------
    def _transformer(self, thing: Thing, *, is_tank: bool) -> Transformer:
        places = (self._tank_ends if is_tank else self._ends).get(thing.id, [])
        places = sorted(places, key=lambda end: self._w.number(end, "endNumber", 9.0))
        if len(places) not in PAIRS:
            raise Broken(f"has {len(places)} ends; two or three are read")
        ends = self._rated(thing, places) if is_tank else [self._end(p, p) for p in places]
        windings = [self._winding(end, number) for number, end in enumerate(ends)]
        sizes = {_size(winding) for winding in windings}
        if len(sizes) > 1 and max(sizes) > 2:
            raise Broken("has ends of different phases")
        phases = 3 if max(sizes) == 3 else 1
        name = self._w.own_name(thing, "transformer")
        resistances = self._resistances(ends)
        idle = self._no_load(ends[0])
        bank = Transformer(
            name=name,
            phases=phases,
            windings=tuple(
                replace(winding, resistance_pct=share)
                for winding, share in zip(windings, resistances, strict=True)
            ),
            reactance_pct=tuple(
                self._reactance(ends, resistances, one, other) for one, other in PAIRS[len(ends)]
            ),
            no_load_loss_pct=idle[0],
            magnetizing_pct=idle[1],
        )
        for number, place in enumerate(places):
            self.windings[place.id] = (name, number)
        return bank

    def _end(self, place: Thing, data: Thing) -> _End:
        voltage_v, rated_va = self._w.number(data, "ratedU"), self._w.number(data, "ratedS")
        if voltage_v <= 0 or rated_va <= 0:
            raise Broken(f"has an end rated {voltage_v:g} V and {rated_va:g} VA")
        return _End(place, data, voltage_v, rated_va)

    def _rated(self, tank: Thing, places: list[Thing]) -> list[_End]:
        info = self._w.bag.named(tank, "TransformerTankInfo")
        for asset in self._assets.get(tank.id, ()):
            info = info or self._w.bag.named(asset, "AssetInfo")
        if info is None:
            raise Broken("has no data sheet (TransformerTankInfo)")
        sheets = sorted(
            self._infos.get(info.id, []), key=lambda end: self._w.number(end, "endNumber", 9.0)
        )
        if len(sheets) != len(places):
            raise Broken(f"has {len(places)} ends, its data sheet {len(sheets)}")
        return [self._end(place, sheet) for place, sheet in zip(places, sheets, strict=True)]

    def _winding(self, end: _End, number: int) -> Winding:
        terminal = self._w.bag.named(end.place, "Terminal")
        if terminal is None:
            raise Broken(f"has no terminal at end {number + 1}")
        where, connection = self._where(end, terminal, number)
        return Winding(
            terminal=Terminal(self._w.bus(terminal), where),
            connection=connection,
            rated_voltage_v=end.voltage_v,
            rated_va=end.rated_va,
            resistance_pct=0.0,
            neutral_ohm=self._neutral_ohm(end) if FLOATING in where else None,
        )

    def _neutral_ohm(self, end: _End) -> tuple[float, float] | None:
        found = self._earthing(end)
        return found if end.place.truth("grounded") is not False else None

    def _earthing(self, end: _End) -> tuple[float, float]:
        r_ohm, x_ohm = (self._w.number(end.place, key, 0.0) for key in ("rground", "xground"))
        return r_ohm, x_ohm

    def _where(self, end: _End, terminal: Thing, number: int) -> tuple[tuple[int, ...], Connection]:
        kind = end.data.values.get("connectionKind") or end.place.values.get("connectionKind", "Y")
        code = ""
        for key, holder in (
            ("orderedPhases", end.place),
            ("phases", end.place),
            ("phases", terminal),
        ):
            code = code or holder.values.get(key, "")
        phases = letters(code) or ALL
        live = [phase for phase in phases if phase != "N"]
        if len(live) == 3:
            if kind.upper().startswith("D"):
                return nodes(live), Connection.DELTA
            floats = end.place.truth("grounded") is False or any(self._earthing(end))
            return (*nodes(live), *((FLOATING,) if floats else ())), Connection.WYE
        found = nodes(phases)
        # A centre-tapped winding turned round: said by the clock where the phases do not say it.
        if phases[0] == "s2":
            is_turned = number == 2 or self._w.number(end.data, "phaseAngleClock", 0.0) == 6
            found = (0, 2) if is_turned else (2, 0)
        across = len(live) == 2 and "N" not in phases and not live[0].startswith("s")
        is_delta = across or kind.upper() == "D"
        return found, Connection.DELTA if is_delta else Connection.WYE

    # Impedances, in % of the first winding's rating ----------------------------------------------
    def _base_ohm(self, end: _End, ends: list[_End]) -> float:
        return end.voltage_v**2 / ends[0].rated_va

    def _resistances(self, ends: list[_End]) -> list[float]:
        """Of each winding: what is measured between pairs goes before what each end states."""
        own = self._own_resistances(ends)
        pairs = [self._pair_resistance(ends, one, other) for one, other in PAIRS[len(ends)]]
        if any(pair is None for pair in pairs) or (any(own) and not any(pairs)):
            return own or [0.0] * len(ends)
        known = [pair for pair in pairs if pair is not None]
        if len(ends) == 2:
            share = own[0] / sum(own) if own and sum(own) > 0 else 0.5
            return [known[0] * share, known[0] * (1 - share)]
        first, second, third = known
        star = [first + second - third, first + third - second, second + third - first]
        return [max(one / 2, 0.0) for one in star]

    def _own_resistances(self, ends: list[_End]) -> list[float]:
        if all("r" in end.data.values for end in ends):
            return [100 * self._w.number(e.data, "r") / self._base_ohm(e, ends) for e in ends]
        stars = [star for end in ends if (star := self._of(end, self._star))]
        if len(stars) < len(ends):
            return []
        return [
            100 * self._w.number(star, "r", 0.0) / self._base_ohm(end, ends)
            for end, star in zip(ends, stars, strict=True)
        ]

    def _pair_resistance(self, ends: list[_End], one: int, other: int) -> float | None:
        mesh = self._between(ends[one], ends[other])
        if mesh is not None:
            if "r" not in mesh[0].values:
                return None
            return 100 * self._w.number(mesh[0], "r") / self._base_ohm(mesh[1], ends)
        test = self._test(ends[one], ends[other])
        if test is None or "loss" not in test.values:
            return None
        base_va = self._w.number(test, "basePower", ends[0].rated_va) or ends[0].rated_va
        measured = 100 * 1000 * self._w.number(test, "loss") / base_va
        return measured * ends[0].rated_va / base_va

    def _reactance(self, ends: list[_End], resistances: list[float], one: int, other: int) -> float:
        mesh = self._between(ends[one], ends[other])
        if mesh is not None:
            found = 100 * self._w.number(mesh[0], "x") / self._base_ohm(mesh[1], ends)
        elif (test := self._test(ends[one], ends[other])) is not None:
            is_first = ends[one].data.id in test.values.get("EnergisedEnd", "").split()
            base = self._base_ohm(ends[one if is_first else other], ends)
            whole = 100 * self._w.number(test, "leakageImpedance") / base
            resistance = resistances[one] + resistances[other]
            found = max(whole**2 - resistance**2, 0.0) ** 0.5
        else:
            found = self._star_reactance(ends, one, other)
        if not found:
            raise Broken(f"has no impedance between ends {one + 1} and {other + 1}")
        return max(found, SMALLEST_PCT)

    def _star_reactance(self, ends: list[_End], one: int, other: int) -> float:
        total = 0.0
        for end in (ends[one], ends[other]):
            star = self._of(end, self._star)
            total += 100 * self._w.number(star or end.data, "x", 0.0) / self._base_ohm(end, ends)
        return total

    def _of(self, end: _End, known: dict[str, dict[str, list[Thing]]]) -> Thing | None:
        for by_end in known.values():
            for key in (end.place.id, end.data.id):
                if key in by_end:
                    return by_end[key][0]
        return None

    def _between(self, one: _End, other: _End) -> tuple[Thing, _End] | None:
        """The mesh impedance of a pair and the end it is seen from."""
        for start, end in ((one, other), (other, one)):
            for by_end in self._mesh.values():
                for own in {start.place.id, start.data.id}:
                    for mesh in by_end.get(own, ()):
                        to = " ".join(v for k, v in mesh.values.items() if k.startswith("To"))
                        if {end.place.id, end.data.id} & set(to.split()):
                            return mesh, start
        return None

    def _test(self, one: _End, other: _End) -> Thing | None:
        for start, end in ((one, other), (other, one)):
            for test in self._short.get(start.data.id, ()):
                if end.data.id in test.values.get("GroundedEnds", "").split():
                    return test
        return None

    def _no_load(self, end: _End) -> tuple[float, float]:
        """Losses and magnetizing current in %."""
        core = self._of(end, self._core)
        if core is not None:
            base = 100 * end.voltage_v**2 / end.rated_va
            loss, current = (abs(self._w.number(core, key, 0.0)) for key in "gb")
            return loss * base, current * base
        for test in self._idle.get(end.data.id, ()):
            loss_pct = 100 * 1000 * self._w.number(test, "loss", 0.0) / end.rated_va
            whole = self._w.number(test, "excitingCurrent", 0.0)
            return loss_pct, max(whole**2 - loss_pct**2, 0.0) ** 0.5
        return 0.0, 0.0


class TapChangers:
    """Sets the taps of transformers that were read, and makes their controls."""

    def __init__(self, wiring: Wiring, transformers: Transformers) -> None:
        self._w = wiring
        self._windings = transformers.windings
        self.controls: list[RegulatorControl] = []

    def apply(self, banks: tuple[Transformer, ...]) -> tuple[Transformer, ...]:
        by_name = {bank.name: bank for bank in banks}
        for thing in self._w.bag.of("RatioTapChanger"):
            end = self._w.bag.named(thing, "TransformerEnd")
            if end is None or end.id not in self._windings:
                self._w.fault(thing, "changes the tap of no transformer of the file.")
                continue
            name, number = self._windings[end.id]
            try:
                by_name[name] = self._tapped(thing, by_name[name], number)
                self._control(thing, by_name[name], number)
            except Broken as broken:
                self._w.fault(thing, f"{broken}.")
        return tuple(by_name[bank.name] for bank in banks)

    def _tapped(self, thing: Thing, bank: Transformer, number: int) -> Transformer:
        step_pct = self._w.number(thing, "stepVoltageIncrement", 0.625)
        high, low = self._w.number(thing, "highStep", 16.0), self._w.number(thing, "lowStep", -16.0)
        neutral = self._w.number(thing, "neutralStep", 0.0)
        normal = self._w.number(thing, "normalStep", neutral)
        step = self._w.number(thing, "step", normal)
        if not low <= step <= high or high == low or not 0 < abs(step_pct) < 10:
            raise Broken(f"stands at step {step:g} of {low:g} to {high:g}, {step_pct:g} % each")
        ratio = [1 + (at - neutral) * step_pct / 100 for at in (step, low, high)]
        windings = list(bank.windings)
        windings[number] = replace(
            windings[number], tap=ratio[0], lowest_tap=min(ratio[1:]), highest_tap=max(ratio[1:]),
            taps=round(high - low),
        )  # fmt: skip
        return replace(bank, windings=tuple(windings))

    def _control(self, thing: Thing, bank: Transformer, number: int) -> None:
        control = self._w.bag.named(thing, "TapChangerControl")
        if control is None or thing.truth("controlEnabled") is False:
            return
        if control.truth("enabled") is False:
            return
        winding = bank.windings[number]
        target_v, ratio = self._target(thing, control, _to_neutral_v(bank, winding))
        band_v = self._w.number(control, "targetDeadband", 0.0)
        if not band_v:
            band_v = DEFAULT_BAND_V
            self._w.note(f"{control.name} has no dead band: {band_v:g} V were taken.", control.line)
        elif "ptRatio" not in thing.values and ratio > 1 and band_v > CONTROL_V / 4:
            band_v /= ratio
        compensates = control.truth("lineDropCompensation")
        number_of = self._w.number
        self.controls.append(
            RegulatorControl(
                name=self._w.own_name(thing, "regulator"),
                transformer=bank.name,
                winding=number + 1,
                voltage_setting_v=target_v,
                band_v=abs(band_v),
                potential_ratio=ratio,
                current_primary_a=number_of(thing, "ctRating", 0.0),
                compensation_r_v=number_of(control, "lineDropR", 0.0) if compensates else 0.0,
                compensation_x_v=number_of(control, "lineDropX", 0.0) if compensates else 0.0,
                delay_s=number_of(thing, "initialDelay", DEFAULT_DELAY_S) or DEFAULT_DELAY_S,
            )
        )
        self._look_at_terminal(control, bank)

    def _target(self, thing: Thing, control: Thing, to_neutral_v: float) -> tuple[float, float]:
        """The setting behind the potential transformer, and its ratio."""
        target_v = self._w.number(control, "targetValue")
        ratio = self._w.number(thing, "ptRatio", 0.0)
        if ratio > 0:
            return target_v, ratio
        ratio = to_neutral_v / CONTROL_V
        if target_v < 4 * CONTROL_V:
            self._w.note(f"{thing.name} has no ptRatio: {ratio:.4g} was taken.", thing.line)
            return target_v, ratio
        between = abs(target_v / to_neutral_v - SQRT3) < 0.4
        return target_v / ratio / (SQRT3 if between else 1.0), ratio

    def _look_at_terminal(self, control: Thing, bank: Transformer) -> None:
        terminal = self._w.bag.named(control, "Terminal")
        if terminal is None:
            return
        if self._w.bus(terminal) not in {winding.terminal.bus for winding in bank.windings}:
            words = f"{control.name} watches another bus: here it watches its own transformer."
            self._w.note(words, control.line)


def _size(winding: Winding) -> int:
    live = [node for node in winding.terminal.nodes if node not in {0, FLOATING}]
    return 3 if len(live) == 3 else 1


def _to_neutral_v(bank: Transformer, winding: Winding) -> float:
    return winding.rated_voltage_v / (SQRT3 if bank.phases == 3 else 1.0)
