"""The clock's door to dispatch."""

from celery import shared_task
from django.utils import timezone

from dispatch.services import run_cycle


@shared_task(name="dispatch.tasks.run_dispatch_cycle")
def run_dispatch_cycle(**_: object) -> None:
    """Each second; a run that is late or doubled changes nothing."""
    run_cycle(at=timezone.now())
