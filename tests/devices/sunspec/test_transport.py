"""No fault on the wire becomes a value, hangs or leaves a socket open (DV-2, F5, F6)."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Callable

import pytest
import uvloop

from devices.capabilities import (
    ConnectionLost,
    DriverFault,
    ExceptionReply,
    ShortReply,
    Timeout,
    UnknownOutcome,
    Unreachable,
    WrongReply,
)
from devices.sunspec import Connection, Priority
from tests.devices.sunspec.peers import (
    Answer,
    count_of,
    exception_reply,
    misbehaving,
    read_reply,
    serving,
)
from tests.ports import free_port

TIMEOUT_S = 0.25
Writer = asyncio.StreamWriter


async def silent(request: bytes, writer: Writer) -> None:
    """Take the request and say nothing."""


async def slow_drip(request: bytes, writer: Writer) -> None:
    for byte in read_reply(request, [7] * count_of(request)):
        if writer.is_closing():
            break
        writer.write(bytes([byte]))
        await asyncio.sleep(0.1)


async def garbage(request: bytes, writer: Writer) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")


async def garbage_length(request: bytes, writer: Writer) -> None:
    writer.write(request[:4] + b"\xff\xff" + b"\x01\x03" * 40)


async def wrong_transaction(request: bytes, writer: Writer) -> None:
    asked = int.from_bytes(request[:2], "big")
    writer.write(read_reply(request, [7] * count_of(request), transaction=asked + 1))


async def wrong_unit(request: bytes, writer: Writer) -> None:
    writer.write(read_reply(request, [7] * count_of(request), unit=9))


async def short_reply(request: bytes, writer: Writer) -> None:
    writer.write(read_reply(request, [7]))


async def long_reply(request: bytes, writer: Writer) -> None:
    writer.write(read_reply(request, [7] * (count_of(request) + 1)))


async def short_frame(request: bytes, writer: Writer) -> None:
    writer.write(read_reply(request, [7] * count_of(request))[:-3])


async def wrong_function(request: bytes, writer: Writer) -> None:
    writer.write(read_reply(request, [7] * count_of(request), function=4))


async def unknown_function(request: bytes, writer: Writer) -> None:
    writer.write(read_reply(request, [7] * count_of(request), function=0x41))


async def byte_count_too_small(request: bytes, writer: Writer) -> None:
    reply = bytearray(read_reply(request, [7] * count_of(request)))
    reply[8] = 2
    writer.write(bytes(reply))


async def close_instead(request: bytes, writer: Writer) -> None:
    writer.close()


async def reset_instead(request: bytes, writer: Writer) -> None:
    reset(writer)


def reset(writer: Writer) -> None:
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


FAULTS: list[tuple[Answer, type[DriverFault]]] = [
    (silent, Timeout),
    (slow_drip, Timeout),
    (garbage, WrongReply),
    (garbage_length, WrongReply),
    (wrong_transaction, Timeout),
    (wrong_unit, WrongReply),
    (short_reply, ShortReply),
    (long_reply, ShortReply),
    (short_frame, Timeout),
    (wrong_function, WrongReply),
    (unknown_function, WrongReply),
    (byte_count_too_small, ShortReply),
    (close_instead, ConnectionLost),
    (reset_instead, ConnectionLost),
]


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize(("answer", "fault"), FAULTS, ids=[f[0].__name__ for f in FAULTS])
def test_a_misbehaving_device_gives_a_fault_in_time_and_loses_its_socket(
    answer: Answer, fault: type[DriverFault], new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def scene() -> tuple[float, bool]:
        async with misbehaving(answer) as rogue:
            connection = Connection("127.0.0.1", rogue.port, timeout_s=TIMEOUT_S)
            await connection.connect()
            started = time.monotonic()
            with pytest.raises(fault):
                await connection.read(1, 100, 4)
            took_s = time.monotonic() - started
            async with asyncio.timeout(2.0):
                await rogue.closed.wait()
            return took_s, connection.connected

    with asyncio.Runner(loop_factory=new_loop) as runner:
        took_s, connected = runner.run(scene())

    assert took_s < TIMEOUT_S + 0.3
    assert not connected


def test_a_late_reply_is_never_taken_for_the_next_ones() -> None:
    async def late_once(request: bytes, writer: Writer) -> None:
        addr = int.from_bytes(request[8:10], "big")
        if addr == 100:
            await asyncio.sleep(TIMEOUT_S * 1.5)
        writer.write(read_reply(request, [addr] * count_of(request)))

    async def scene() -> bytes:
        async with misbehaving(late_once) as rogue:
            connection = Connection("127.0.0.1", rogue.port, timeout_s=TIMEOUT_S)
            await connection.connect()
            with pytest.raises(Timeout):
                await connection.read(1, 100, 2)
            await connection.connect()
            await asyncio.sleep(TIMEOUT_S)
            reply = await connection.read(1, 300, 2)
            connection.close()
            return reply

    assert asyncio.run(scene()) == struct.pack(">2H", 300, 300)


def test_replies_in_pieces_and_two_in_one_segment_are_put_together() -> None:
    async def in_pieces(request: bytes, writer: Writer) -> None:
        stray = read_reply(request, [1] * 125, transaction=60000)
        reply = read_reply(request, [5] * count_of(request))
        writer.write(stray + reply[:9])
        await asyncio.sleep(0.02)
        writer.write(reply[9:])

    async def scene() -> tuple[bytes, int]:
        async with misbehaving(in_pieces) as rogue:
            connection = Connection("127.0.0.1", rogue.port, timeout_s=1.0)
            await connection.connect()
            reply = await connection.read(1, 100, 125)
            connection.close()
            return reply, connection.strays

    reply, strays = asyncio.run(scene())

    assert reply == struct.pack(">H", 5) * 125
    assert strays == 1


@pytest.mark.parametrize("code", range(1, 12))
def test_exception_replies_carry_their_code_and_keep_the_connection(code: int) -> None:
    async def refuse(request: bytes, writer: Writer) -> None:
        writer.write(exception_reply(request, code))

    async def scene() -> tuple[int, bool, bool]:
        async with misbehaving(refuse) as rogue:
            connection = Connection("127.0.0.1", rogue.port, timeout_s=TIMEOUT_S)
            await connection.connect()
            with pytest.raises(ExceptionReply) as caught:
                await connection.read(1, 100, 4)
            connected = connection.connected
            connection.close()
            return caught.value.code, caught.value.may_retry, connected

    found, may_retry, connected = asyncio.run(scene())

    assert found == code
    assert may_retry is (code in {4, 5, 6, 10, 11})
    assert connected


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (silent, UnknownOutcome),
        (close_instead, UnknownOutcome),
        (wrong_function, UnknownOutcome),
        (lambda request, writer: answer_with(request, writer, 3), ExceptionReply),
        (lambda request, writer: answer_with(request, writer, 6), ExceptionReply),
        (lambda request, writer: answer_with(request, writer, 4), UnknownOutcome),
        (lambda request, writer: answer_with(request, writer, 11), UnknownOutcome),
    ],
    ids=["silent", "closed", "wrong function", "refused", "busy", "device failure", "gateway"],
)
def test_an_unanswered_write_is_unknown_and_a_refused_one_is_not(
    answer: Answer, fault: type[DriverFault]
) -> None:
    async def scene() -> None:
        async with misbehaving(answer) as rogue:
            connection = Connection("127.0.0.1", rogue.port, timeout_s=TIMEOUT_S)
            await connection.connect()
            with pytest.raises(fault):
                await connection.write(1, 100, (1, 2, 3))
            connection.close()

    asyncio.run(scene())


async def answer_with(request: bytes, writer: Writer, code: int) -> None:
    writer.write(exception_reply(request, code))


def test_a_write_still_waiting_when_the_line_breaks_was_surely_not_sent() -> None:
    async def scene() -> list[object]:
        async with misbehaving(close_instead) as rogue:
            connection = Connection("127.0.0.1", rogue.port, timeout_s=TIMEOUT_S)
            await connection.connect()
            both = connection.read(1, 100, 4), connection.write(1, 100, (1, 2))
            return list(await asyncio.gather(*both, return_exceptions=True))

    read, write = asyncio.run(scene())

    assert isinstance(read, ConnectionLost)
    assert isinstance(write, ConnectionLost)


def test_commands_go_before_polls_and_only_one_request_is_under_way() -> None:
    most = 0
    under_way = 0

    async def count(request: bytes, writer: Writer) -> None:
        nonlocal most, under_way
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        writer.write(read_reply(request, [0] * count_of(request)))

    async def scene() -> list[int]:
        async with misbehaving(count) as rogue:
            connection = Connection("127.0.0.1", rogue.port, timeout_s=1.0)
            await connection.connect()
            polls = [connection.read(1, addr, 1) for addr in range(5)]
            commands = [connection.read(1, 900 + i, 1, Priority.COMMAND) for i in range(2)]
            await asyncio.gather(*polls, *commands)
            connection.close()
            return [int.from_bytes(request[8:10], "big") for request in rogue.requests]

    order = asyncio.run(scene())

    assert order == [0, 900, 901, 1, 2, 3, 4]
    assert most == 1


def test_a_paced_device_gets_its_pause_between_requests() -> None:
    async def scene() -> float:
        with serving({100: 1}) as peer:
            connection = Connection("127.0.0.1", peer.port, min_gap_s=0.1)
            await connection.connect()
            started = time.monotonic()
            await asyncio.gather(*(connection.read(1, 100, 1) for _ in range(4)))
            connection.close()
            return time.monotonic() - started

    assert 0.29 < asyncio.run(scene()) < 1.0


def test_a_silent_unit_does_not_fail_the_others_behind_its_gateway() -> None:
    async def only_unit_one(request: bytes, writer: Writer) -> None:
        if request[6] == 1:
            writer.write(read_reply(request, [1] * count_of(request)))

    async def scene() -> tuple[list[object], int]:
        async with misbehaving(only_unit_one) as rogue:
            connection = Connection("127.0.0.1", rogue.port, timeout_s=TIMEOUT_S)
            await connection.connect()
            results = await asyncio.gather(
                connection.read(1, 0, 1),
                connection.read(5, 0, 1),
                connection.read(1, 0, 1),
                return_exceptions=True,
            )
            connection.close()
            return list(results), rogue.connections

    results, connections = asyncio.run(scene())

    assert results[0] == results[2] == b"\0\1"
    assert isinstance(results[1], Timeout)
    assert connections == 2


def test_a_closed_port_is_unreachable_in_words() -> None:
    port = free_port()

    with pytest.raises(
        Unreachable, match=f"127.0.0.1:{port} cannot be reached: connection refused"
    ):
        asyncio.run(Connection("127.0.0.1", port).connect())


@pytest.mark.parametrize("greet", [reset, Writer.close], ids=["reset", "close"])
def test_accept_and_hang_up_never_looks_like_a_connection_that_works(
    greet: Callable[[Writer], None],
) -> None:
    async def scene() -> None:
        async with misbehaving(silent, greet=greet) as rogue:
            connection = Connection("127.0.0.1", rogue.port, timeout_s=TIMEOUT_S)
            await connection.connect()
            await connection.read(1, 0, 1)

    with pytest.raises((Unreachable, ConnectionLost)):
        asyncio.run(scene())


def test_a_cancelled_reader_leaves_the_connection_usable() -> None:
    async def slow(request: bytes, writer: Writer) -> None:
        await asyncio.sleep(0.05)
        writer.write(read_reply(request, [int.from_bytes(request[8:10], "big")]))

    async def scene() -> bytes:
        async with misbehaving(slow) as rogue:
            connection = Connection("127.0.0.1", rogue.port, timeout_s=1.0)
            await connection.connect()
            impatient = asyncio.ensure_future(connection.read(1, 100, 1))
            await asyncio.sleep(0.01)
            impatient.cancel()
            reply = await connection.read(1, 300, 1)
            connection.close()
            return reply

    assert asyncio.run(scene()) == struct.pack(">H", 300)


def test_reading_without_a_connection_says_so() -> None:
    async def scene() -> bytes:
        return await Connection("127.0.0.1", 502).read(1, 0, 1)

    with pytest.raises(ConnectionLost, match="not connected"):
        asyncio.run(scene())
