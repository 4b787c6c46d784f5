"""Makers differ: each difference is known by the name the device gives itself (DV-1)."""

from __future__ import annotations

import asyncio

import pytest

from devices.capabilities import ControlRequest, Function, Identity
from devices.sunspec import Connection, SunSpecDevice, discover, quirks_for
from devices.sunspec.quirks import MAKERS, PLAIN
from tests.devices.sunspec import maps
from tests.devices.sunspec.maps import chain, common
from tests.devices.sunspec.peers import exception_reply, misbehaving, read_reply


def who(manufacturer: str, model: str = "") -> Identity:
    return Identity(manufacturer, model, "", "", "")


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        (who("Fronius", "Symo"), "Fronius"),
        (who("SMA", "STP60-10"), "SMA STP 60"),
        (who("SMA", "SB3.6-1AV-41"), PLAIN.name),
        (who("SolarEdge ", "SE33.3K"), "SolarEdge"),
        (who("APSystems"), "APsystems ECU-R"),
        (who("KOSTAL", "PLENTICORE plus7"), "KOSTAL Plenticore"),
        (who(""), PLAIN.name),
    ],
)
def test_a_maker_is_known_by_name(identity: Identity, name: str) -> None:
    assert quirks_for(identity).name == name


def test_no_two_makers_claim_the_same_device() -> None:
    for maker in ("Fronius", "SMA", "SolarEdge", "APsystems", "KOSTAL"):
        claims = [m for m in MAKERS if m.matches(who(maker, "STP60"))]
        assert len(claims) == 1, maker


def test_a_paced_maker_slows_the_whole_connection_down() -> None:
    async def scene() -> float:
        async with misbehaving(nothing) as rogue:
            connection = Connection("127.0.0.1", rogue.port)
            await connection.connect()
            registers = chain(common(Mn="SMA", Md="STP60-10"))
            found = await discovered_from(registers)
            SunSpecDevice(connection, 1, found, quirks=quirks_for(found.identity))
            connection.close()
            return connection.min_gap_s

    assert asyncio.run(scene()) == 1.0


async def nothing(request: bytes, writer: asyncio.StreamWriter) -> None:
    """Stay silent."""


async def discovered_from(registers: dict[int, int]):  # type: ignore[no-untyped-def]  # Discovery
    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        answer_from(registers, request, writer)

    async with misbehaving(serve) as rogue:
        connection = Connection("127.0.0.1", rogue.port)
        await connection.connect()
        try:
            return await discover(connection, 1)
        finally:
            connection.close()


def answer_from(registers: dict[int, int], request: bytes, writer: asyncio.StreamWriter) -> None:
    addr, count = int.from_bytes(request[8:10], "big"), int.from_bytes(request[10:12], "big")
    wanted = range(addr, addr + count)
    if registers.keys() >= set(wanted):
        writer.write(read_reply(request, [registers[a] for a in wanted]))
    else:
        writer.write(exception_reply(request, 2))


@pytest.mark.parametrize(
    ("maker", "answered", "code", "expected"),
    [
        ("Maker", 16, 1, [6, 16, 16]),  # lacks function 6
        ("KOSTAL", 6, 2, [6, 6]),  # "illegal address" to function 16 for one register
        ("APsystems", 6, 2, [16, 6, 6]),  # one that turns out to be of another generation
    ],
)
def test_the_function_for_single_registers_is_learned(
    maker: str, answered: int, code: int, expected: list[int]
) -> None:
    functions: list[int] = []
    controls = maps.storage_controls(StorCtl_Mod=3)
    registers = chain(common(Mn=maker), maps.producing(), controls)

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        if request[7] == 3:
            answer_from(registers, request, writer)
            return
        functions.append(request[7])
        if request[7] != answered:
            writer.write(exception_reply(request, code))
        else:
            writer.write(request[:4] + b"\0\6" + request[6:12])

    async def scene() -> None:
        async with misbehaving(serve) as rogue:
            connection = Connection("127.0.0.1", rogue.port)
            await connection.connect()
            found = await discover(connection, 1)
            device = SunSpecDevice(connection, 1, found, quirks=quirks_for(found.identity))
            await device.read_settings()
            release = ControlRequest(Function.SET_ACTIVE_POWER, None, enable=False, reversion_s=0)
            await device.apply(device.plan(release))
            await device.apply(device.plan(release))
            connection.close()

    asyncio.run(scene())

    assert functions == expected
