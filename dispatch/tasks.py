"""The clock's door to dispatch."""

from celery import shared_task
from django.utils import timezone

from dispatch.services import correct_statements, issue_due_statements, run_cycle


@shared_task(name="dispatch.tasks.run_dispatch_cycle")
def run_dispatch_cycle(**_: object) -> None:
    """Each second; a run that is late or doubled changes nothing."""
    run_cycle(at=timezone.now())


@shared_task(name="dispatch.tasks.issue_statements")
def issue_statements(**_: object) -> None:
    """Each two minutes; nothing to do on most days."""
    issue_due_statements(at=timezone.now())


@shared_task(name="dispatch.tasks.correct_statements")
def correct_statements_anew(**_: object) -> None:
    """Each hour: what changed after a statement was issued makes a new version."""
    correct_statements(at=timezone.now())
