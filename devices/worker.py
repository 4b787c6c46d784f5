"""The Celery boot step that gives a gateway worker its loop for as long as it lives (OP-3)."""

import gc
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from celery import bootsteps
from celery.apps.worker import Worker as WorkController
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from devices.gateway.loop import Gateway, Options
from devices.services import keep_partitions

logger = logging.getLogger(__name__)
# The loop asks for the interpreter thousands of times a second: with Python's own 5 ms each turn
# of a busy thread beside it would be a poll that comes late.
SWITCH_INTERVAL_S = 0.0005
# Nearly nothing of a gateway is cyclic; a look at all that it holds takes a good part of a second.
GC_THRESHOLDS = (200_000, 20, 100)


class GatewayStep(bootsteps.StartStopStep):
    """Starts the loop after the pool and stops it before; only where DERMS_ZONES names zones."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: WorkController, **options: Any) -> None:
        super().__init__(parent, **options)
        self.enabled = bool(settings.GATEWAY_ZONES)
        self.gateway: Gateway | None = None

    def start(self, parent: WorkController) -> None:
        _favour_the_loop()
        _make_days()
        options = Options(
            zones=tuple(settings.GATEWAY_ZONES),
            lease_s=settings.GATEWAY_LEASE_S,
            timeout_s=settings.GATEWAY_TIMEOUT_S,
            longest_backoff_s=settings.GATEWAY_LONGEST_BACKOFF_S,
            reading_period_s=settings.READING_PERIOD_S,
            slow_period_s=settings.SLOW_PERIOD_S,
        )
        self.gateway = Gateway(options, now=_now)
        self.gateway.start()
        logger.info("gateway_started zones=%s", ",".join(options.zones))

    def stop(self, parent: WorkController) -> None:
        if self.gateway is not None:
            self.gateway.stop()
            logger.info("gateway_stopped")


def _favour_the_loop() -> None:
    """One thread has to be on time; see docs/decisions/0043."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.set_threshold(*GC_THRESHOLDS)


def _now() -> datetime:
    """As Django's, at a third of the price: it is asked at every poll."""
    return datetime.now(UTC)


def _make_days() -> None:
    """Readings need today's partition; without a database they wait in the default one."""
    try:
        keep_partitions(at=timezone.now(), keep_days=settings.READING_KEEP_DAYS)
    except DatabaseError:
        logger.warning("partitions_not_made")
    finally:
        connection.close()
