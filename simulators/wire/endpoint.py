"""What one port answers: the units behind it, the habits of the port, the present faults."""

import struct
from collections.abc import Callable

from simulators.errors import FleetError
from simulators.maps.device import Device
from simulators.maps.registers import ILLEGAL_ADDRESS, ILLEGAL_VALUE
from simulators.personalities import Personality
from simulators.running.simulation import Simulation
from simulators.wire.faults import (
    BAD_FIRMWARE,
    BUSY,
    DEVICE_BUSY,
    EXCEPTION,
    NONE,
    OF_THE_PORT,
    SILENT,
    Fault,
    make_fault,
    split_fault,
)

REQUEST = struct.Struct(">HH")
READ_HOLDING, READ_INPUT, WRITE_ONE, WRITE_MANY = 3, 4, 6, 16
ILLEGAL_FUNCTION, NO_SUCH_UNIT = 1, 11
MOST_READ, MOST_WRITTEN = 125, 123
# These do nothing to frames.
HARMLESS = frozenset((NONE, BAD_FIRMWARE))

Clock = Callable[[], float]


class Endpoint:
    """One port; `wall` tells real time, which the pacing habits go by."""

    def __init__(
        self, simulation: Simulation, clock: Clock, wall: Clock, habits: Personality, usual_ms: int
    ) -> None:
        self.simulation, self.clock, self.wall, self.habits = simulation, clock, wall, habits
        self.plant = simulation.plant
        self.units: dict[int, Device] = {}
        self.faults: dict[int, Fault] = {}
        self.usual = make_fault(NONE, max(usual_ms, habits.latency_ms))
        self.port_fault = ""
        self.connections = 0
        self.last_answer = -1e9
        self.is_plain = False

    def add(self, device: Device) -> None:
        unit, spec = device.spec.unit, device.spec
        if unit in self.units:
            raise FleetError(
                f"{spec.key} and {self.units[unit].spec.key} are both unit {unit} on "
                f"{spec.host}:{spec.port}; give one of them another unit or port"
            )
        self.units[unit] = device
        self.set_fault(unit, *split_fault(spec.fault or NONE))

    def set_fault(self, unit: int, kind: str, number: int | None) -> None:
        """Switch the fault of one unit; some kinds hold for the whole port."""
        fault = make_fault(kind, number, self.usual.latency_ms)
        before = self.faults.get(unit)
        device = self.units[unit]
        if before and before.kind == BAD_FIRMWARE:
            device.registers.mend(device.spec.version)
            device.bank.fresh = -1
        if kind == BAD_FIRMWARE:
            device.registers.break_firmware()
        self.faults[unit] = fault
        if kind in OF_THE_PORT:
            self.port_fault = kind
        elif kind == NONE:
            self.port_fault = ""
        # Most ports have nothing peculiar: they answer by the shortest way.
        self.is_plain = (
            not self.port_fault
            and self.habits.is_plain_on_the_wire
            and self.usual.latency_ms == 0
            and all(f.kind in HARMLESS and not f.latency_ms for f in self.faults.values())
        )

    def fault(self, unit: int) -> Fault:
        return self.faults.get(unit, self.usual)

    def answer(self, unit: int, pdu: bytes) -> bytes | None:
        """Return the PDU that answers a request's PDU; None for silence."""
        function, habits = pdu[0], self.habits
        device = self.units.get(unit)
        if device is None and habits.unknown_unit == "answer":
            device = next(iter(self.units.values()))
        if device is None:
            silent = habits.unknown_unit == "silent"
            return None if silent else bytes((function | 0x80, NO_SUCH_UNIT))
        fault = self.fault(unit)
        if fault.kind == SILENT:
            return None
        if habits.min_gap_ms and not self._has_waited():
            return bytes((function | 0x80, DEVICE_BUSY)) if habits.when_too_soon == "busy" else None
        if fault.kind in {EXCEPTION, BUSY}:
            return bytes((function | 0x80, fault.number or DEVICE_BUSY))
        return self._carry_out(device, function, pdu)

    def _carry_out(self, device: Device, function: int, pdu: bytes) -> bytes | None:
        if function in {READ_HOLDING, READ_INPUT}:
            return self._read(device, function, pdu)
        if function == WRITE_ONE:
            return self._write_one(device, pdu)
        if function == WRITE_MANY:
            return self._write_many(device, pdu)
        return bytes((function | 0x80, ILLEGAL_FUNCTION))

    def _has_waited(self) -> bool:
        now = self.wall()
        waited = now - self.last_answer >= self.habits.min_gap_ms / 1000
        if waited:
            self.last_answer = now
        return waited

    def _read(self, device: Device, function: int, pdu: bytes) -> bytes:
        if len(pdu) != 5:
            return bytes((function | 0x80, ILLEGAL_VALUE))
        address, count = REQUEST.unpack_from(pdu, 1)
        if not 1 <= count <= min(self.habits.longest_read, MOST_READ):
            return bytes((function | 0x80, ILLEGAL_VALUE))
        words = device.read(address - device.spec.base, count, self.plant)
        if words is None:
            return bytes((function | 0x80, ILLEGAL_ADDRESS))
        return bytes((function, 2 * count)) + words

    def _write_one(self, device: Device, pdu: bytes) -> bytes | None:
        if len(pdu) != 5:
            return bytes((WRITE_ONE | 0x80, ILLEGAL_VALUE))
        if self.habits.single_write == "16":
            silent = self.habits.single_write_refusal == "silent"
            return None if silent else bytes((WRITE_ONE | 0x80, ILLEGAL_FUNCTION))
        address = int.from_bytes(pdu[1:3], "big")
        exception = self.simulation.write(device, address, pdu[3:5], self.clock())
        return bytes((WRITE_ONE | 0x80, exception)) if exception else pdu

    def _write_many(self, device: Device, pdu: bytes) -> bytes | None:
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
        exception = self.simulation.write(device, address, words, self.clock())
        return bytes((WRITE_MANY | 0x80, exception)) if exception else pdu[:5]
