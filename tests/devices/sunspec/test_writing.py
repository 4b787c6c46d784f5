"""How a device wants to be written to is learned, and kept (DV-1, DV-3)."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import pytest

from devices.capabilities import (
    ControlRequest,
    ExceptionReply,
    Function,
    Learned,
    UnknownOutcome,
    learned_from,
)
from devices.parameters import PowerFactor, ReactivePower
from devices.sunspec import Connection, SunSpecDevice, discover
from tests.devices.sunspec import maps
from tests.devices.sunspec.asking import asked, carried_out, released
from tests.devices.sunspec.der import Der
from tests.devices.sunspec.maps import chain, common
from tests.devices.sunspec.peers import exception_reply, misbehaving
from tests.devices.sunspec.test_measuring import with_device
from tests.devices.sunspec.test_quirks import answer_from
from tests.devices.sunspec.test_reactive import newer, older

LIMIT, SET, VAR = (
    Function.LIMIT_ACTIVE_POWER,
    Function.SET_ACTIVE_POWER,
    Function.SET_REACTIVE_POWER,
)
GAPS = {"VArPct_WinTms": 0xFFFF, "VArPct_RmpTms": 0xFFFF}


def test_a_device_that_is_not_written_where_it_implements_nothing_is_written_in_pieces() -> None:
    async def scene(device: SunSpecDevice, peer: Der) -> tuple[list[int], bool, Learned]:
        await device.read_settings()
        refusals = []
        for value in (2_200.0, 1_100.0):
            plan = device.plan(asked(VAR, ReactivePower(value), reversion_s=60))
            await device.apply(plan)
            assert await device.confirm(plan)
            refusals.append(peer.refusals)
        last = peer.writes[-1]
        return refusals, last == (peer.names["123.VArPct_Ena"][0], (1,)), device.learned

    refusals, enabled_last, learned = with_device(older(**GAPS), scene, kind=Der, refuses_gaps=True)

    assert refusals == [1, 1]  # once, and known from then on
    assert enabled_last
    assert learned.writes_in_pieces
    assert learned_from(asdict(learned)) == learned


def test_whole_points_are_kept_together_in_pieces() -> None:
    registers = newer(VarSetPct=-0x8000, VarSetPctRvrt=-0x8000)

    outcome = carried_out(registers, asked(VAR, ReactivePower(1_000.0), reversion_s=70_000),
                          refuses_gaps=True)  # fmt: skip

    assert outcome.proof == [False, True]
    assert outcome.peer["704.VarSetRvrtTms"] == 70_000
    assert outcome.peer.writes[-1] == (outcome.peer.names["704.VarSetEna"][0], (1,))


def test_a_release_in_pieces_writes_the_enable_alone() -> None:
    on = carried_out(older(**GAPS), asked(VAR, ReactivePower(1_000.0)), refuses_gaps=True)

    off = carried_out(on.peer.registers, released(VAR), refuses_gaps=True)

    assert off.peer.writes == [(off.peer.names["123.VArPct_Ena"][0], (0,))]
    assert off.proof == [False, True]


def test_a_refusal_after_a_part_was_written_is_no_definite_no() -> None:
    registers = newer()
    head = maps.address_of(registers, 704) + 2

    async def scene(device: SunSpecDevice, peer: Der) -> None:
        await device.read_settings()
        plan = device.plan(asked(Function.FIXED_POWER_FACTOR, PowerFactor(0.9)))
        peer.read_only = frozenset({head})
        with pytest.raises(UnknownOutcome, match="only a part was written"):
            await device.apply(plan)
        assert peer["704.PFWInj.PF"] == 900

    with_device(registers, scene, kind=Der)


def test_a_refusal_before_anything_was_written_is_a_definite_no() -> None:
    registers = newer()
    group = maps.address_of(registers, 704) + 59

    with pytest.raises(ExceptionReply):
        carried_out(
            registers,
            asked(Function.FIXED_POWER_FACTOR, PowerFactor(0.9)),
            read_only=frozenset({group}),
        )


def answering(silent_function: int, functions: list[int]) -> dict[str, object]:
    registers = chain(common(), maps.producing(), maps.storage_controls(StorCtl_Mod=3))
    release = ControlRequest(SET, None, enable=False, reversion_s=0)

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        if request[7] == 3:
            answer_from(registers, request, writer)
            return
        functions.append(request[7])
        if request[7] != silent_function:
            addr, value = int.from_bytes(request[8:10], "big"), request[-2:]
            registers[addr] = int.from_bytes(value, "big")
            writer.write(request[:4] + b"\0\6" + request[6:12])

    return {"registers": registers, "release": release, "serve": serve}


def test_a_device_that_never_answers_function_6_is_asked_by_16_at_the_next_try() -> None:
    """APsystems' ECU does so, and others may: nothing is repeated, the caller reads back first."""
    functions: list[int] = []
    scenery = answering(6, functions)

    async def scene() -> tuple[bool, Learned]:
        async with misbehaving(scenery["serve"]) as rogue:  # type: ignore[arg-type]
            connection = Connection("127.0.0.1", rogue.port, timeout_s=0.2)
            await connection.connect()
            device = SunSpecDevice(connection, 1, await discover(connection, 1))
            await device.read_settings()
            plan = device.plan(scenery["release"])  # type: ignore[arg-type]
            with pytest.raises(UnknownOutcome):
                await device.apply(plan)
            await connection.connect()
            assert not await device.confirm(plan)
            await device.apply(plan)
            held = await device.confirm(plan)
            connection.close()
            return held, device.learned

    held, learned = asyncio.run(scene())

    assert functions == [6, 16]
    assert held
    assert learned.single_write_function == 16


def test_one_silence_does_not_unlearn_a_function_that_worked() -> None:
    functions: list[int] = []
    scenery = answering(0, functions)
    silent = [False]

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        if not (silent[0] and request[7] != 3):
            await scenery["serve"](request, writer)  # type: ignore[operator]

    async def scene() -> int:
        async with misbehaving(serve) as rogue:
            connection = Connection("127.0.0.1", rogue.port, timeout_s=0.2)
            await connection.connect()
            device = SunSpecDevice(connection, 1, await discover(connection, 1))
            await device.read_settings()
            plan = device.plan(scenery["release"])  # type: ignore[arg-type]
            await device.apply(plan)
            silent[0] = True
            with pytest.raises(UnknownOutcome):
                await device.apply(plan)
            connection.close()
            return device.learned.single_write_function

    assert asyncio.run(scene()) == 6


@pytest.mark.parametrize(("busy_times", "gap_s"), [(1, 0.0), (2, 0.2)])
def test_a_busy_device_is_asked_again_and_one_that_stays_busy_more_slowly(
    busy_times: int, gap_s: float
) -> None:
    registers = chain(common(), maps.producing(), maps.ratings(), maps.basic_settings())
    left = [0]

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        if left[0]:
            left[0] -= 1
            writer.write(exception_reply(request, 6))
        else:
            answer_from(registers, request, writer)

    async def scene() -> float:
        async with misbehaving(serve) as rogue:
            connection = Connection("127.0.0.1", rogue.port)
            await connection.connect()
            device = SunSpecDevice(connection, 1, await discover(connection, 1))
            left[0] = busy_times
            nameplate = await device.read_nameplate()
            assert nameplate.active_power_max_w == 10_000.0
            connection.close()
            return device.learned.min_gap_s

    assert asyncio.run(scene()) == gap_s
