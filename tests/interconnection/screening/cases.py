"""A case on which every screen passes, to change one fact at a time."""

from dataclasses import replace
from typing import Any

from interconnection.screening.case import (
    FeederFacts,
    Generation,
    PointFacts,
    Proposed,
    ScreeningCase,
    SectionFacts,
    SubstationFacts,
    TransformerFacts,
)

NOTHING = Generation()
PROPOSED = Proposed(8_000, 8_000, has_storage=False, is_certified=True)
SECTION = SectionFacts(
    "2", "Recloser R1", 2_000_000, 600_000, 800_000, NOTHING,
    minimum_tracking_load_w=700_000, interrupting_rating_a=10_000, fault_duty_a=6_000,
    primary_wires=4,
)  # fmt: skip
TRANSFORMER = TransformerFacts(
    "TX-1", 50_000, "A", 3, NOTHING, network_service="radial", primary_connection="grounded",
    is_centre_tapped=True, secondary_a=400, secondary_voltage_v=240,
)  # fmt: skip
POINT = PointFacts(
    "bus 7", 12_470, 3_000.0, is_mainline=True, fault_current_a=5_000, ground_fault_a=4_000
)
SUBSTATION = SubstationFacts("S1", "none_known", None, NOTHING)
FEEDER = FeederFacts("F12", 4_000_000, None, NOTHING, is_under_tariff=True)
CASE = ScreeningCase(PROPOSED, (SECTION,), TRANSFORMER, FEEDER, POINT, SUBSTATION)


def there(connected_w: int, queued_w: int = 0) -> Generation:
    return Generation(connected_w, queued_w, connected_w, queued_w)


def sized(size_w: int, size_va: int | None = None, **fields: Any) -> Proposed:
    return replace(PROPOSED, active_power_w=size_w, apparent_power_va=size_va or size_w, **fields)


def case(**changes: Any) -> ScreeningCase:
    """`section`, `transformer`, `point` … take the fields that differ; `proposed` is whole."""
    merged: dict[str, Any] = {}
    for part, value in changes.items():
        if part == "section":
            merged["sections"] = (replace(SECTION, **value),)
        elif isinstance(value, dict):
            merged[part] = replace(getattr(CASE, part), **value)
        else:
            merged[part] = value
    return replace(CASE, **merged)
