"""A gateway worker as in production, whose storing can be switched while it runs.

    python -m tests.bench.worker_process ZONE

It is the Celery worker of `devices.worker`; only the two signals are the bench's own.
"""

import signal
import sys
from typing import Any

import django

from derms.celery import app

STORE, STORE_NOT = signal.SIGRTMIN + 1, signal.SIGRTMIN + 2


def steps() -> set[Any]:
    from devices.worker import GatewayStep  # noqa: PLC0415  needs Django's apps

    class SwitchedStep(GatewayStep):
        """The gateway's own boot step, and the two signals."""

        def start(self, parent: Any) -> None:
            super().start(parent)
            signal.signal(STORE, lambda *_: self._store(is_storing=True))
            signal.signal(STORE_NOT, lambda *_: self._store(is_storing=False))

        def _store(self, *, is_storing: bool) -> None:
            if self.gateway is not None and self.gateway.writer is not None:
                self.gateway.writer.is_storing = is_storing

    return {SwitchedStep}


def main(zone: str) -> None:
    django.setup()
    app.steps["worker"] = steps()
    app.worker_main(
        ["worker", "-P", "threads", "-c", "2", "-Q", f"zone.{zone}", "-n", f"{zone}@%h",
         "--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING"]
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
