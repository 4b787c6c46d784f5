"""Noise that is a function of seed and time alone, so that a past and a live run agree."""

from hashlib import blake2b

import numpy as np

from simulators.physics.arrays import Floats, Integers, Words

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def stream(seed: int, *labels: str | int) -> int:
    text = ":".join([str(seed), *map(str, labels)])
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def streams(seed: int, label: str, names: list[str]) -> Words:
    return np.array([stream(seed, label, name) for name in names], dtype=np.uint64)


def uniform(source: Words, index: Integers) -> Floats:
    """Uniform numbers in [0, 1), one for each pair of stream and lattice index (splitmix64)."""
    word = source + np.atleast_1d(index).astype(np.uint64) * _GOLDEN
    word = (word ^ (word >> np.uint64(30))) * _MIX_1
    word = (word ^ (word >> np.uint64(27))) * _MIX_2
    word = word ^ (word >> np.uint64(31))
    share: Floats = (word >> np.uint64(11)).astype(np.float64) / float(1 << 53)
    return share


def smooth(source: Words, t: Floats, period_s: float) -> Floats:
    """Value noise in [0, 1): smooth, with features about period_s long."""
    x = t / period_s
    index = np.floor(x).astype(np.int64)
    f = x - index
    weight = f * f * (3.0 - 2.0 * f)
    return uniform(source, index) * (1.0 - weight) + uniform(source, index + 1) * weight


def draw(seed: int, *labels: str | int) -> float:
    """One uniform number in [0, 1) for these labels."""
    return (stream(seed, *labels) >> 11) / float(1 << 53)
