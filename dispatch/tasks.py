"""The clock's door to dispatch."""

import time

from celery import shared_task
from django.utils import timezone

from dispatch.services import correct_statements, issue_due_statements, run_cycle

# A task may take 25 s; what was begun at the last moment takes two or three.
WORK_S = 20.0


@shared_task(name="dispatch.tasks.run_dispatch_cycle")
def run_dispatch_cycle(**_: object) -> None:
    """Each second; a run that is late or doubled changes nothing."""
    run_cycle(at=timezone.now())


@shared_task(name="dispatch.tasks.issue_statements")
def issue_statements(**_: object) -> None:
    """Nothing to do on most days; on the others it is called again until all are issued."""
    until = time.monotonic() + WORK_S
    issue_due_statements(at=timezone.now(), has_time=lambda: time.monotonic() < until)


@shared_task(name="dispatch.tasks.correct_statements")
def correct_statements_anew(**_: object) -> None:
    """Each hour: what changed after a statement was issued makes a new version."""
    correct_statements(at=timezone.now())
