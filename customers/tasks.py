"""Celery doors of the customer floor."""

from celery import shared_task
from django.utils import timezone

from customers import services


@shared_task(name="customers.tasks.send_due_notices")
def send_due_notices(**_: object) -> None:
    services.send_due_notices(at=timezone.now())
