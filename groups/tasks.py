"""Clock of the group floor."""

from celery import shared_task
from django.utils import timezone

from groups import services


@shared_task(name="groups.tasks.end_lost_memberships")
def end_lost_memberships(**_: object) -> None:
    services.end_lost_memberships(at=timezone.now())
