"""Orders to the field (CS-6)."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from customers.models.customer import UsagePoint
from customers.models.request import ServiceRequest
from customers.statuses import (
    PROPOSAL_MOVES,
    SERVICE_ORDER_MOVES,
    ProposalStatus,
    ServiceOrderStatus,
)
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
        CONSTRUCTION = "construction", "Construction"

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
    crew = models.CharField(max_length=80, blank=True)
    # What was found and typed on site, by the key of the checklist's line.
    answers = models.JSONField(default=dict, blank=True)
    result = models.TextField(blank=True)
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


class VisitReport(models.Model):
    """One sending from a technician's phone; the same `key` again is the same sending."""

    order = models.ForeignKey(ServiceOrder, models.PROTECT, related_name="reports")
    key = models.UUIDField(unique=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    answers = models.JSONField(default=dict)
    result = models.TextField(blank=True)
    is_final = models.BooleanField()

    class Meta:
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"Report on {self.order_id}"


class VisitPhoto(models.Model):
    """A picture taken on site; it lies in the private folder under a name of ours."""

    order = models.ForeignKey(ServiceOrder, models.PROTECT, related_name="photos")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()
    by = models.CharField(max_length=150)

    class Meta:
        triggers = [append_only()]
        constraints = [
            models.UniqueConstraint(fields=["order", "sha256"], name="visit_photo_kept_once")
        ]

    def __str__(self) -> str:
        return self.name


class OrderProposal(HasLifecycle):
    """A visit that the product proposes and a person accepts or declines.

    `about` names what is in trouble, such as "device 7": there is one open proposal about it.
    """

    MOVES: ClassVar[Moves] = PROPOSAL_MOVES

    about = models.CharField(max_length=64)
    usage_point = models.ForeignKey(UsagePoint, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=24, choices=ServiceOrder.Kind.choices)
    summary = models.CharField(max_length=200)
    reasons = models.TextField()
    proposed_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    status = models.CharField(
        max_length=16, choices=ProposalStatus.choices, default=ProposalStatus.PROPOSED
    )
    order = models.ForeignKey(
        ServiceOrder, models.PROTECT, null=True, blank=True, related_name="proposals"
    )

    class Meta:
        triggers = [only_listed_moves(PROPOSAL_MOVES)]
        constraints = [
            models.UniqueConstraint(
                fields=["about"],
                condition=models.Q(status=ProposalStatus.PROPOSED),
                name="one_open_proposal_about_one_thing",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=ProposalStatus.ACCEPTED) | models.Q(order__isnull=False),
                name="accepted_proposal_has_its_order",
            ),
        ]

    def __str__(self) -> str:
        return f"Proposal about {self.about}"


class OrderProposalStatusChange(StatusChange):
    """One move of a proposal."""

    proposal = models.ForeignKey(OrderProposal, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]
