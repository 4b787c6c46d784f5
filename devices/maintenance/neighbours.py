"""Which systems see about the same sky."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from devices.maintenance.facts import Place

KM_PER_DEGREE = 111.2
RADIUS_KM = 20.0
MOST = 30
# Towns are searched square by square; within one, no more than this many are measured.
SQUARE_DEG = 0.05
RINGS = 4
CANDIDATES = 60
Square = tuple[int, int]


def distance_km(one: Place, other: Place) -> float:
    """Flat between neighbours: within 20 km the error is some metres."""
    middle = math.radians((one.latitude + other.latitude) / 2)
    east = ((one.longitude - other.longitude + 180) % 360 - 180) * math.cos(middle)
    return KM_PER_DEGREE * math.hypot(one.latitude - other.latitude, east)


def in_order(places: Mapping[int, Place]) -> list[int]:
    """Square by square, so that neighbours follow each other."""
    return sorted(places, key=lambda key: (square(places[key]), key))


def neighbours(
    places: Mapping[int, Place], keys: Collection[int] | None = None
) -> dict[int, tuple[int, ...]]:
    """For each system, or each of `keys`, the nearest others within 20 km, at most 30."""
    squares: dict[Square, list[int]] = defaultdict(list)
    for key in sorted(places):
        squares[square(places[key])].append(key)
    return {key: _nearest(key, places, squares) for key in (places if keys is None else keys)}


def square(place: Place) -> Square:
    return math.floor(place.latitude / SQUARE_DEG), math.floor(place.longitude / SQUARE_DEG)


def _nearest(
    key: int, places: Mapping[int, Place], squares: Mapping[Square, Sequence[int]]
) -> tuple[int, ...]:
    here = places[key]
    found: list[tuple[float, int]] = []
    for ring in range(RINGS + 1):
        for near in _ring(square(here), ring):
            for other in _some_of(squares.get(near, ()), key):
                far = distance_km(here, places[other])
                if other != key and far <= RADIUS_KM:
                    found.append((far, other))
        if len(found) >= MOST:
            break
    return tuple(other for _, other in sorted(found)[:MOST])


def _ring(middle: Square, ring: int) -> Iterable[Square]:
    row, column = middle
    for y in range(row - ring, row + ring + 1):
        for x in range(column - ring, column + ring + 1):
            if max(abs(y - row), abs(x - column)) == ring:
                yield y, x


def _some_of(keys: Sequence[int], key: int) -> Sequence[int]:
    """All of a square, or of a crowded one those that follow this system, round and round."""
    if len(keys) <= CANDIDATES:
        return keys
    first = next((n for n, other in enumerate(keys) if other >= key), 0)
    return [keys[(first + n) % len(keys)] for n in range(CANDIDATES)]
