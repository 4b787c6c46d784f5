"""Modbus as one port speaks it: functions, habits of the port, present faults."""

import struct
from abc import ABC, abstractmethod
from collections.abc import Callable

from simulators.personalities import Personality
from simulators.wire.codes import (
    DEVICE_BUSY,
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    MOST_READ,
    MOST_WRITTEN,
    NO_SUCH_UNIT,
    READ_HOLDING,
    READ_INPUT,
    WRITE_MANY,
    WRITE_ONE,
)
from simulators.wire.delay import DelayLine, DelayLines
from simulators.wire.faults import (
    BAD_FIRMWARE,
    BUSY,
    EXCEPTION,
    NONE,
    OF_THE_PORT,
    SILENT,
    Fault,
    make_fault,
)

REQUEST = struct.Struct(">HH")
# These do nothing to frames.
HARMLESS = frozenset((NONE, BAD_FIRMWARE))

Clock = Callable[[], float]


class Port(ABC):
    """One port; `wall` tells real time, which the pacing habits go by."""

    def __init__(self, wall: Clock, habits: Personality, usual_ms: int, lines: DelayLines) -> None:
        self.wall, self.habits, self.lines = wall, habits, lines
        self.faults: dict[int, Fault] = {}
        self.usual = make_fault(NONE, max(usual_ms, habits.latency_ms))
        self.port_fault = ""
        self.connections = 0
        self.last_answer = -1e9
        self.is_plain = False
        self.line: DelayLine | None = None

    @abstractmethod
    def has(self, unit: int) -> bool:
        """Whether this unit is behind the port."""

    @abstractmethod
    def read(self, unit: int, address: int, count: int) -> bytes | None:
        """Registers as bytes; None where the map refuses."""

    @abstractmethod
    def write(self, unit: int, address: int, words: bytes) -> int:
        """Return the exception, 0 when accepted."""

    def set_fault(self, unit: int, kind: str, number: int | None) -> None:
        """Switch the fault of one unit; some kinds hold for the whole port."""
        self.faults[unit] = make_fault(kind, number, self.usual.latency_ms)
        if kind in OF_THE_PORT:
            self.port_fault = kind
        elif kind == NONE:
            self.port_fault = ""
        # Most ports have nothing peculiar but perhaps a latency: they answer by the shortest way.
        latencies = {fault.latency_ms for fault in self.faults.values()}
        self.is_plain = (
            not self.port_fault
            and self.habits.is_plain_on_the_wire
            and len(latencies) == 1
            and all(f.kind in HARMLESS for f in self.faults.values())
        )
        self.line = self.lines.of(max(latencies))

    def fault(self, unit: int) -> Fault:
        return self.faults.get(unit, self.usual)

    def answer(self, unit: int, pdu: bytes) -> bytes | None:
        """Return the PDU that answers a request's PDU; None for silence."""
        function, habits = pdu[0], self.habits
        fault, refusal = self.fault(unit), 0
        if fault.kind == SILENT:
            return None
        if not self.has(unit) and habits.unknown_unit != "answer":
            refusal = NO_SUCH_UNIT if habits.unknown_unit == "exception" else -1
        elif habits.min_gap_ms and not self._has_waited():
            refusal = DEVICE_BUSY if habits.when_too_soon == "busy" else -1
        if refusal:
            return bytes((function | 0x80, refusal)) if refusal > 0 else None
        if fault.kind in {EXCEPTION, BUSY}:
            return bytes((function | 0x80, fault.number or DEVICE_BUSY))
        return self._carry_out(unit, function, pdu)

    def _carry_out(self, unit: int, function: int, pdu: bytes) -> bytes | None:
        if function in {READ_HOLDING, READ_INPUT}:
            return self._read(unit, function, pdu)
        if function == WRITE_ONE:
            return self._write_one(unit, pdu)
        if function == WRITE_MANY:
            return self._write_many(unit, pdu)
        return bytes((function | 0x80, ILLEGAL_FUNCTION))

    def _has_waited(self) -> bool:
        now = self.wall()
        waited = now - self.last_answer >= self.habits.min_gap_ms / 1000
        if waited:
            self.last_answer = now
        return waited

    def _read(self, unit: int, function: int, pdu: bytes) -> bytes:
        if len(pdu) != 5:
            return bytes((function | 0x80, ILLEGAL_VALUE))
        address, count = REQUEST.unpack_from(pdu, 1)
        if not 1 <= count <= min(self.habits.longest_read, MOST_READ):
            return bytes((function | 0x80, ILLEGAL_VALUE))
        words = self.read(unit, address, count)
        if words is None:
            return bytes((function | 0x80, ILLEGAL_ADDRESS))
        return bytes((function, 2 * count)) + words

    def _write_one(self, unit: int, pdu: bytes) -> bytes | None:
        if len(pdu) != 5:
            return bytes((WRITE_ONE | 0x80, ILLEGAL_VALUE))
        if self.habits.single_write == "16":
            silent = self.habits.single_write_refusal == "silent"
            return None if silent else bytes((WRITE_ONE | 0x80, ILLEGAL_FUNCTION))
        exception = self.write(unit, int.from_bytes(pdu[1:3], "big"), pdu[3:5])
        return bytes((WRITE_ONE | 0x80, exception)) if exception else pdu

    def _write_many(self, unit: int, pdu: bytes) -> bytes | None:
        refused = bytes((WRITE_MANY | 0x80, ILLEGAL_VALUE))
        if len(pdu) < 8:
            return refused
        address, count = REQUEST.unpack_from(pdu, 1)
        words = pdu[6:]
        if not 1 <= count <= MOST_WRITTEN or pdu[5] != 2 * count or len(words) != 2 * count:
            return refused
        if count == 1 and self.habits.single_write == "6":
            silent = self.habits.single_write_refusal == "silent"
            return None if silent else bytes((WRITE_MANY | 0x80, ILLEGAL_ADDRESS))
        exception = self.write(unit, address, words)
        return bytes((WRITE_MANY | 0x80, exception)) if exception else pdu[:5]

    def quick_read(self, unit: int, address: int, count: int) -> bytes | None:
        """What a plain port gives at once; None where the whole way has to be gone."""
        return None
