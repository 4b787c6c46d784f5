"""Modbus TCP frames, made and understood by pymodbus; nothing else of the product knows it."""

from __future__ import annotations

import logging
from functools import lru_cache

from pymodbus.framer.socket import FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadHoldingRegistersResponse,
    WriteMultipleRegistersRequest,
    WriteMultipleRegistersResponse,
    WriteSingleRegisterRequest,
    WriteSingleRegisterResponse,
)
from typing_extensions import override

from devices.capabilities import DriverFault, ExceptionReply, ShortReply, WrongReply
from devices.sunspec.exchange import READ, WRITE_ONE, Asker, Exchange

# What a device sends that is no reply is told as a fault, once: not for each frame in the log too.
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)
LONGEST_READ = 125
LONGEST_WRITE = 123
HEADER = 8
LONGEST_ADU_LENGTH = 254

EXCEPTIONS = {
    1: "illegal function",
    2: "illegal address",
    3: "illegal value",
    4: "device failure",
    5: "acknowledged, still busy with it",
    6: "busy",
    7: "negative acknowledgement",
    8: "memory parity error",
    10: "gateway has no path to the unit",
    11: "gateway got no answer from the unit",
}


class RegistersReply(ReadHoldingRegistersResponse):
    """A read reply that keeps its bytes, instead of a list of numbers nobody asked for."""

    payload: bytes = b""
    announced: int = -1

    @override
    def decode(self, data: bytes) -> None:
        self.announced = data[0]
        self.payload = data[1:]

    @override
    def __str__(self) -> str:
        return "RegistersReply"


DECODER = DecodePDU(False)  # noqa: FBT003 - pymodbus' own signature
DECODER.register(RegistersReply)
FRAMER = FramerSocket(DECODER)


def read_request(unit: int, addr: int, count: int, asker: Asker) -> Exchange:
    """A request for holding registers; it may be submitted again and again."""
    if not 1 <= count <= LONGEST_READ or not 0 <= addr <= 65536 - count:
        raise ValueError(f"cannot read {count} registers at {addr}")
    return Exchange(unit, READ, addr, count, _read_frame(unit, addr, count), asker)


@lru_cache(maxsize=16384)
def _read_frame(unit: int, addr: int, count: int) -> bytes:
    """Everything of a read request behind its transaction id: polls repeat the same few."""
    request = ReadHoldingRegistersRequest(address=addr, count=count, dev_id=unit)
    return FRAMER.buildFrame(request)[2:]


def write_request(
    unit: int, function: int, addr: int, registers: tuple[int, ...], asker: Asker
) -> Exchange:
    """A request that writes registers; function 6 writes a single one the short way."""
    frame = write_frame(unit, function, addr, registers)
    return Exchange(unit, function, addr, len(registers), frame, asker)


@lru_cache(maxsize=4096)
def write_frame(unit: int, function: int, addr: int, registers: tuple[int, ...]) -> bytes:
    """Everything of a write behind its transaction id: a beat is the same for many devices."""
    if not 1 <= len(registers) <= LONGEST_WRITE or (function == WRITE_ONE < len(registers)):
        raise ValueError(f"cannot write {len(registers)} registers with function {function}")
    request: ModbusPDU
    if function == WRITE_ONE:
        request = WriteSingleRegisterRequest(address=addr, registers=list(registers), dev_id=unit)
    else:
        request = WriteMultipleRegistersRequest(
            address=addr, registers=list(registers), dev_id=unit
        )
    return FRAMER.buildFrame(request)[2:]


def first_frame(buffer: bytes) -> tuple[int, int, int, bytes]:
    """The first whole frame: bytes used (0 when it is not whole), unit, transaction, message.

    Raises WrongReply when these bytes are no beginning of Modbus TCP.
    """
    if len(buffer) < HEADER:
        return 0, 0, 0, b""
    length = buffer[4] << 8 | buffer[5]
    if buffer[2] or buffer[3] or not 3 <= length <= LONGEST_ADU_LENGTH:
        raise WrongReply("sent bytes that are not Modbus TCP")
    return FRAMER.decode(buffer)


def judge(exchange: Exchange, unit: int, message: bytes) -> tuple[bytes, DriverFault | None]:
    """What a reply with the right transaction id brings, or what is wrong with it."""
    reply = DECODER.decode(message)
    fault = _fault_in(exchange, unit, message, reply)
    return (reply.payload if isinstance(reply, RegistersReply) else b""), fault


def _fault_in(
    exchange: Exchange, unit: int, frame: bytes, reply: ModbusPDU | None
) -> DriverFault | None:
    """Tell what is wrong with a reply that carries the right transaction id."""
    if unit != exchange.unit:
        return WrongReply(f"unit {unit} answered the {exchange}")
    if reply is None or frame[0] & 0x7F != exchange.function:
        return WrongReply(f"function {frame[0]} came back for the {exchange}")
    if reply.isError():
        code = reply.exception_code
        words = EXCEPTIONS.get(code, "unknown exception")
        return ExceptionReply(f"the {exchange} was refused: {words} (code {code})", code=code)
    if isinstance(reply, RegistersReply):
        if len(reply.payload) != 2 * exchange.count or reply.announced != len(reply.payload):
            return ShortReply(f"{len(reply.payload) // 2} registers came back for the {exchange}")
        return None
    return _fault_in_echo(exchange, reply)


def _fault_in_echo(exchange: Exchange, reply: ModbusPDU) -> DriverFault | None:
    if isinstance(reply, WriteMultipleRegistersResponse):
        agrees = (reply.address, reply.count) == (exchange.addr, exchange.count)
    elif isinstance(reply, WriteSingleRegisterResponse):
        agrees = reply.address == exchange.addr
    else:
        agrees = False
    return None if agrees else WrongReply(f"the echo does not match the {exchange}")
