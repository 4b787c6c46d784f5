"""Makes up a radial feeder from a seed: a trunk with reclosers, laterals, service transformers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from interconnection.powerflow.ieee13 import CONFIGURATIONS
from interconnection.powerflow.layout import Place, place_buses
from interconnection.powerflow.network import (
    BusData,
    Capacitor,
    FeederModel,
    InlineTransformer,
    Load,
    LoadConnection,
    NetworkFault,
    Regulator,
    SectionData,
    SegmentData,
    SegmentKind,
    ServiceTransformer,
)

TRUNK, LATERAL = "601", "602"
# Mostly single houses and pairs; every third secondary is shared by three or four.
SINGLE_PHASE_SIZES = (
    (25_000, 1), (50_000, 4), (37_500, 2), (50_000, 3), (25_000, 1), (75_000, 4),
)  # fmt: skip
THREE_PHASE_SIZES = ((75_000, 1), (150_000, 2), (112_500, 1))
POWER_FACTOR_VAR_SHARE = 0.35


@dataclass(frozen=True, slots=True)
class RadialPlan:
    """What to make: sizes, loads and where the sectionalizing devices are.

    `reclosers` are the trunk buses (counted from 1) whose feeding segment has a recloser.
    Sections named in `without_minimum` have no minimum-load measurement.
    """

    name: str
    substation: str
    nominal_voltage_v: int
    rated_capacity_w: int
    hosting_capacity_w: int | None
    source: str
    trunk_buses: int
    lateral_buses: int
    reclosers: tuple[int, ...]
    peak_load_w: int
    minimum_share: float
    minimum_daytime_share: float
    substation_transformer_va: int
    without_minimum: tuple[str, ...] = ()


@dataclass(slots=True)
class _Draft:
    """The feeder while it grows; buses in the order in which they were added."""

    rng: Random
    phases: dict[str, str] = field(default_factory=dict)
    segments: list[SegmentData] = field(default_factory=list)

    def join(
        self,
        from_bus: str,
        to_bus: str,
        phases: str,
        length_m: float,
        kind: SegmentKind = SegmentKind.LINE,
    ) -> None:
        self.phases[to_bus] = phases
        configuration = TRUNK if to_bus.startswith("T") else LATERAL
        if len(phases) == 1:
            configuration = "605"
        self.segments.append(
            SegmentData(
                f"{from_bus}-{to_bus}", from_bus, to_bus, phases, length_m, kind, configuration
            )
        )


def make_feeder(plan: RadialPlan, *, seed: int) -> FeederModel:
    """The same plan and seed make the same feeder; raises NetworkFault for an impossible plan."""
    if plan.trunk_buses < 2 or any(not 1 < r < plan.trunk_buses for r in plan.reclosers):
        raise NetworkFault(f"{plan.name}: reclosers must lie on the trunk, beyond its first bus")
    draft = _Draft(Random(seed))  # noqa: S311  a made-up feeder, not a secret
    _add_trunk(draft, plan)
    _add_laterals(draft, plan)
    places = place_buses("T0", draft.segments)
    section_of = _sections(draft, plan)
    loads = _loads(draft, plan)
    return FeederModel(
        name=plan.name,
        substation=plan.substation,
        nominal_voltage_v=plan.nominal_voltage_v,
        rated_capacity_w=plan.rated_capacity_w,
        hosting_capacity_w=plan.hosting_capacity_w,
        source=plan.source,
        buses=_buses(draft, plan, places, section_of),
        segments=tuple(draft.segments),
        sections=_section_figures(plan, section_of, loads),
        configurations=tuple(c for c in CONFIGURATIONS if c.name in {TRUNK, LATERAL, "605"}),
        transformers=(
            InlineTransformer(
                "Substation", "", plan.substation_transformer_va, 115_000, plan.nominal_voltage_v,
                1.0, 8.0,
            ),
        ),
        regulators=(Regulator("Head", "T0-T1", "ABC", 122.0, 2.0, 60, 600, 3.0, 7.5),),
        capacitors=(Capacitor(f"T{plan.trunk_buses * 2 // 3}", (150_000, 150_000, 150_000)),),
        loads=loads,
        service_transformers=_service_transformers(draft, plan),
    )  # fmt: skip


def _add_trunk(draft: _Draft, plan: RadialPlan) -> None:
    draft.phases["T0"] = "ABC"
    for number in range(1, plan.trunk_buses):
        kind = SegmentKind.RECLOSER if number in plan.reclosers else SegmentKind.LINE
        kind = SegmentKind.REGULATOR if number == 1 else kind
        length_m = float(draft.rng.randrange(180, 520, 10))
        draft.join(f"T{number - 1}", f"T{number}", "ABC", length_m, kind)


def _add_laterals(draft: _Draft, plan: RadialPlan) -> None:
    rng = draft.rng
    remaining = plan.lateral_buses
    lateral = 0
    while remaining > 0:
        root = 1 + lateral * 7 % (plan.trunk_buses - 1)
        phases = "ABC" if lateral % 4 == 3 else "ABC"[lateral % 3]
        lateral += 1
        from_bus = f"T{root}"
        for number in range(1, min(remaining, rng.randint(1, 3)) + 1):
            to_bus = f"L{lateral}.{number}"
            draft.join(from_bus, to_bus, phases, float(rng.randrange(90, 360, 10)))
            from_bus = to_bus
            remaining -= 1


def _sections(draft: _Draft, plan: RadialPlan) -> dict[str, str]:
    """Which section each bus lies in: the nearest device towards the substation decides."""
    section_of = {"T0": "S1"}
    names = {f"T{bus}": f"S{number}" for number, bus in enumerate(plan.reclosers, start=2)}
    for segment in draft.segments:
        section_of[segment.to_bus] = names.get(segment.to_bus, section_of[segment.from_bus])
    return section_of


def _loads(draft: _Draft, plan: RadialPlan) -> tuple[Load, ...]:
    buses = [bus for bus in draft.phases if bus != "T0"]
    weights = [draft.rng.uniform(0.5, 1.5) * (1 + len(draft.phases[bus])) for bus in buses]
    loads = []
    for bus, weight in zip(buses, weights, strict=True):
        total_w = plan.peak_load_w * weight / sum(weights)
        phases = draft.phases[bus]
        each_w = round(total_w / len(phases), -2)
        power = tuple(int(each_w) if phase in phases else 0 for phase in "ABC")
        reactive = tuple(round(w * POWER_FACTOR_VAR_SHARE) for w in power)
        loads.append(
            Load(
                bus,
                LoadConnection.WYE_POWER,
                (power[0], power[1], power[2]),
                (reactive[0], reactive[1], reactive[2]),
            )
        )
    return tuple(loads)


def _section_figures(
    plan: RadialPlan, section_of: Mapping[str, str], loads: tuple[Load, ...]
) -> tuple[SectionData, ...]:
    own_w: dict[str, int] = {}
    for load in loads:
        name = section_of[load.bus]
        own_w[name] = own_w.get(name, 0) + sum(load.active_power_w)
    names = ["S1", *(f"S{n}" for n in range(2, len(plan.reclosers) + 2))]
    sections = []
    for number, name in enumerate(names):
        # Sections lie one behind the other on the trunk; a device sees all that is further out.
        beyond_w = sum(own_w[further] for further in names[number:])
        known = name not in plan.without_minimum
        sections.append(
            SectionData(
                name=name,
                head_device=f"Breaker {plan.name}" if number == 0 else f"Recloser R{number}",
                upstream=names[number - 1] if number else None,
                peak_load_w=_whole_kw(beyond_w),
                minimum_load_w=_whole_kw(beyond_w * plan.minimum_share) if known else None,
                minimum_daytime_load_w=(
                    _whole_kw(beyond_w * plan.minimum_daytime_share) if known else None
                ),
            )
        )
    return tuple(sections)


def _whole_kw(power_w: float) -> int:
    return round(power_w / 1000) * 1000


def _buses(
    draft: _Draft,
    plan: RadialPlan,
    places: Mapping[str, Place],
    section_of: Mapping[str, str],
) -> tuple[BusData, ...]:
    return tuple(
        BusData(
            name=name,
            phases=phases,
            nominal_voltage_v=plan.nominal_voltage_v,
            section=section_of[name],
            distance_m=places[name].distance_m,
            x=places[name].x,
            y=places[name].y,
        )
        for name, phases in draft.phases.items()
    )


def _service_transformers(draft: _Draft, plan: RadialPlan) -> tuple[ServiceTransformer, ...]:
    made: list[ServiceTransformer] = []

    def add(bus: str, phases: str) -> None:
        sizes = THREE_PHASE_SIZES if phases == "ABC" else SINGLE_PHASE_SIZES
        rated_va, premises = sizes[sum(t.phases == phases for t in made) % len(sizes)]
        made.append(
            ServiceTransformer(
                name=f"{plan.name}-T{len(made) + 1:02d}",
                bus=bus,
                phases=phases,
                rated_va=rated_va,
                secondary_voltage_v=480 if phases == "ABC" else 240,
                premises=premises,
            )
        )

    for number, (bus, phases) in enumerate(draft.phases.items()):
        if bus == "T0":
            continue
        add(bus, phases)
        if phases == "ABC":
            add(bus, "ABC")
            add(bus, "ABC"[number % 3])
    return tuple(made)
