"""Celery doors of the customer floor."""

from celery import shared_task
from django.utils import timezone

from customers import services
from customers.services import leaving, letters


@shared_task(name="customers.tasks.send_due_notices")
def send_due_notices(**_: object) -> None:
    services.send_due_notices(at=timezone.now())


@shared_task(name="customers.tasks.end_enrolments")
def end_enrolments(**_: object) -> None:
    leaving.end_enrolments(at=timezone.now())


@shared_task(name="customers.tasks.send_letters")
def send_letters(**_: object) -> None:
    letters.send_letters(at=timezone.now())
