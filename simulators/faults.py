"""Misbehaviour that can be switched on for one endpoint: silent, slow, garbage, drops."""

import struct
from dataclasses import dataclass

from simulators.fleet import FleetError

NONE, SILENT, SLOW, GARBAGE, DROPS = "none", "silent", "slow", "garbage", "drops"
EXCEPTION = "exception"
KINDS = (NONE, SILENT, SLOW, GARBAGE, DROPS, EXCEPTION)
SLOW_MS = 2_000
# A gateway says so when the device behind it does not answer.
TARGET_FAILED = 11


@dataclass(slots=True)
class Fault:
    """How a unit misbehaves at present; latency_ms holds for good answers too."""

    kind: str = NONE
    latency_ms: int = 0
    code: int = TARGET_FAILED
    answers: int = 0


def split_fault(text: str) -> tuple[str, int | None]:
    """Split `slow:300` or `exception:6` into kind and number; raises FleetError in words."""
    kind, _, number = text.partition(":")
    if kind not in KINDS:
        raise FleetError(f"fault {kind!r} is unknown; choose one of: {', '.join(KINDS)}")
    if number and not number.isdecimal():
        raise FleetError(f"fault {text!r}: what follows the colon must be a number")
    return kind, int(number) if number else None


def make_fault(kind: str, number: int | None, usual_ms: int = 0) -> Fault:
    """`number` is the code of an exception, else the latency in ms."""
    if kind not in KINDS:
        raise FleetError(f"fault {kind!r} is unknown; choose one of: {', '.join(KINDS)}")
    if kind == EXCEPTION:
        code = TARGET_FAILED if number is None else number
        if not 1 <= code <= 255:
            raise FleetError(f"exception {code} must be between 1 and 255")
        return Fault(kind, usual_ms, code)
    if number is not None and not 0 <= number <= 600_000:
        raise FleetError(f"latency of {number} ms must be between 0 and 600000")
    default = SLOW_MS if kind == SLOW else usual_ms
    return Fault(kind, default if number is None else number)


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
