"""Misbehaviour that can be switched on for one unit or its port, and what it does to answers."""

import struct
from dataclasses import dataclass
from random import Random

from simulators.errors import FleetError

HEADER = struct.Struct(">HHHB")
NONE, SILENT, SLOW, DROPS = "none", "silent", "slow", "drops"
EXCEPTION, BUSY, FLAKY, LATE = "exception", "busy", "flaky", "late"
GARBAGE, DRIP, PIECES, BAD_FIRMWARE = "garbage", "drip", "pieces", "bad_firmware"
WRONG_TID, WRONG_UNIT, WRONG_FUNCTION = "wrong_tid", "wrong_unit", "wrong_function"
SHORT_REPLY, SHORT_FRAME, HUGE_LENGTH, BIT_FLIPS = (
    "short_reply", "short_frame", "huge_length", "bit_flips",
)  # fmt: skip
CLOSE, RESET, BLACK_HOLE = "close", "rst", "black_hole"
# What each does, and what the number after the colon means.
KINDS = {
    NONE: "works as it should",
    SILENT: "takes requests and never answers",
    SLOW: "answers after MS (2000)",
    LATE: "holds every third answer back for MS (3000), answers the others at once",
    FLAKY: "answers every second request only",
    BUSY: "answers exception 6",
    EXCEPTION: "answers exception CODE (11)",
    GARBAGE: "answers with bytes that are not Modbus, each time others",
    WRONG_TID: "answers under another transaction's number",
    WRONG_UNIT: "answers in another unit's name",
    WRONG_FUNCTION: "answers another function",
    SHORT_REPLY: "answers with fewer registers than asked for, well formed",
    SHORT_FRAME: "announces more bytes than it sends",
    HUGE_LENGTH: "announces 65535 bytes",
    BIT_FLIPS: "flips one bit of every answer",
    DRIP: "sends its answer byte by byte, MS (100) apart",
    PIECES: "sends its answer in three segments",
    BAD_FIRMWARE: "shows another version, and scale factors that cannot be",
    DROPS: "hangs up on every request",
    CLOSE: "hangs up as soon as somebody has connected",
    RESET: "resets every connection at once",
    BLACK_HOLE: "does not take part in TCP any more",
}
# These hold for all units behind the port.
OF_THE_PORT = frozenset((DROPS, CLOSE, RESET, BLACK_HOLE))
USUAL_MS = {SLOW: 2_000, LATE: 3_000, DRIP: 100}
# A gateway says so when the device behind it does not answer.
TARGET_FAILED = 11
LONGEST_MS = 600_000


@dataclass(slots=True)
class Fault:
    """How a unit misbehaves at present; latency_ms holds for good answers too."""

    kind: str = NONE
    latency_ms: int = 0
    number: int = 0
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
    """`number` is the code of an exception, else a time in ms."""
    if kind not in KINDS:
        raise FleetError(f"fault {kind!r} is unknown; choose one of: {', '.join(KINDS)}")
    if kind == EXCEPTION:
        code = TARGET_FAILED if number is None else number
        if not 1 <= code <= 255:
            raise FleetError(f"exception {code} must be between 1 and 255")
        return Fault(kind, usual_ms, code)
    if number is not None and not 0 <= number <= LONGEST_MS:
        raise FleetError(f"latency of {number} ms must be between 0 and {LONGEST_MS}")
    if kind in {LATE, DRIP}:
        return Fault(kind, usual_ms, USUAL_MS[kind] if number is None else number)
    default = USUAL_MS.get(kind, usual_ms)
    return Fault(kind, default if number is None else number)


def spoil(answer: bytes, kind: str, turn: int) -> bytes:
    """What becomes of a well-formed answer; kinds that leave it alone give it back."""
    if kind == GARBAGE:
        return garble(answer, turn)
    if kind == BIT_FLIPS:
        return flip_a_bit(answer, turn)
    if kind == SHORT_FRAME:
        return answer[: len(answer) - max(1, (len(answer) - 8) // 2)]
    return _misstate(answer, kind)


def _misstate(answer: bytes, kind: str) -> bytes:
    """Well-formed bytes that say something untrue."""
    transaction, protocol, length, unit = HEADER.unpack_from(answer)
    body = answer[7:]
    if kind == WRONG_TID:
        transaction ^= 0x5A5A
    elif kind == WRONG_UNIT:
        unit ^= 0x55
    elif kind == HUGE_LENGTH:
        length = 0xFFFF
    elif kind == WRONG_FUNCTION:
        body = bytes([body[0] ^ 0x07]) + body[1:]
    elif kind == SHORT_REPLY and body[0] in {3, 4} and len(body) > 4:
        length, body = 5, body[:1] + b"\x02" + body[2:4]
    return HEADER.pack(transaction, protocol, length, unit) + body


def flip_a_bit(answer: bytes, turn: int) -> bytes:
    """One bit of the frame turned, another one each time, the same in each run."""
    random = Random(turn)  # noqa: S311 - a fault made up from a counter, nothing secret
    bit = random.randrange(8 * len(answer))
    spoilt = bytearray(answer)
    spoilt[bit // 8] ^= 1 << (bit % 8)
    return bytes(spoilt)


def garble(answer: bytes, turn: int) -> bytes:
    """Spoil a well-formed answer, each time in another way a client has to notice."""
    transaction, protocol, length, unit = HEADER.unpack_from(answer)
    if turn % 5 == 0:
        return HEADER.pack(transaction ^ 0x5A5A, protocol, length, unit) + answer[7:]
    if turn % 5 == 1:
        return HEADER.pack(transaction, protocol, 5, unit) + answer[7:8] + b"\x02\x00\x00"
    if turn % 5 == 2:
        return answer[:7] + bytes([answer[7] ^ 0x01]) + answer[8:]
    if turn % 5 == 3:
        return HEADER.pack(transaction, 0x7F7F, length, unit) + answer[7:]
    return bytes((b * 73 + 41 * turn) % 256 for b in answer[: 9 + turn % 7])
