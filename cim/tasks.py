"""The clock's door to the messages of partners."""

from celery import shared_task
from django.utils import timezone

from cim.services import push_orders


@shared_task(name="cim.tasks.push_orders")
def push_orders_to_partner(**_: object) -> None:
    push_orders(at=timezone.now())
