"""Orders to the field (CS-6)."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from customers.models.customer import UsagePoint
from customers.models.request import ServiceRequest
from customers.statuses import SERVICE_ORDER_MOVES, ServiceOrderStatus
from derms.lib.lifecycle import (
    HasLifecycle,
    Moves,
    StatusChange,
    append_only,
    only_listed_moves,
)


class ServiceOrder(HasLifecycle):
    """Work that a technician carries out at a premise."""

    class Kind(models.TextChoices):
        """Why somebody drives there."""

        COMMISSIONING = "commissioning", "Commissioning of DER"
        DER_TROUBLE = "der_trouble", "DER trouble"
        CONNECTION = "connection", "Turn service on"
        DISCONNECTION = "disconnection", "Turn service off"
        POWER_QUALITY = "power_quality", "Power-quality investigation"
        HIGH_BILL = "high_bill", "High-bill investigation"
        METER_WORK = "meter_work", "Meter work"

    MOVES: ClassVar[Moves] = SERVICE_ORDER_MOVES

    number = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=24, choices=Kind.choices)
    usage_point = models.ForeignKey(UsagePoint, models.PROTECT, related_name="service_orders")
    # The request that this order answers; its end moves the request on.
    request = models.ForeignKey(
        ServiceRequest, models.PROTECT, null=True, blank=True, related_name="orders"
    )
    summary = models.CharField(max_length=200)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    planned_from = models.DateTimeField()
    planned_to = models.DateTimeField()
    status = models.CharField(
        max_length=24, choices=ServiceOrderStatus.choices, default=ServiceOrderStatus.OPEN
    )

    class Meta:
        triggers = [only_listed_moves(SERVICE_ORDER_MOVES)]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(planned_to__gt=models.F("planned_from")),
                name="service_order_window_runs_forward",
            )
        ]

    def __str__(self) -> str:
        return f"Order {self.number}"


class ServiceOrderStatusChange(StatusChange):
    """One move of a service order."""

    order = models.ForeignKey(ServiceOrder, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]
