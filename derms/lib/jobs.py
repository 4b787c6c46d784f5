"""How services ask for follow-up work: after commit, by name, and never lost with the broker.

A task is a bell, not a memory: what must be done stands in PostgreSQL, and a periodic look finds
what a lost bell left behind.
"""

import logging
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def ring(task: str, *, queue: str = "default", **kwargs: Any) -> None:
    """Send a bell now; a broker that is away costs a moment, not the work."""
    try:
        current_app.send_task(task, kwargs=kwargs, queue=queue, retry=False, expires=60)
    except (OperationalError, ConnectionError, OSError):
        logger.warning("bell_lost task=%s queue=%s", task, queue)


def run_after_commit(task: str, *, queue: str = "default", **kwargs: Any) -> None:
    """Send the bell when the transaction is durable; at once when there is none."""
    transaction.on_commit(lambda: ring(task, queue=queue, **kwargs), robust=True)
