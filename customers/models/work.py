"""Work that Engineering plans before a crew builds it (CS-7)."""

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import Q

from customers.models.customer import Customer, UsagePoint
from customers.models.request import ServiceRequest
from customers.models.service import ServiceOrder
from customers.statuses import WORK_MOVES, WORK_UNPLANNED, WorkStatus
from derms.lib.lifecycle import (
    HasLifecycle,
    Moves,
    StatusChange,
    append_only,
    only_listed_moves,
)


@pghistory.track(append_only=True)
class WorkRequest(HasLifecycle):
    """A new service, an extension or an upgrade: planned, accepted, built, in this order."""

    class Kind(models.TextChoices):
        """What is built (IEC 61968-8 §5.6)."""

        NEW_SERVICE = "new_service", "New service"
        EXTENSION = "extension", "Extension"
        UPGRADE = "upgrade", "Upgrade"

    MOVES: ClassVar[Moves] = WORK_MOVES

    number = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    request = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="works")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="works")
    # Empty while a new service has no meter yet.
    usage_point = models.ForeignKey(
        UsagePoint, models.PROTECT, null=True, blank=True, related_name="works"
    )
    place = models.CharField(max_length=200)
    description = models.TextField()
    plan = models.TextField(blank=True)
    cost = models.DecimalField(max_digits=11, decimal_places=2, null=True, blank=True)
    planned_date = models.DateField(null=True, blank=True)
    planned_at = models.DateTimeField(null=True, blank=True)
    planned_by = models.CharField(max_length=150, blank=True)
    order = models.ForeignKey(
        ServiceOrder, models.PROTECT, null=True, blank=True, related_name="works"
    )
    status = models.CharField(
        max_length=16, choices=WorkStatus.choices, default=WorkStatus.REQUESTED
    )
    requested_at = models.DateTimeField()
    requested_by = models.CharField(max_length=150)

    class Meta:
        triggers = [only_listed_moves(WORK_MOVES)]
        constraints = [
            # Engineering's work comes before the field's, whoever writes to the table.
            models.CheckConstraint(
                condition=Q(status__in=sorted(WORK_UNPLANNED))
                | (Q(planned_at__isnull=False, cost__gte=0) & ~Q(plan="")),
                name="engineering_plans_before_field_work",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[WorkStatus.SCHEDULED, WorkStatus.DONE])
                | Q(order__isnull=False),
                name="scheduled_work_has_its_order",
            ),
            models.UniqueConstraint(
                fields=["request"],
                condition=~Q(status__in=[WorkStatus.DONE, WorkStatus.CANCELLED]),
                name="one_open_work_per_request",
            ),
        ]

    def __str__(self) -> str:
        return f"Work {self.number}"


class WorkRequestStatusChange(StatusChange):
    """One move of a work request."""

    work = models.ForeignKey(WorkRequest, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]
