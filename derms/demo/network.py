"""What the screens need to know of the demo's feeders, as a utility would have entered it.

Fault currents fall with the distance from a made-up substation: they are no study of a circuit.
"""

import math
from collections.abc import Mapping
from datetime import datetime

from interconnection.models import Bus, DistributionTransformer, Feeder
from interconnection.services.conditions import add_standard_condition
from interconnection.services.network_facts import NetworkFact, record_facts
from interconnection.statuses import ConditionKind

# Rating and impedance (per unit) of the substation's transformer, by feeder.
SUBSTATION_VA = {"IEEE13": 5_000_000, "MILLBROOK": 20_000_000, "HARBOUR": 15_000_000}
SUBSTATION_PU = 0.08
LINE_OHM_PER_KM = 0.45
LATERAL_OHM_PER_KM = 0.75
BREAKER_A, RECLOSER_A = 16_000, 12_500


def seed_facts(feeders: dict[str, Feeder], *, at: datetime) -> None:
    """Everything the screens ask for, except where the demo leaves a gap to be seen."""
    facts = [fact for feeder in feeders.values() for fact in _of_feeder(feeder)]
    record_facts(facts=facts, at=at, by="demo")


LIBRARY = (
    ("export-limit", "Export limit", ConditionKind.EXPORT_LIMIT, "Exports at most {limit}", ""),
    (
        "volt-var",
        "Settings with volt-var",
        ConditionKind.SETTINGS_PROFILE,
        "Runs with the settings {profile}",
        "IEEE 1547-2018 category B, volt-var on",
    ),
    (
        "flexible",
        "Flexible connection",
        ConditionKind.FLEXIBLE,
        "Keeps its export to this schedule: {schedule}",
        "",
    ),
)


def seed_library() -> None:
    """Conditions that a proposal picks from."""
    for code, title, kind, wording, profile in LIBRARY:
        add_standard_condition(
            code=code, title=title, kind=kind, wording=wording, settings_profile=profile
        )


# Zero sequence of a line is three times its positive one: (1 + 1 + 3) / 3 of it to earth.
TO_EARTH = 5 / 3


def _of_feeder(feeder: Feeder) -> list[NetworkFact]:
    name = feeder.name

    def fact(kind: str, element: str, known: Mapping[str, object]) -> list[NetworkFact]:
        return [NetworkFact(kind, name, element, key, str(value)) for key, value in known.items()]

    facts = fact("substation", "", {"stability": "none_known"})
    facts += fact("feeder", "", {"is_under_tariff": "yes"})
    for number, section in enumerate(feeder.sections.order_by("pk")):
        first = section.buses.order_by("distance_m").first()
        duty_a = fault_current_a(feeder, first.distance_m if first else 0.0, is_trunk=True)
        rating_a = RECLOSER_A if number else BREAKER_A
        wires: dict[str, object] = {
            "primary_wires": 4,
            "fault_duty_a": duty_a,
            "interrupting_rating_a": rating_a,
        }
        facts += fact("section", section.name, wires)
    for bus in feeder.buses.all():
        is_trunk = _is_trunk(bus)
        current_a = fault_current_a(feeder, bus.distance_m, is_trunk=is_trunk)
        line: dict[str, object] = {
            "is_mainline": "yes" if is_trunk else "no",
            "fault_current_a": current_a,
            "ground_fault_a": fault_current_a(
                feeder, bus.distance_m, is_trunk=is_trunk, line_share=TO_EARTH
            ),
        }
        facts += fact("bus", bus.name, line)
    for transformer in DistributionTransformer.objects.filter(bus__feeder=feeder):
        tapped = "yes" if len(transformer.phases) == 1 else "no"
        known = {
            "network_service": "radial",
            "primary_connection": "grounded",
            "is_centre_tapped": tapped,
            "secondary_a": _secondary_a(transformer),
        }
        facts += fact("transformer", transformer.name, known)
    return facts


def _secondary_a(transformer: DistributionTransformer) -> int:
    """Conductors for a quarter more than the transformer."""
    factor = math.sqrt(3) if len(transformer.phases) == 3 else 1.0
    return round(1.25 * (transformer.rated_va or 0) / factor / transformer.secondary_voltage_v)


def fault_current_a(
    feeder: Feeder, distance_m: float, *, is_trunk: bool, line_share: float = 1.0
) -> int:
    """A fault behind the substation's transformer and the line, in A; of three phases, or to
    earth with the share by which earth makes the line longer."""
    voltage_v = feeder.nominal_voltage_v
    source_ohm = SUBSTATION_PU * voltage_v**2 / SUBSTATION_VA[feeder.name]
    per_km = LINE_OHM_PER_KM if is_trunk else LATERAL_OHM_PER_KM
    return round(voltage_v / math.sqrt(3) / (source_ohm + line_share * per_km * distance_m / 1000))


def _is_trunk(bus: Bus) -> bool:
    return len(bus.phases) == 3 and bus.name.startswith(("T", "6", "RG"))
