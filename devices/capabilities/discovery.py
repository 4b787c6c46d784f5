"""Where a device answers, who it is and what it holds: what is found once and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a device answers: several units may share one host and port."""

    host: str
    port: int
    unit: int


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the device says it is (SunSpec model 1)."""

    manufacturer: str
    model: str
    options: str
    version: str
    serial_number: str


@dataclass(frozen=True, slots=True)
class ModelAt:
    """One information model in a device's chain: `addr` is its ID register, `length` its L."""

    id: int
    addr: int
    length: int


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a walk over the chain found: keep it with the device, it makes the next start cheap.

    `flags` are sentences about what disagreed with the definitions; `longest_read` is the
    largest number of registers this device answered in one request.
    """

    base: int
    unit: int
    identity: Identity
    models: tuple[ModelAt, ...]
    flags: tuple[str, ...] = ()
    longest_read: int = 125


@dataclass(frozen=True, slots=True)
class Learned:
    """What was found out while talking to one device: keep `asdict` of it, and give it back.

    `single_write_function` is 6 or 16. `min_gap_s` is the pause it wants between a reply and the
    next request. `refused` are runs of registers (address, count) inside its models that it lets
    nobody read. `writes_in_pieces` says that it refuses to be written where it implements nothing.
    `quirks` names the maker's file that applies. `has_injected` and `has_absorbed` say that its
    counter was more than zero once: a zero from then on is a counter that is not there.
    """

    base: int
    single_write_function: int
    longest_read: int
    min_gap_s: float = 0.0
    refused: tuple[tuple[int, int], ...] = ()
    writes_in_pieces: bool = False
    quirks: str = ""
    has_injected: bool = False
    has_absorbed: bool = False


def learned_from(kept: object) -> Learned | None:
    """What a row kept of a device's `learned`; None when it kept nothing usable."""
    if not isinstance(kept, Mapping):
        return None
    try:
        function = int(kept["single_write_function"])
        refused = tuple((int(addr), int(count)) for addr, count in kept.get("refused", ()))
        learned = Learned(
            base=int(kept["base"]),
            single_write_function=function,
            longest_read=int(kept["longest_read"]),
            min_gap_s=float(kept.get("min_gap_s", 0.0)),
            refused=refused,
            writes_in_pieces=bool(kept.get("writes_in_pieces", False)),
            quirks=str(kept.get("quirks", "")),
            has_injected=bool(kept.get("has_injected", False)),
            has_absorbed=bool(kept.get("has_absorbed", False)),
        )
    except (KeyError, TypeError, ValueError):
        return None
    is_sane = function in {6, 16} and 1 <= learned.longest_read <= 125
    return learned if is_sane and 0.0 <= learned.min_gap_s <= 10.0 else None
