"""From the row of a command to its verified row, while polling goes on (DV-3).

All at once, and one alone. Rows are asked for by the service that dispatch uses; they are looked at
with a connection of the bench's own.
"""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from django.db import connection

from devices.capabilities import Function
from devices.services import CommandOrder, request_commands
from tests.bench.figures import Figure
from tests.bench.options import Options
from tests.bench.rounds import percentile
from tests.bench.workers import wait_until

VERIFIED = """
select count(*) from devices_devicecommand where id = any(%s) and status = 'verified'
"""
ENDINGS = """
select status, fault, count(*) from devices_devicecommand where id = any(%s) group by 1, 2
"""
LOOK_EACH_S, LOOK_AT_ONE_EACH_S = 0.02, 0.005


def measure_commands(devices: Sequence[int], latency_ms: int, options: Options) -> list[Figure]:
    single = _singles(devices, 40 if options.is_quick else 100)
    return [*_all_at_once(devices, options.rounds), _alone(single, latency_ms)]


def _all_at_once(devices: Sequence[int], rounds: int) -> list[Figure]:
    count, requested, verified = len(devices), [], []
    for number in range(rounds):
        began = time.monotonic()
        ids = _request(devices, value_w=4_000 - 10 * number)
        requested.append(time.monotonic() - began)
        _wait_verified(ids, LOOK_EACH_S)
        verified.append(time.monotonic() - began - requested[-1])
        print(
            f"{count} commands, round {number + 1}: requested in {requested[-1]:.2f} s, "
            f"verified {verified[-1]:.2f} s after that",
            flush=True,
        )
    value_s = statistics.median(verified)
    return [
        Figure(f"commands_verified_{count}_s", value_s, "s from rows to verified rows",
               spread=(min(verified), max(verified)), target="< 3", is_met=value_s < 3),
        Figure(f"commands_requested_{count}_s", statistics.median(requested),
               "s to ask for them", spread=(min(requested), max(requested))),
    ]  # fmt: skip


def _singles(devices: Sequence[int], count: int) -> list[float]:
    """One command at a time, each to another device, at any moment."""
    took = []
    choice = random.Random(7)  # noqa: S311
    for number, device in enumerate(choice.sample(list(devices), min(count, len(devices)))):
        time.sleep(choice.random() * 0.1)
        began = time.monotonic()
        ids = _request([device], value_w=3_000 + number)
        _wait_verified(ids, LOOK_AT_ONE_EACH_S)
        took.append(time.monotonic() - began)
    return took


def _alone(took: list[float], latency_ms: int) -> Figure:
    limit_s = 0.5 + 2 * latency_ms / 1000
    p99_s = percentile(took, 0.99)
    return Figure(
        "command_p99_s", p99_s, f"s alone; median {statistics.median(took):.3f}",
        spread=(min(took), max(took)), target=f"< {limit_s:g} (0.5 + 2 round trips)",
        is_met=p99_s < limit_s,
    )  # fmt: skip


def _request(devices: Sequence[int], *, value_w: int) -> list[int]:
    at = datetime.now(tz=UTC)
    orders = [
        CommandOrder(
            device_id=device,
            function=Function.LIMIT_ACTIVE_POWER,
            value_w=value_w,
            reversion_s=600,
            not_before=at,
            expires_at=at + timedelta(minutes=30),
            idempotency_key=f"bench-{device}-{at.timestamp()}",
        )
        for device in devices
    ]
    return [command.pk for command in request_commands(orders, at=at, by="bench")]


def _wait_verified(ids: list[int], each_s: float) -> None:
    try:
        wait_until(_all_verified(ids), f"{len(ids)} commands are verified", each_s=each_s)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(ENDINGS, [ids])
            endings = cursor.fetchall()
        if [status for status, _, _ in endings] != ["verified"]:
            print(f"Not all were verified: {endings}", flush=True)


def _all_verified(ids: list[int]) -> Callable[[], bool]:
    def are_verified() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(VERIFIED, [ids])
            return bool(cursor.fetchone()[0] == len(ids))

    return are_verified
