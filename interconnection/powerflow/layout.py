"""Places for the one-line drawing: x by distance, laterals above and below the trunk."""

from collections.abc import Sequence
from dataclasses import dataclass

from interconnection.powerflow.network import NetworkFault, SegmentData

WIDTH = 1000.0
LANE_HEIGHT = 60.0
# Switches and transformers have no length; drawn so, their ends would lie on one another.
SHORTEST_SHARE = 0.03


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bus lies: on the line and on the drawing."""

    distance_m: float
    x: float
    y: float


@dataclass(slots=True)
class _Lanes:
    """Which stretches of each lane are taken; lane 0 is the trunk, negative lanes lie above."""

    taken: dict[int, list[tuple[float, float]]]
    side: int = 1

    def free_lane(self, beside: int, start: float, end: float) -> int:
        direction = self.side if beside == 0 else (1 if beside > 0 else -1)
        if beside == 0:
            self.side = -self.side
        lane = beside + direction
        while any(start <= right and left <= end for left, right in self.taken.get(lane, [])):
            lane += direction
        self.taken.setdefault(lane, []).append((start, end))
        return lane


def place_buses(head: str, segments: Sequence[SegmentData]) -> dict[str, Place]:
    """Place every bus reached from `head`; raises NetworkFault for a loop or an island."""
    children = _children(head, segments)
    longest = _distances(head, children, shortest_m=0.0)
    shortest_m = max(longest.values(), default=0.0) * SHORTEST_SHARE or 1.0
    drawn = _distances(head, children, shortest_m=shortest_m)
    scale = WIDTH / max(drawn.values()) if len(drawn) > 1 else 1.0
    reach = _reach(head, children, drawn)
    lanes = _Lanes({0: [(0.0, reach[head])]})
    lane_of = {head: 0}
    waiting = [head]
    while waiting:
        bus = waiting.pop(0)
        # The trunk goes on along the three-phase line that reaches furthest.
        further = sorted(
            children.get(bus, []), key=lambda s: (-len(s.phases), -reach[s.to_bus], s.name)
        )
        for number, segment in enumerate(further):
            lane = lane_of[bus]
            if number > 0:
                lane = lanes.free_lane(lane, drawn[bus], reach[segment.to_bus])
            lane_of[segment.to_bus] = lane
            waiting.append(segment.to_bus)
    return {
        bus: Place(round(longest[bus], 2), round(drawn[bus] * scale, 1), lane * LANE_HEIGHT)
        for bus, lane in lane_of.items()
    }


def _children(head: str, segments: Sequence[SegmentData]) -> dict[str, list[SegmentData]]:
    children: dict[str, list[SegmentData]] = {}
    fed: set[str] = {head}
    for segment in segments:
        if segment.to_bus in fed:
            raise NetworkFault(f"{segment.name}: bus {segment.to_bus} is fed twice; no loop may be")
        fed.add(segment.to_bus)
        children.setdefault(segment.from_bus, []).append(segment)
    return children


def _distances(
    head: str, children: dict[str, list[SegmentData]], *, shortest_m: float
) -> dict[str, float]:
    distances = {head: 0.0}
    waiting = [head]
    while waiting:
        bus = waiting.pop()
        for segment in children.get(bus, []):
            distances[segment.to_bus] = distances[bus] + max(segment.length_m, shortest_m)
            waiting.append(segment.to_bus)
    missing = {s.to_bus for below in children.values() for s in below} - distances.keys()
    if missing:
        raise NetworkFault(f"not connected to {head}: {', '.join(sorted(missing))}")
    return distances


def _reach(
    head: str, children: dict[str, list[SegmentData]], drawn: dict[str, float]
) -> dict[str, float]:
    """The drawing distance of the furthest bus behind each bus."""
    order = sorted(drawn, key=lambda bus: -drawn[bus])
    reach: dict[str, float] = {}
    for bus in order:
        reach[bus] = max([drawn[bus], *(reach[s.to_bus] for s in children.get(bus, []))])
    return reach
