"""Reading alone, as fast as the devices answer, without decoding or keeping anything.

    python -m tests.bench.read_client ours|pymodbus BASE_PORT COUNT SECONDS ADDRESS COUNT ...

Prints replies, CPU seconds and seconds, like `epoll_client.c`. Ours is the driver's own connection
and poll, pymodbus its asynchronous client with a task for each device, both on uvloop.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import uvloop
from pymodbus.client import AsyncModbusTcpClient

from devices.capabilities import Measurement, OperatingState, Quality
from devices.sunspec import Connection, Sweep
from devices.sunspec.polling import FastPoll
from devices.sunspec.readplan import Run
from tests.bench.limits import allow_open_files
from tests.bench.registers import UNIT

HOST = "127.0.0.1"
WARM_UP_S = 0.5
AT_ONCE = 200
Blocks = Sequence[tuple[int, int]]
NOTHING = Measurement(
    datetime(2026, 1, 1, tzinfo=UTC), None, None, None, None, None, None, None, None, None, None,
    OperatingState.UNKNOWN, None, 0, Quality.GOOD, "",
)  # fmt: skip


class Counter:
    """How many replies came, from when on it counts."""

    def __init__(self) -> None:
        self.replies = 0


async def ours(ports: range, blocks: Blocks, counter: Counter) -> None:
    sweep = Sweep()
    connections = [Connection(HOST, port, sweep=sweep) for port in ports]
    for first in range(0, len(connections), AT_ONCE):
        await asyncio.gather(*(c.connect() for c in connections[first : first + AT_ONCE]))
    run = Run(tuple(blocks), ())
    for connection in connections:
        _poll_for_ever(connection, run, counter)


def _poll_for_ever(connection: Connection, run: Run, counter: Counter) -> None:
    def decode(payloads: list[bytes], now: Any) -> Measurement:
        counter.replies += len(payloads)
        return NOTHING

    def told(outcome: Measurement | Exception) -> None:
        if isinstance(outcome, Exception):
            raise outcome
        poll.start(clock, told)

    def clock() -> datetime:
        return NOTHING.measured_at

    poll = FastPoll(connection, UNIT, (run,), decode, lambda *_: False)
    poll.start(clock, told)


async def pymodbus(ports: range, blocks: Blocks, counter: Counter) -> None:
    clients = [AsyncModbusTcpClient(HOST, port=port, retries=0) for port in ports]
    for first in range(0, len(clients), AT_ONCE):
        await asyncio.gather(*(client.connect() for client in clients[first : first + AT_ONCE]))

    async def read(client: AsyncModbusTcpClient) -> None:
        while True:
            for addr, count in blocks:
                reply = await client.read_holding_registers(addr, count=count, device_id=UNIT)
                if reply.isError():
                    raise RuntimeError(str(reply))
                counter.replies += 1

    TASKS.extend(asyncio.create_task(read(client)) for client in clients)


TASKS: list[asyncio.Task[None]] = []
CLIENTS: dict[str, Callable[..., Any]] = {"ours": ours, "pymodbus": pymodbus}


async def measure(which: str, ports: range, seconds: float, blocks: Blocks) -> None:
    counter = Counter()
    await CLIENTS[which](ports, blocks, counter)
    await asyncio.sleep(WARM_UP_S)
    replies, cpu_s, began = counter.replies, time.process_time(), time.monotonic()
    await asyncio.sleep(seconds)
    replies, cpu_s = counter.replies - replies, time.process_time() - cpu_s
    print(replies, cpu_s, time.monotonic() - began, flush=True)
    # Thousands of clients would take long to close, and their reads do not let go when cancelled.
    os._exit(0)


def main(which: str, *numbers: str) -> None:
    base_port, count = int(numbers[0]), int(numbers[1])
    registers = list(map(int, numbers[3:]))
    blocks = tuple(zip(registers[::2], registers[1::2], strict=True))
    allow_open_files(count + 100)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(which, range(base_port, base_port + count), float(numbers[2]), blocks))


if __name__ == "__main__":
    main(*sys.argv[1:])
