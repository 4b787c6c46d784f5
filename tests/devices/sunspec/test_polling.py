"""Thousands are polled without a task each: the same care as for a single read (DV-2)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from devices.capabilities import ConnectionLost, DriverFault, Measurement, Timeout
from devices.sunspec import Connection, SunSpecDevice, Sweep
from devices.sunspec.exchange import READ, WRITE_MANY, WRITE_ONE, good_reply
from tests.devices.sunspec.maps import address_of, chain, common, model, producing
from tests.devices.sunspec.peers import Peer, count_of, misbehaving, read_reply
from tests.devices.sunspec.test_measuring import with_device

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
Outcomes = list[Measurement | Exception]


async def polled(device: SunSpecDevice, times: int = 1) -> Outcomes:
    """Poll as a session does: the next one begins when the one before was told."""
    outcomes: Outcomes = []
    for _ in range(times):
        is_told = asyncio.Event()

        def told(outcome: Measurement | Exception, is_told: asyncio.Event = is_told) -> None:
            outcomes.append(outcome)
            is_told.set()

        device.poll(lambda: AT, told)
        async with asyncio.timeout(3.0):
            await is_told.wait()
    await asyncio.sleep(0.02)
    return outcomes


def test_a_poll_tells_what_a_measurement_would_and_tells_it_once() -> None:
    async def scene(device: SunSpecDevice, peer: Peer) -> tuple[Measurement, Outcomes]:
        return await device.measure(lambda: AT), await polled(device, times=3)

    wanted, outcomes = with_device(chain(common(), producing(103)), scene)

    assert outcomes == [wanted] * 3


def test_a_poll_asks_for_less_after_a_refusal_and_remembers_it() -> None:
    registers = chain(common(), producing(103), model(124, ChaState=870, ChaState_SF=-1))
    refused = frozenset({address_of(registers, 124) + 8})

    async def scene(device: SunSpecDevice, peer: Peer) -> tuple[Outcomes, int]:
        first = await polled(device)
        peer.reads.clear()
        return first + await polled(device), len(peer.reads)

    outcomes, reads = with_device(registers, scene, refused=refused)

    assert [type(outcome) for outcome in outcomes] == [Measurement, Measurement]
    assert reads == 1


def test_a_surprise_in_the_data_is_told_and_the_next_poll_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def no_clock() -> datetime:
        raise OverflowError("no clock")

    async def scene(device: SunSpecDevice, peer: Peer) -> Outcomes:
        outcomes: Outcomes = []
        device.poll(no_clock, outcomes.append)
        await asyncio.sleep(0.1)
        return outcomes + await polled(device)

    surprise, after = with_device(chain(common(), producing(103)), scene)

    assert isinstance(surprise, OverflowError)
    assert isinstance(after, Measurement)
    assert not caplog.records


def test_a_poll_without_a_connection_says_so() -> None:
    async def scene(device: SunSpecDevice, peer: Peer) -> Outcomes:
        device.connection.close()
        return await polled(device)

    (outcome,) = with_device(chain(common(), producing(103)), scene)

    assert isinstance(outcome, ConnectionLost)


@pytest.mark.parametrize("place", range(9))
def test_no_reply_with_another_header_is_believed(place: int) -> None:
    """Transaction, protocol, length, unit, function and byte count: each counts."""

    async def changed(request: bytes, writer: asyncio.StreamWriter) -> None:
        reply = bytearray(read_reply(request, [7] * count_of(request)))
        reply[place] ^= 0x01
        writer.write(bytes(reply))

    async def scene() -> None:
        async with misbehaving(changed) as rogue:
            connection = Connection("127.0.0.1", rogue.port, timeout_s=0.1)
            await connection.connect()
            with pytest.raises(DriverFault):
                await connection.read(1, 100, 4)
            connection.close()

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("function", "count", "body", "reply"),
    [
        (READ, 2, "00000006 01 03 0064 0002", "00000007 01 03 04"),
        (WRITE_ONE, 1, "00000006 01 06 0064 0007", "00000006 01 06 0064 0007"),
        (WRITE_MANY, 2, "0000000b 01 10 0064 0002 04 0001 0002", "00000006 01 10 0064 0002"),
    ],
)
def test_the_one_good_reply_is_known_beforehand(
    function: int, count: int, body: str, reply: str
) -> None:
    head, length = good_reply(1, function, count, bytes.fromhex(body))

    assert head == bytes.fromhex(reply)
    assert length == (9 + 2 * count if function == READ else 12)


def test_one_sweep_finds_each_late_answer_of_many_connections() -> None:
    async def silent(request: bytes, writer: asyncio.StreamWriter) -> None:
        """Take the request and say nothing."""

    async def scene() -> tuple[list[object], float, int]:
        loop, sweep = asyncio.get_running_loop(), Sweep()
        async with misbehaving(silent) as rogue:
            many = [
                Connection("127.0.0.1", rogue.port, timeout_s=0.2, sweep=sweep) for _ in range(30)
            ]
            for connection in many:
                await connection.connect()
            began = loop.time()
            outcomes = await asyncio.gather(
                *(connection.read(1, 0, 1) for connection in many), return_exceptions=True
            )
            took_s = loop.time() - began
            timers = sum(not handle.cancelled() for handle in loop._scheduled)  # type: ignore[attr-defined]
            return list(outcomes), took_s, timers

    outcomes, took_s, timers = asyncio.run(scene())

    assert {type(outcome) for outcome in outcomes} == {Timeout}
    assert 0.2 <= took_s < 0.5
    assert timers <= 1
