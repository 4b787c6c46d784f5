"""Whatever a device holds in its registers, the driver answers or gives a fault (DV-2, B2)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from random import Random

import pytest

from devices.capabilities import ControlRequest, DriverFault, Function
from devices.sunspec import Connection, SunSpecDevice, discover
from devices.sunspec.definitions import definition
from tests.devices.sunspec.maps import END, Registers, chain
from tests.devices.sunspec.peers import Peer, serving
from tests.devices.sunspec.test_measuring import AT

MODELS = (
    1, 101, 103, 111, 113, 120, 121, 122, 123, 124, 126, 160, 201, 203, 213, 701, 702, 703, 704,
    705, 707, 711, 713, 714, 715, 802, 803, 65001,
)  # fmt: skip
TELLING = (0, 1, 2, 3, 10, 0xFFFF, 0x8000, 0x7FC0, 0xFFF6)


def a_map(random: Random) -> Registers:
    models = []
    for _ in range(random.randint(1, 8)):
        model_id = random.choice(MODELS)
        known = definition(model_id)
        length = sum(point.size for point in known.top.points) - 2 if known else 10
        if random.random() < 0.4:
            length = max(0, length + random.randint(-30, 60))
        values = (*TELLING, random.randint(0, 0xFFFF))
        models.append([model_id, length, *(random.choice(values) for _ in range(length))])
    base = random.choice((0, 40000))
    return chain(*models, base=base, end=random.choice((END, (), (0, 0))))


async def attempted(step: Awaitable[object]) -> None:
    try:
        await step
    except DriverFault:
        return


async def everything(peer: Peer) -> None:
    connection = Connection("127.0.0.1", peer.port, timeout_s=2.0)
    await connection.connect()
    try:
        device = SunSpecDevice(connection, 1, await discover(connection, 1))
        await attempted(device.measure(lambda: AT))
        await attempted(device.read_nameplate())
        await attempted(device.read_points())
        for function in Function:
            for value in (0, 1000, -1000, None):
                for enable in (True, False):
                    await attempted(carried_out(device, function, value, enable=enable))
            await attempted(device.read_control(function))
    finally:
        connection.close()


async def carried_out(
    device: SunSpecDevice, function: Function, value: int | None, *, enable: bool
) -> None:
    plan = device.plan(ControlRequest(function, value, enable=enable, reversion_s=60))
    await device.apply(plan)
    await device.confirm(plan)


@pytest.mark.parametrize("seed", range(30))
def test_no_register_map_breaks_the_driver(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - repeatable maps, not secrets
    registers = a_map(random)
    refused = frozenset(random.sample(sorted(registers), k=random.choice((0, 0, 3))))

    with serving(registers, refused=refused, longest=random.choice((125, 60, 10))) as peer:
        asyncio.run(attempted(everything(peer)))
