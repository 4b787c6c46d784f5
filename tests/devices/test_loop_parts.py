"""Parts of the loop by themselves: due-heap, connection budget, batches, bounded storing (DV-2)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from devices.capabilities import Measurement, OperatingState, Quality
from devices.gateway.batches import Batches
from devices.gateway.bells import ring
from devices.gateway.database import DatabaseAway
from devices.gateway.fleet import discovery_from
from devices.gateway.pacing import ConnectBudget, DueHeap
from devices.gateway.store import Store
from devices.gateway.writer import MOST_WAITING, Writer

T0 = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
NOWHERE = conninfo_to_dict("host=/nonexistent dbname=none")


def run(deed: Callable[[], Awaitable[Any]]) -> Any:
    return asyncio.run(_awaited(deed))


async def _awaited(deed: Callable[[], Awaitable[Any]]) -> Any:
    return await deed()


def measurement(after_s: float) -> Measurement:
    return Measurement(
        measured_at=T0 + timedelta(seconds=after_s), active_power_w=1.0, reactive_power_var=None,
        apparent_power_va=None, power_factor=None, voltage_v=None, frequency_hz=None,
        current_a=None, energy_injected_wh=None, energy_absorbed_wh=None,
        state_of_charge_pct=None, operating_state=OperatingState.PRODUCING, throttle_pct=None,
        alarm_bits=0, quality=Quality.GOOD, reason="",
    )  # fmt: skip


def test_what_is_due_first_comes_first_whenever_it_was_added() -> None:
    async def deed() -> list[str]:
        seen: list[str] = []
        heap: DueHeap[str] = DueHeap(seen.append)
        now = asyncio.get_running_loop().time()
        heap.add(now + 0.09, "late")
        heap.add(now + 0.03, "early")
        await asyncio.sleep(0.06)
        assert seen == ["early"]
        await asyncio.sleep(0.06)
        return seen

    assert run(deed) == ["early", "late"]


def test_the_heap_tells_how_late_it_was_once() -> None:
    async def deed() -> tuple[float, float]:
        heap: DueHeap[str] = DueHeap(lambda _: None)
        heap.add(asyncio.get_running_loop().time() - 0.5, "overdue")
        await asyncio.sleep(0.02)
        return heap.take_lateness_s(), heap.take_lateness_s()

    first, second = run(deed)
    assert first == pytest.approx(0.5, abs=0.2)
    assert second == 0


def test_polls_let_many_commands_pass_and_are_all_made_afterwards() -> None:
    async def deed() -> tuple[int, int]:
        seen: list[int] = []
        has_begun, is_done, is_pressed = asyncio.Event(), asyncio.Event(), True

        def due(number: int) -> None:
            seen.append(number)
            has_begun.set()
            if len(seen) == 200:
                is_done.set()

        heap: DueHeap[int] = DueHeap(due, is_pressed=lambda: is_pressed)
        for number in range(200):
            heap.add(asyncio.get_running_loop().time() - 0.5, number)
        await has_begun.wait()
        at_once, is_pressed = len(seen), False
        await asyncio.wait_for(is_done.wait(), 5)
        return at_once, len(set(seen))

    at_once, in_the_end = run(deed)
    assert 0 < at_once < 100
    assert in_the_end == 200


def test_connections_are_spread_over_time() -> None:
    async def deed() -> float:
        budget = ConnectBudget(100, burst_s=0.05)
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*(budget.take() for _ in range(30)))
        return asyncio.get_running_loop().time() - began

    assert run(deed) == pytest.approx(0.25, abs=0.2)
    assert run(deed) > 0.2


def test_what_is_asked_during_a_batch_forms_the_next_one() -> None:
    sizes = []

    async def carry_out(items: list[int]) -> list[int]:
        sizes.append(len(items))
        await asyncio.sleep(0.01)
        return [2 * item for item in items]

    async def deed() -> list[int]:
        batches: Batches[int, int] = Batches(carry_out)
        first = batches.submit(1)
        await asyncio.sleep(0)
        return [await first, *await asyncio.gather(*map(batches.submit, range(2, 500)))]

    assert run(deed) == [2 * number for number in range(1, 500)]
    assert sizes == [1, 498]


def test_a_failed_batch_fails_each_of_its_askers_and_no_later_one() -> None:
    async def carry_out(items: list[int]) -> list[int]:
        if 13 in items:
            raise ValueError(items)
        return items

    async def deed() -> tuple[Any, int]:
        batches: Batches[int, int] = Batches(carry_out)
        both = await asyncio.gather(batches.submit(12), batches.submit(13), return_exceptions=True)
        return both, await batches.submit(14)

    both, later = run(deed)
    assert [type(answer) for answer in both] == [ValueError, ValueError]
    assert later == 14


def test_without_a_database_the_oldest_rows_of_each_device_go_first() -> None:
    published: list[dict[str, Any]] = []

    async def deed() -> Writer:
        writer = Writer(
            Store(NOWHERE), now=lambda: T0, reading_period_s=5,
            publish=lambda _, payload: published.append(payload),
        )  # fmt: skip
        for second in range(0, 5 * (MOST_WAITING + 10), 5):
            writer.measured(1, measurement(second))
        writer.measured(2, measurement(0))
        with pytest.raises(DatabaseAway):
            await writer.flush()
        await asyncio.sleep(0.05)
        return writer

    writer = run(deed)

    kept = [row[1] for row in writer._waiting[1]]
    assert writer.dropped == 10
    assert len(kept) == MOST_WAITING
    assert kept[-1] == T0 + timedelta(seconds=5 * (MOST_WAITING + 9))
    assert set(published[0]["d"]) == {"1", "2"}, "browsers get values all the same"


def test_history_is_kept_each_reading_period_and_the_latest_always() -> None:
    async def deed() -> Writer:
        writer = Writer(Store(NOWHERE), now=lambda: T0, reading_period_s=5)
        for second in range(11):
            writer.measured(1, measurement(second))
        return writer

    writer = run(deed)

    assert [row[1] for row in writer._history] == [
        T0 + timedelta(seconds=second) for second in (0, 5, 10)
    ]
    assert [known.last[1] for known in writer._new][-1] == T0 + timedelta(seconds=10)


def test_a_bell_for_a_zone_of_another_worker_is_not_heard() -> None:
    assert ring("elsewhere") is False


@pytest.mark.parametrize("kept", [{}, {"base": 1}, {"base": "x", "identity": {}}, {"models": 3}])
def test_a_registration_without_a_usable_walk_is_walked_anew(kept: dict[str, Any]) -> None:
    assert discovery_from(kept) is None


def test_a_kept_walk_is_used_with_either_name_of_a_length() -> None:
    kept = {
        "base": 40000, "unit": 3,
        "identity": {"manufacturer": "M", "model": "X", "serial_number": "S"},
        "models": [{"id": 1, "addr": 40002, "len": 66}, {"id": 701, "addr": 40070, "length": 153}],
    }  # fmt: skip

    found = discovery_from(kept)

    assert found is not None
    assert [(m.id, m.length) for m in found.models] == [(1, 66), (701, 153)]
    assert found.identity.serial_number == "S"
