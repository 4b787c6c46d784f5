"""Storing goes on beside the polls, and a database that hangs costs nothing but time (DV-2)."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import psycopg
import pytest

from devices.capabilities import Measurement, OperatingState, Quality
from devices.gateway.database import DatabaseAway, parameters
from devices.gateway.store import Store
from devices.gateway.writer import Writer
from devices.models import Device, LatestReading, Reading

pytestmark = pytest.mark.django_db(transaction=True)
T = TypeVar("T")
T0 = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


def measurement(after_s: float, power_w: float | None = 1.0) -> Measurement:
    return Measurement(
        measured_at=T0 + timedelta(seconds=after_s), active_power_w=power_w,
        reactive_power_var=None, apparent_power_va=None, power_factor=None, voltage_v=None,
        frequency_hz=None, current_a=None, energy_injected_wh=None, energy_absorbed_wh=None,
        state_of_charge_pct=None, operating_state=OperatingState.PRODUCING, throttle_pct=None,
        alarm_bits=0, quality=Quality.GOOD, reason="",
    )  # fmt: skip


def new_writer(store: Store, told: list[dict[str, Any]] | None = None) -> Writer:
    def publish(_: str, payload: dict[str, Any]) -> None:
        if told is not None:
            told.append(payload["d"])

    return Writer(store, now=lambda: T0, reading_period_s=5, publish=publish)


def play(
    scene: Callable[[Writer], Awaitable[T]],
    told: list[dict[str, Any]] | None = None,
    *,
    longest_s: float = 10.0,
) -> T:
    async def played() -> T:
        store = Store(parameters(), longest_s=longest_s)
        try:
            return await scene(new_writer(store, told))
        finally:
            await store.close()

    return asyncio.run(played())


@contextmanager
def locked_by_somebody() -> Iterator[None]:
    with psycopg.connect(**parameters()) as other:
        other.execute("lock table devices_latestreading in access exclusive mode")
        yield
        other.rollback()


def test_a_database_that_hangs_is_away_in_time_and_nothing_is_lost_or_doubled(
    inverter: Device, empty_history: None
) -> None:
    async def deed(writer: Writer) -> float:
        with locked_by_somebody():
            writer.measured(inverter.pk, measurement(0))
            began = time.monotonic()
            with pytest.raises(DatabaseAway):
                await writer.flush()
            took_s = time.monotonic() - began
        writer.measured(inverter.pk, measurement(5, power_w=2.0))
        await writer.flush()
        return took_s

    took_s = play(deed, longest_s=0.5)

    assert 0.5 <= took_s < 2.0
    assert LatestReading.objects.get().active_power_w == 2.0
    stored = Reading.objects.order_by("measured_at").values_list("active_power_w", flat=True)
    assert list(stored) == [1.0, 2.0]


def test_the_loop_turns_while_the_database_hangs(inverter: Device, empty_history: None) -> None:
    async def deed(writer: Writer) -> float:
        writer.measured(inverter.pk, measurement(0))
        worst_s = 0.0
        with locked_by_somebody():
            flushing = asyncio.ensure_future(writer.flush())
            while not flushing.done():
                began = time.monotonic()
                await asyncio.sleep(0.01)
                worst_s = max(worst_s, time.monotonic() - began)
            with pytest.raises(DatabaseAway):
                await flushing
        return worst_s

    assert play(deed, longest_s=0.5) < 0.25


def test_a_row_that_is_refused_does_not_hold_up_the_next(
    inverter: Device, empty_history: None
) -> None:
    async def deed(writer: Writer) -> int:
        writer.measured(inverter.pk + 1000, measurement(0))
        await writer.flush()
        writer.measured(inverter.pk, measurement(5))
        await writer.flush()
        return writer.dropped

    assert play(deed) == 1
    assert LatestReading.objects.get().device_id == inverter.pk


def test_no_thread_outlives_its_flush(inverter: Device, empty_history: None) -> None:
    async def deed(writer: Writer) -> None:
        for second in range(3):
            writer.measured(inverter.pk, measurement(second))
            await writer.flush()

    play(deed)

    assert not [thread for thread in threading.enumerate() if thread.name == "store"]


def test_browsers_hear_of_changes_at_once_and_of_the_unchanged_every_other_second(
    inverter: Device, empty_history: None
) -> None:
    told: list[dict[str, Any]] = []

    async def deed(writer: Writer) -> None:
        for second, power_w in enumerate([1.0, 1.0, 1.0, 2.0, None]):
            writer.measured(inverter.pk, measurement(second, power_w))
            await writer.flush()
            await asyncio.sleep(0.05)

    play(deed, told)

    heard = [(frames[str(inverter.pk)]["at"], frames[str(inverter.pk)]["w"]) for frames in told]
    at = int(T0.timestamp() * 1000)
    assert heard == [(at, 1.0), (at + 2000, 1.0), (at + 3000, 2.0), (at + 4000, None)]


def test_a_silent_device_is_told_and_its_return_as_well(
    inverter: Device, empty_history: None
) -> None:
    told: list[dict[str, Any]] = []

    async def deed(writer: Writer) -> None:
        writer.measured(inverter.pk, measurement(0))
        await writer.flush()
        await asyncio.sleep(0.05)
        writer.silent(inverter.pk, Quality.STALE, "no answer")
        await writer.flush()
        await asyncio.sleep(0.05)
        writer.measured(inverter.pk, measurement(1))
        await writer.flush()
        await asyncio.sleep(0.05)

    play(deed, told)

    assert [frames[str(inverter.pk)]["q"] for frames in told] == ["good", "stale", "good"]


def test_what_must_be_kept_is_kept_between_two_periods(
    inverter: Device, empty_history: None
) -> None:
    async def deed(writer: Writer) -> None:
        writer.measured(inverter.pk, measurement(0))
        writer.measured(inverter.pk, measurement(1))
        writer.keep_last(inverter.pk)
        writer.keep_last(inverter.pk)
        writer.measured(inverter.pk, measurement(2), keep=True)
        writer.measured(inverter.pk, measurement(3))
        writer.keep_next(inverter.pk)
        writer.measured(inverter.pk, measurement(4))
        await writer.flush()

    play(deed)

    stored = Reading.objects.order_by("measured_at").values_list("measured_at", flat=True)
    assert [round((at - T0).total_seconds()) for at in stored] == [0, 1, 2, 4]


def test_a_device_that_is_given_back_and_taken_again_at_once_is_stored_with_the_others(
    inverter: Device, battery: Device, empty_history: None
) -> None:
    """A worker may lose its zone and have it again before what it read last was stored."""

    async def deed(writer: Writer) -> None:
        writer.measured(inverter.pk, measurement(0))
        writer.measured(battery.pk, measurement(0, power_w=7.0))
        writer.forget([inverter.pk])
        writer.measured(inverter.pk, measurement(1, power_w=2.0))
        await writer.flush()

    play(deed)

    powers = dict(LatestReading.objects.values_list("device_id", "active_power_w"))
    assert powers == {inverter.pk: 2.0, battery.pk: 7.0}
    assert Reading.objects.count() == 3
