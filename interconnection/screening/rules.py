"""Rule sets as data: thresholds, order and routing; each has a name and a version (IC-3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction


class Stage(StrEnum):
    """Which part of a review a screen belongs to."""

    ELIGIBILITY = "eligibility"
    INITIAL = "initial"
    UTILITY = "utility"
    SUPPLEMENTAL = "supplemental"


@dataclass(frozen=True, slots=True)
class Step:
    """One screen in its place; `number` is what the rule book calls it."""

    code: str
    number: str
    stage: Stage = Stage.INITIAL


@dataclass(frozen=True, slots=True)
class Skip:
    """When `after` passes, these are not asked, and why."""

    after: str
    codes: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Gate:
    """These are asked only when one of `opened_by` fails, else skipped, and why."""

    codes: tuple[str, ...]
    opened_by: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class VoltageBand:
    """Lines from `from_v` to below `below_v`: the largest size that the fast track takes."""

    from_v: int
    below_v: int
    anywhere_w: int
    near_mainline_w: int


# 4 CCR 723-3-3855 and 17.9.568.13 NMAC print the table of SGIP.
FAST_TRACK = (
    VoltageBand(0, 5_000, 500_000, 500_000),
    VoltageBand(5_000, 15_000, 2_000_000, 3_000_000),
    VoltageBand(15_000, 30_000, 3_000_000, 4_000_000),
    VoltageBand(30_000, 69_000, 4_000_000, 5_000_000),
)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Thresholds, order and routing of the quick screens; shares are exact, so equality is."""

    name: str
    version: str
    steps: tuple[Step, ...]
    section_peak_share: Fraction
    section_minimum_share: Fraction
    transformer_share: Fraction
    shared_secondary_w: int
    feeder_share: Fraction
    daytime: str = "10:00-16:00"
    tracking: str = "08:00-18:00"
    skips: tuple[Skip, ...] = ()
    gates: tuple[Gate, ...] = ()
    # Failures of `remedied` do not count when every screen of `remedied_by` passes.
    remedied: frozenset[str] = frozenset()
    remedied_by: tuple[str, ...] = ()
    minimum_may_be_equal: bool = False
    # Screens that count an application with its export limit, where it has one, and who says so.
    counts_export: frozenset[str] = frozenset()
    counts_export_by: str = ""
    # Whether a fact that nobody has entered leaves the screen open, or is left out of it.
    needs_secondary_conductor: bool = False
    needs_ground_fault: bool = False
    fast_track: tuple[VoltageBand, ...] = FAST_TRACK
    fast_track_m: float = 4_023.36  # 2.5 miles
    machine_w: int = 2_000_000
    network_share: Fraction = Fraction(5, 100)
    network_w: int = 50_000
    inverter_fault_pu: Fraction = Fraction(12, 10)
    fault_share: Fraction = Fraction(10, 100)
    interrupting_share: Fraction = Fraction(875, 1000)
    # Up to this apparent power the fault, interrupting and line screens do not apply.
    exempt_va: int = 0
    centre_tap_share: Fraction = Fraction(20, 100)
    stability_w: int = 10_000_000
    motoring_primary_bp: int = 250
    motoring_secondary_bp: int = 500
    fault_pu: Fraction = Fraction(12, 10)
    four_wire_share: Fraction = Fraction(10, 100)
    small_va: int = 30_000
    net_metered_w: int = 500_000
    ica_share: Fraction = Fraction(90, 100)
    ica_supplemental_share: Fraction = Fraction(1)
    service_current_share: Fraction = Fraction(25, 100)
    service_transformer_share: Fraction = Fraction(50, 100)
    host_load_share: Fraction = Fraction(50, 100)
    citations: Mapping[str, str] = field(default_factory=dict)

    def number(self, code: str) -> str:
        return next((step.number for step in self.steps if step.code == code), "")

    def codes(self, *stages: Stage) -> tuple[str, ...]:
        return tuple(step.code for step in self.steps if step.stage in stages)


_SGIP_STEPS = (
    Step("fast_track", "2.1", Stage.ELIGIBILITY),
    Step("tariff_portion", "2.2.1.1"),
    Step("section_peak", "2.2.1.2"),
    Step("network_service", "2.2.1.3"),
    Step("fault_current", "2.2.1.4"),
    Step("interrupting", "2.2.1.5"),
    Step("line_configuration", "2.2.1.6"),
    Step("shared_secondary", "2.2.1.7"),
    Step("centre_tap", "2.2.1.8"),
    Step("stability", "2.2.1.9"),
    Step("construction", "2.2.1.10"),
    Step("transformer_rating", "", Stage.UTILITY),
    Step("feeder_capacity", "", Stage.UTILITY),
    Step("section_minimum", "2.4.4.1", Stage.SUPPLEMENTAL),
    Step("voltage_quality", "2.4.4.2", Stage.SUPPLEMENTAL),
    Step("safety", "2.4.4.3", Stage.SUPPLEMENTAL),
)
_SGIP_INITIAL = tuple(step.code for step in _SGIP_STEPS if step.stage == Stage.INITIAL)
# Transformer after Rule 21 screen D, feeder after screen M. This utility asks the minimum load of
# every application, SGIP only of those that fail an initial screen.
SGIP = RuleSet(
    name="SGIP",
    version="2026-3",
    steps=_SGIP_STEPS,
    section_peak_share=Fraction(15, 100),
    section_minimum_share=Fraction(1),
    transformer_share=Fraction(1),
    shared_secondary_w=20_000,
    feeder_share=Fraction(90, 100),
    # It takes what may be injected, unless protection asks for more; ratings and fault currents
    # stay with the nameplate. Rule 21 speaks of gross ratings throughout.
    counts_export=frozenset(
        {"fast_track", "section_peak", "stability", "feeder_capacity", "section_minimum"}
    ),
    counts_export_by="FERC SGIP 4.10.3, as in 20VAC5-314-150",
    gates=(
        Gate(
            ("voltage_quality", "safety"),
            _SGIP_INITIAL,
            "No initial screen fails, so no supplemental review is needed.",
        ),
    ),
    remedied=frozenset(_SGIP_INITIAL) - {"tariff_portion"},
    remedied_by=("section_minimum", "voltage_quality", "safety"),
    citations={
        "fast_track": "FERC SGIP 2.1, table as in 4 CCR 723-3-3855 and 17.9.568.13 NMAC",
        "section_minimum": "FERC SGIP 2.4.4.1; daytime hours as in 17.9.568.17 NMAC",
        "transformer_rating": "California Rule 21, screen D; the share is this utility's figure",
        "shared_secondary": "FERC SGIP 2.2.1.7; the size is this utility's figure",
        "feeder_capacity": "California Rule 21, screen M (90 %), as this utility applies it",
    },
)

_AFTER_M = ("minimum_or_ica", "voltage_quality", "safety")
RULE21 = RuleSet(
    name="RULE21",
    version="2025-08-2",
    steps=(
        Step("network_service", "A"),
        Step("certified", "B"),
        Step("motoring", "C"),
        Step("transformer_rating", "D"),
        Step("centre_tap", "E"),
        Step("fault_current", "F"),
        Step("fault_contribution", "F1"),
        Step("interrupting", "G"),
        Step("line_configuration_ca", "H"),
        Step("non_export", "I"),
        Step("small", "J"),
        Step("net_metered", "K"),
        Step("area_flags", "L"),
        Step("hosting", "M"),
        Step("minimum_or_ica", "N", Stage.SUPPLEMENTAL),
        Step("voltage_quality", "O", Stage.SUPPLEMENTAL),
        Step("safety", "P", Stage.SUPPLEMENTAL),
    ),
    section_peak_share=Fraction(15, 100),
    section_minimum_share=Fraction(1),
    transformer_share=Fraction(1),
    shared_secondary_w=20_000,
    feeder_share=Fraction(90, 100),
    exempt_va=30_000,
    minimum_may_be_equal=True,
    needs_secondary_conductor=True,
    needs_ground_fault=True,
    skips=(
        Skip(
            "non_export",
            ("small", "net_metered", "area_flags", "hosting"),
            "It does not export (screen I), so screens J to M are not asked.",
        ),
        Skip(
            "small",
            ("net_metered", "area_flags", "hosting"),
            "It is at most 30 kVA (screen J), so screens K to M are not asked.",
        ),
        Skip(
            "net_metered",
            ("area_flags",),
            "It is net metered and at most 500 kW (screen K), so screen L is not asked.",
        ),
    ),
    gates=(
        Gate(
            _AFTER_M,
            ("network_service", "area_flags", "hosting"),
            "None of the screens A, L and M fails, so no supplemental review is needed.",
        ),
    ),
    remedied=frozenset({"network_service", "area_flags", "hosting"}),
    remedied_by=_AFTER_M,
    citations={"centre_tap": "California Rule 21, screen E; the share is this utility's figure"},
)
RULE_SETS = {one.name: one for one in (SGIP, RULE21)}
BOOKS = {"SGIP": "FERC SGIP {}", "RULE21": "California Rule 21, screen {}"}
TITLES = {"SGIP": "FERC SGIP fast track", "RULE21": "California Rule 21 (2025-08)"}


def citation(rules: RuleSet, code: str) -> str:
    """Where this set takes the screen from."""
    if code in rules.citations:
        return rules.citations[code]
    return BOOKS.get(rules.name, rules.name + " {}").format(rules.number(code))
