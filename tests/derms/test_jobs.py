"""Bells: rung after commit, never rung for what was rolled back, cheap to lose (DI-3)."""

import subprocess
import sys

import pytest
import redis
from django.conf import settings
from django.db import transaction

from derms.lib.jobs import ring, run_after_commit

QUEUE = "tests.bells"


@pytest.fixture
def broker() -> redis.Redis:
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete(QUEUE)
    return client


@pytest.mark.django_db(transaction=True)
def test_a_bell_rings_only_when_the_transaction_is_durable(broker: redis.Redis) -> None:
    with transaction.atomic():
        run_after_commit("customers.tasks.send_due_notices", queue=QUEUE)
        inside = broker.llen(QUEUE)

    assert inside == 0
    assert broker.llen(QUEUE) == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_rings_no_bell(broker: redis.Redis) -> None:
    with transaction.atomic():
        run_after_commit("customers.tasks.send_due_notices", queue=QUEUE)
        transaction.set_rollback(True)

    assert broker.llen(QUEUE) == 0


def test_a_broker_that_is_away_costs_a_moment_only() -> None:
    program = (
        "import time, django; django.setup()\n"
        "from derms.lib.jobs import ring\n"
        "began = time.monotonic()\n"
        "ring('customers.tasks.send_due_notices')\n"
        "print(time.monotonic() - began)\n"
    )
    environment = {
        "PATH": "/usr/bin:/bin",
        "DJANGO_SETTINGS_MODULE": "derms.settings",
        "DATABASE_URL": settings.DATABASE_URL,
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }

    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert "bell_lost" in done.stderr
    assert float(done.stdout) < 10


def test_a_bell_carries_its_arguments(broker: redis.Redis) -> None:
    ring("devices.tasks.discover", queue=QUEUE, device_id=7)

    message = broker.lindex(QUEUE, 0)
    assert isinstance(message, bytes)
    assert b"devices.tasks.discover" in message
