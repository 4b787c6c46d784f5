"""A silent device is left alone longer and longer, and only a reply makes up for it (DV-2)."""

from __future__ import annotations

import pytest

from devices.sunspec import Backoff, Circuit


def test_the_wait_doubles_up_to_its_ceiling() -> None:
    backoff = Backoff(random=lambda: 1.0)

    waits = []
    for _ in range(12):
        backoff.failed(100.0, timed_out=False)
        waits.append(round(backoff.retry_at - 100.0))

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


@pytest.mark.parametrize("drawn", [0.0, 0.01, 0.5, 0.999])
def test_jitter_never_lets_a_device_be_hammered(drawn: float) -> None:
    backoff = Backoff(random=lambda: drawn)

    backoff.failed(0.0, timed_out=False)

    assert 0.1 <= backoff.retry_at <= 1.0
    assert not backoff.may_try(backoff.retry_at - 0.01)
    assert backoff.may_try(backoff.retry_at)


def test_three_timeouts_open_the_circuit_and_one_probe_goes_through() -> None:
    backoff = Backoff(random=lambda: 0.5)

    for _ in range(3):
        backoff.failed(0.0, timed_out=True)
    at = backoff.retry_at
    opened = backoff.circuit
    tries = [backoff.may_try(at), backoff.may_try(at)]

    assert opened is Circuit.OPEN
    assert tries == [True, False]
    assert backoff.circuit is Circuit.HALF_OPEN


def test_refusals_between_timeouts_keep_the_circuit_closed() -> None:
    backoff = Backoff(random=lambda: 0.5)

    for timed_out in (True, True, False, True, True):
        backoff.failed(0.0, timed_out=timed_out)

    assert backoff.circuit is Circuit.CLOSED


def test_a_failed_probe_opens_the_circuit_again_and_a_reply_closes_it() -> None:
    backoff = Backoff(random=lambda: 0.5)
    for _ in range(3):
        backoff.failed(0.0, timed_out=True)
    backoff.may_try(backoff.retry_at)

    backoff.failed(50.0, timed_out=False)
    reopened = backoff.circuit
    backoff.replied()

    assert reopened is Circuit.OPEN
    assert backoff.circuit is Circuit.CLOSED
    assert backoff.may_try(0.0)


def test_a_command_may_probe_at_once() -> None:
    backoff = Backoff(random=lambda: 0.5)
    for _ in range(3):
        backoff.failed(0.0, timed_out=True)

    backoff.probe_now()

    assert backoff.may_try(0.0)
