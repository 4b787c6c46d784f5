"""Misbehaviour that can be switched on for one endpoint: silent, slow, garbage, drops."""

import struct
from dataclasses import dataclass

from simulators.fleet import FleetError

NONE, SILENT, SLOW, GARBAGE, DROPS = "none", "silent", "slow", "garbage", "drops"
KINDS = (NONE, SILENT, SLOW, GARBAGE, DROPS)
SLOW_MS = 2_000


@dataclass(slots=True)
class Fault:
    """How an endpoint misbehaves at present; latency_ms holds for good answers too."""

    kind: str = NONE
    latency_ms: int = 0
    answers: int = 0


def make_fault(kind: str, latency_ms: int | None, usual_ms: int = 0) -> Fault:
    if kind not in KINDS:
        raise FleetError(f"fault {kind!r} is unknown; choose one of: {', '.join(KINDS)}")
    if latency_ms is not None and not 0 <= latency_ms <= 600_000:
        raise FleetError(f"latency of {latency_ms} ms must be between 0 and 600000")
    default = SLOW_MS if kind == SLOW else usual_ms
    return Fault(kind, default if latency_ms is None else latency_ms)


def garble(answer: bytes, turn: int) -> bytes:
    """Spoil a well-formed answer, each time in another way a client has to notice."""
    transaction, protocol, length, unit = struct.unpack_from(">HHHB", answer)
    head = struct.Struct(">HHHB")
    if turn % 5 == 0:
        return head.pack(transaction ^ 0x5A5A, protocol, length, unit) + answer[7:]
    if turn % 5 == 1:
        return head.pack(transaction, protocol, 5, unit) + answer[7:8] + b"\x02\x00\x00"
    if turn % 5 == 2:
        return answer[:7] + bytes([answer[7] ^ 0x01]) + answer[8:]
    if turn % 5 == 3:
        return head.pack(transaction, 0x7F7F, length, unit) + answer[7:]
    return bytes((b * 73 + 41 * turn) % 256 for b in answer[: 9 + turn % 7])
