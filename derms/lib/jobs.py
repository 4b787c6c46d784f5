"""How services ask for follow-up work: after commit, by name, and never lost with the broker.

A task is a bell, not a memory: what must be done stands in PostgreSQL, and a periodic look finds
what a lost bell left behind.
"""

import logging
from functools import cache
from typing import Any

from celery import Celery
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


@cache
def _bells() -> Celery:
    """A sender of its own: it names tasks without knowing them, and gives up at once.

    Celery's default would try a missing broker for minutes, with somebody's request waiting.
    """
    app = Celery("derms.bells", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.broker_transport_options = {
        **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
        "socket_connect_timeout": 1,
        "socket_timeout": 2,
    }
    return app


def ring(task: str, *, queue: str = "default", **kwargs: Any) -> None:
    """Send a bell now; a broker that is away costs a moment, not the work."""
    try:
        _bells().send_task(task, kwargs=kwargs, queue=queue, retry=False, expires=60)
    except (OperationalError, ConnectionError, OSError):
        logger.warning("bell_lost task=%s queue=%s", task, queue)


def run_after_commit(task: str, *, queue: str = "default", **kwargs: Any) -> None:
    """Send the bell when the transaction is durable; at once when there is none."""
    transaction.on_commit(lambda: ring(task, queue=queue, **kwargs), robust=True)
