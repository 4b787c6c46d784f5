"""Ten thousand spoilt replies never become a wrong good value, nor anything but a fault (F6).

What is spoilt is everything a receiver could notice: header, length, order, time, connection. The
bytes of a register are not, because Modbus TCP has no check of its own over them: TCP has.
"""

from __future__ import annotations

import asyncio
import struct
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from random import Random

from devices.capabilities import DriverFault, Function, Nameplate, Quality, SlowReading
from devices.sunspec import Connection, SunSpecDevice, discover
from tests.devices.sunspec import maps
from tests.devices.sunspec.maps import Registers, chain, common, producing
from tests.devices.sunspec.peers import exception_reply, read_reply
from tests.devices.sunspec.test_measuring import AT

REPLIES = 10_000
WORKERS = 40
TIMEOUT_S = 0.08
UNITS = (1, 2)
Spoil = Callable[[Random, bytes, bytes, bytes], list[bytes]]


def unit_registers(unit: int) -> Registers:
    """Two units of different values behind one address: no reply of one may pass for the other."""
    models = producing(W=400 + unit, WH=1000 * unit), maps.ratings(WRtg=1000 * unit)
    controls = maps.immediate_controls(WMaxLimPct=90 + unit, WMaxLim_Ena=1)
    return chain(common(SN=f"SN-{unit}"), *models, maps.basic_settings(WMax=1000 * unit), controls)


TRUTH = {unit: unit_registers(unit) for unit in UNITS}


def flip(random: Random, reply: bytes, _: bytes, __: bytes) -> list[bytes]:
    """One bit of the header: transaction, protocol, length, unit, function or byte count."""
    at = random.randrange(min(9, len(reply)))
    return [reply[:at] + bytes([reply[at] ^ 1 << random.randrange(8)]) + reply[at + 1 :]]


def cut(random: Random, reply: bytes, _: bytes, __: bytes) -> list[bytes]:
    return [reply[: random.randrange(len(reply))]]


def more(random: Random, reply: bytes, _: bytes, __: bytes) -> list[bytes]:
    return [reply + random.randbytes(random.randint(1, 30))]


def garbage(random: Random, reply: bytes, _: bytes, __: bytes) -> list[bytes]:
    return [random.randbytes(random.randint(1, 300))]


def twice(random: Random, reply: bytes, _: bytes, __: bytes) -> list[bytes]:
    return [reply + reply]


def stale(random: Random, reply: bytes, _: bytes, before: bytes) -> list[bytes]:
    """The reply to the request before, instead of or ahead of this one's."""
    return random.choice(([before], [before + reply], [reply[:5], reply[5:] + before]))


def stale_content(random: Random, reply: bytes, _: bytes, before: bytes) -> list[bytes]:
    """Another unit's reply under this one's transaction."""
    return [reply[:6] + before[6:]] if before[6:7] != reply[6:7] else [before]


def segments(random: Random, reply: bytes, _: bytes, __: bytes) -> list[bytes]:
    at = random.randrange(1, len(reply))
    return [reply[:at], reply[at:]]


def refused(random: Random, reply: bytes, request: bytes, _: bytes) -> list[bytes]:
    return [exception_reply(request, random.choice((*range(12), random.randrange(256))))]


def other_count(random: Random, reply: bytes, request: bytes, _: bytes) -> list[bytes]:
    """A sound frame with fewer or more registers than were asked for."""
    count = max(0, (len(reply) - 9) // 2 + random.choice((-7, -1, 1, 4)))
    return [read_reply(request, [7] * count)]


def other_function(random: Random, reply: bytes, request: bytes, _: bytes) -> list[bytes]:
    return [reply[:7] + bytes([random.choice((1, 4, 6, 16, 43, 99))]) + reply[8:]]


def silence(random: Random, reply: bytes, _: bytes, __: bytes) -> list[bytes]:
    return []


def as_it_is(random: Random, reply: bytes, _: bytes, __: bytes) -> list[bytes]:
    return [reply]


SPOILS: tuple[Spoil, ...] = (
    flip, flip, flip, cut, more, garbage, twice, stale, stale_content, segments, refused,
    other_count, other_function, silence, as_it_is, as_it_is, as_it_is,
)  # fmt: skip


class Spoiler:
    """A server whose replies are spoilt, each in a way drawn by a seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - repeatable, not secret
        self.spoilt: Counter[str] = Counter()
        self.is_honest = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        before = b"\0\0\0\0\0\5\1\3\2\0\0"
        try:
            while True:
                head = await reader.readexactly(6)
                request = head + await reader.readexactly(int.from_bytes(head[4:6], "big"))
                reply = answered(request)
                spoil = as_it_is if self.is_honest else self.random.choice(SPOILS)
                self.spoilt[spoil.__name__] += not self.is_honest
                for number, piece in enumerate(spoil(self.random, reply, request, before)):
                    if number:
                        await asyncio.sleep(0.001)
                    writer.write(piece)
                before = reply
                if not self.is_honest and self.random.random() < 0.01:
                    writer.transport.abort()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def answered(request: bytes) -> bytes:
    addr, count = int.from_bytes(request[8:10], "big"), int.from_bytes(request[10:12], "big")
    registers = TRUTH[request[6]]
    wanted = range(addr, addr + count)
    if registers.keys() >= set(wanted):
        return read_reply(request, [registers[a] for a in wanted])
    return exception_reply(request, 2)


async def measured(device: SunSpecDevice) -> object:
    found = await device.measure(lambda: AT)
    # Anything but good may hold what it likes: nobody takes it for a value.
    return found if found.quality is Quality.GOOD else None


async def nameplate(device: SunSpecDevice) -> object:
    return await device.read_nameplate()


async def control(device: SunSpecDevice) -> object:
    return await device.read_control(Function.LIMIT_ACTIVE_POWER)


async def slow(device: SunSpecDevice) -> object:
    return await device.read_slow(lambda: AT)


def agrees(found: object, truth: object) -> bool:
    """Nothing was told, or the truth: what is told may be less, and never something else."""
    if found is None or found == truth:
        return True
    if isinstance(found, SlowReading) and isinstance(truth, SlowReading):
        return (
            found.points.items() <= truth.points.items()
            and set(found.states) <= set(truth.states)
            and found.supervision.firmware in {truth.supervision.firmware, ""}
        )
    if isinstance(found, Nameplate) and isinstance(truth, Nameplate):
        return all(value in {None, getattr(truth, name)} for name, value in asdict(found).items())
    return False


async def identity(device: SunSpecDevice) -> object:
    return (await discover(device.connection, device.unit)).identity.serial_number or None


async def neighbours(device: SunSpecDevice) -> object:
    """Replies of one length to requests for different registers."""
    registers = TRUTH[device.unit]
    for addr in range(40_004, 40_124, 12):
        data = await device.connection.read(device.unit, addr, 12)
        if data != struct.pack(">12H", *(registers[a] for a in range(addr, addr + 12))):
            return f"other registers than those at {addr}"
    return True


QUESTIONS: tuple[Callable[[SunSpecDevice], Awaitable[object]], ...] = (
    measured, nameplate, control, slow, identity, neighbours,
)  # fmt: skip


async def truth_about(device: SunSpecDevice) -> list[object]:
    return [await ask(device) for ask in QUESTIONS]


async def asking(
    spoiler: Spoiler, port: int, known: dict[int, tuple[SunSpecDevice, list[object]]], seed: int
) -> tuple[list[str], int]:
    """Ask until the replies are used up; tells the wrong answers and how many were right."""
    random = Random(seed)  # noqa: S311 - repeatable, not secret
    connection = Connection("127.0.0.1", port, timeout_s=TIMEOUT_S)
    wrong: list[str] = []
    right = 0
    while sum(spoiler.spoilt.values()) < REPLIES:
        unit = random.choice(UNITS)
        before, truth = known[unit]
        place = random.choice((0, 0, 0, 0, 1, 2, 3, 4, 5, 5, 5, 5))
        connection.min_gap_s = 0.0
        try:
            await connection.connect()
            device = SunSpecDevice(connection, unit, before.discovery)
            found = await QUESTIONS[place](device)
        except DriverFault:
            continue
        if not agrees(found, truth[place]):
            wrong.append(f"unit {unit}: {found} instead of {truth[place]}")
        right += found == truth[place]
    connection.close()
    return wrong, right


def test_ten_thousand_spoilt_replies_never_become_good_values() -> None:
    seed = 1
    spoiler = Spoiler(seed)

    async def scene() -> list[tuple[list[str], int]]:
        server = await asyncio.start_server(spoiler.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        known = {}
        for unit in UNITS:
            connection = Connection("127.0.0.1", port, timeout_s=2.0)
            await connection.connect()
            device = SunSpecDevice(connection, unit, await discover(connection, unit))
            known[unit] = (device, await truth_about(device))
            connection.close()
        assert known[1][1][0] != known[2][1][0]
        spoiler.is_honest = False
        workers = [asking(spoiler, port, known, seed * 1000 + i) for i in range(WORKERS)]
        outcomes = await asyncio.gather(*workers)
        server.close()
        return outcomes

    outcomes = asyncio.run(scene())

    assert [words for wrong, _ in outcomes for words in wrong] == []
    assert set(spoiler.spoilt) == {spoil.__name__ for spoil in SPOILS}
    assert sum(right for _, right in outcomes) > REPLIES / 20
