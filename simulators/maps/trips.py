"""Models 707 to 710: when voltage or frequency make the machine trip; adopted like the curves.

A must-trip curve holds pairs of a limit and the seconds it may be passed. Momentary cessation and
may-trip are shown and adopted, but do not act: a step of a second is too coarse for them.
"""

from dataclasses import dataclass
from functools import partial

from simulators.maps.device import Device
from simulators.maps.handshake import COMPLETED, CURVES, FACTORY, IN_FORCE, Adoption
from simulators.maps.registers import Registers
from simulators.physics.plant import Plant
from simulators.physics.service import HIGH_FREQUENCY, HIGH_VOLTAGE, LOW_FREQUENCY, LOW_VOLTAGE

POINTS = 4
REGIONS = ("MustTrip", "MayTrip", "MomCess")


@dataclass(frozen=True, slots=True)
class Trip:
    """One of the four models: its abscissa, the side it watches, and its defaults."""

    model: int
    x: str
    kind: int
    default: tuple[tuple[float, float], ...]
    lowest: float
    highest: float

    @property
    def scale(self) -> float:
        """From what the register counts in (% of nominal, Hz) to what the physics does."""
        return 0.01 if self.x == "V" else 1.0


# IEEE 1547-2018 tables 13 and 18, defaults of category III.
TRIPS = (
    Trip(707, "V", LOW_VOLTAGE, ((50.0, 2.0), (88.0, 21.0)), 0.0, 100.0),
    Trip(708, "V", HIGH_VOLTAGE, ((120.0, 0.16), (110.0, 13.0)), 100.0, 140.0),
    Trip(709, "Hz", LOW_FREQUENCY, ((56.5, 0.16), (58.5, 300.0)), 45.0, 60.0),
    Trip(710, "Hz", HIGH_FREQUENCY, ((62.0, 0.16), (61.2, 300.0)), 60.0, 70.0),
)


def trip_scales(models: tuple[int, ...]) -> list[tuple[int, str, int | None]]:
    rows: list[tuple[int, str, int | None]] = []
    for trip in TRIPS:
        rows += [(trip.model, f"{trip.x}_SF", -2), (trip.model, "Tms_SF", -2)]
    return [row for row in rows if row[0] in models]


def trip_sizes(models: tuple[int, ...]) -> list[tuple[int, str, int]]:
    rows = []
    for trip in TRIPS:
        rows += [(trip.model, "NCrvSet", CURVES), (trip.model, "NPt", POINTS)]
    return [row for row in rows if row[0] in models]


def describe_trips(registers: Registers, models: tuple[int, ...]) -> None:
    for trip in TRIPS:
        if trip.model not in models:
            continue
        registers.set_many(trip.model, {"Ena": 1, "AdptCrvReq": 0, "AdptCrvRslt": COMPLETED})
        registers.restrict(trip.model, "AdptCrvReq", 0, CURVES)
        for number in range(1, CURVES + 1):
            curve = f"Crv_{number}"
            registers.set(trip.model, f"{curve}.ReadOnly", int(number in {IN_FORCE, FACTORY}))
            for region in REGIONS:
                _describe_region(registers, trip, f"{curve}.{region}")


def _describe_region(registers: Registers, trip: Trip, region: str) -> None:
    registers.set(trip.model, f"{region}.ActPt", len(trip.default))
    for place in range(1, POINTS + 1):
        limit, seconds = trip.default[min(place, len(trip.default)) - 1]
        registers.set_many(trip.model, {
            f"{region}.Pt_{place}.{trip.x}": limit, f"{region}.Pt_{place}.Tms": seconds,
        })  # fmt: skip


def _points(registers: Registers, trip: Trip, number: int) -> list[tuple[float, float]]:
    region = f"Crv_{number}.MustTrip"
    count = int(registers.number(trip.model, f"{region}.ActPt"))
    return [
        (
            registers.number(trip.model, f"{region}.Pt_{k}.{trip.x}"),
            registers.number(trip.model, f"{region}.Pt_{k}.Tms"),
        )
        for k in range(1, min(count, POINTS) + 1)
    ]


def what_is_wrong_with_trip(trip: Trip, device: Device, number: int) -> str:
    """Why a must-trip curve cannot be adopted; empty when it can."""
    points = _points(device.registers, trip, number)
    if not points:
        return "MustTrip.ActPt is 0; a trip needs at least one point"
    for limit, seconds in points:
        if not trip.lowest <= limit <= trip.highest:
            return f"{trip.x} must lie between {trip.lowest:g} and {trip.highest:g}, not {limit:g}"
        if not 0.1 <= seconds <= 1_000:
            return f"Tms must lie between 0.1 and 1000 s, not {seconds:g}"
    return ""


def _use_trip(trip: Trip, device: Device, plant: Plant, t: float) -> None:
    on = device.registers.get(trip.model, "Ena") == 1
    points = _points(device.registers, trip, IN_FORCE) if on else []
    scaled = [(trip.scale * limit, seconds) for limit, seconds in points]
    plant.settings.service.set_trips(device.index, trip.kind, scaled)


TRIP_CONTROLS = tuple(
    control
    for trip in TRIPS
    for control in Adoption(
        trip.model,
        "Crv",
        "Crv",
        partial(what_is_wrong_with_trip, trip),
        partial(_use_trip, trip),
        reverts=False,
    ).controls()
)
