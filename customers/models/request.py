"""What customers ask of the utility, step by step (CS-4, CS-5)."""

import uuid
from typing import ClassVar

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q

from customers.models.customer import Customer, UsagePoint
from customers.models.search import Filed, SearchEntry
from customers.statuses import REQUEST_ENDED, REQUEST_MOVES, RequestStatus
from derms.lib.lifecycle import (
    HasLifecycle,
    Moves,
    StatusChange,
    append_only,
    counts_versions,
    only_listed_moves,
)

REQUEST_FILED = Filed(
    kind=SearchEntry.Kind.REQUEST,
    customer="new.customer_id",
    key="new.number",
    title="new.number",
    parts={"request": "new.number", "application": "new.mirrors"},
    changes=("customer_id", "number", "mirrors"),
)


class Holiday(models.Model):
    """A public holiday of the utility: the statutory clock does not count it."""

    date = models.DateField(unique=True)
    name = models.CharField(max_length=80)

    def __str__(self) -> str:
        return f"{self.date} {self.name}"


@pghistory.track(append_only=True)
class ServiceRequest(HasLifecycle):
    """One thing that a customer asks for, with its step, whose turn it is and the exact ask.

    `step` is a step of the flow of its kind (`customers.flows.kinds`). A request to connect DER
    mirrors an interconnection application, named in `mirrors`, which is where it is worked on.
    """

    class Kind(models.TextChoices):
        """What is asked for (IEC 61968-8 §5.4.1 as EPRI extends it)."""

        TURN_ON = "turn_on", "Turn service on"
        TURN_OFF = "turn_off", "Turn service off"
        NEW_SERVICE = "new_service", "New service"
        POWER_QUALITY = "power_quality", "Power-quality investigation"
        ENROL = "enrol", "Enrol in a programme"
        LEAVE = "leave", "Leave a programme"
        ACCOUNT = "account", "Account issue"
        CONNECT_DER = "connect_der", "Connect DER"

    class NextActor(models.TextChoices):
        """Whom the request waits for."""

        CUSTOMER = "customer", "Customer"
        CUSTOMER_SERVICE = "customer_service", "Customer service"
        ENGINEERING = "engineering", "Engineering"
        OPERATIONS = "operations", "Operations"
        TECHNICIAN = "technician", "Field technician"
        NOBODY = "nobody", "Nobody"

    MOVES: ClassVar[Moves] = REQUEST_MOVES

    mrid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=24, choices=Kind.choices)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="service_requests")
    usage_point = models.ForeignKey(
        UsagePoint, models.PROTECT, null=True, blank=True, related_name="service_requests"
    )
    mirrors = models.CharField(max_length=32, blank=True)
    answers = models.JSONField(default=dict, blank=True)
    status = models.CharField(
        max_length=16, choices=RequestStatus.choices, default=RequestStatus.OPEN
    )
    step = models.CharField(max_length=24)
    waiting_on = models.CharField(max_length=24, choices=NextActor.choices)
    ask = models.TextField()
    due_date = models.DateField(null=True, blank=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=150)
    closed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        triggers = [
            only_listed_moves(REQUEST_MOVES),
            counts_versions(),
            *REQUEST_FILED.triggers(),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["mirrors"], condition=~Q(mirrors=""), name="one_request_per_application"
            ),
            models.CheckConstraint(
                condition=Q(status__in=sorted(REQUEST_ENDED), closed_at__isnull=False)
                | (~Q(status__in=sorted(REQUEST_ENDED)) & Q(closed_at__isnull=True)),
                name="ended_request_has_closed_at",
            ),
            # The clock stands still exactly while the customer has to act.
            models.CheckConstraint(
                condition=Q(status=RequestStatus.WAITING, waiting_on="customer", due_date=None)
                | (~Q(status=RequestStatus.WAITING) & ~Q(waiting_on="customer")),
                name="waiting_request_waits_on_the_customer",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=sorted(REQUEST_ENDED)) | Q(waiting_on="nobody"),
                name="ended_request_waits_on_nobody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_date", "opened_at", "id"],
                condition=~Q(status__in=sorted(REQUEST_ENDED)) & Q(mirrors=""),
                name="open_requests_by_deadline",
            ),
            models.Index(
                fields=["waiting_on", "due_date", "opened_at", "id"],
                condition=~Q(status__in=sorted(REQUEST_ENDED)) & Q(mirrors=""),
                name="request_lane_by_deadline",
            ),
            models.Index(
                fields=["due_date", "opened_at"],
                condition=~Q(status__in=sorted(REQUEST_ENDED)),
                name="open_requests",
            ),
        ]

    def __str__(self) -> str:
        return f"Request {self.number}"

    def passages_in_order(self) -> "list[RequestPassage]":
        """As they were written; what is read unordered may come in any order."""
        return sorted(self.passages.all(), key=lambda passage: passage.pk)


class ServiceRequestStatusChange(StatusChange):
    """One move of a service request."""

    request = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]


class RequestPassage(models.Model):
    """A request came to a step: since when, whose turn it is, who brought it there, with what."""

    request = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="passages")
    step = models.CharField(max_length=24)
    waiting_on = models.CharField(max_length=24, choices=ServiceRequest.NextActor.choices)
    entered_at = models.DateTimeField()
    by = models.CharField(max_length=150)
    way = models.CharField(max_length=24, blank=True)
    words = models.TextField(blank=True)

    class Meta:
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.request_id} at {self.step}"


class RequestNote(models.Model):
    """What somebody wrote beside a request; an internal note is not shown to the customer."""

    request = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="notes")
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    text = models.TextField()
    is_internal = models.BooleanField(default=True)

    class Meta:
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"Note of {self.by}"


class RequestFile(models.Model):
    """A file that came with a request; it lies in a private folder under a name of ours."""

    request = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="files")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    is_internal = models.BooleanField(default=False)

    class Meta:
        triggers = [append_only()]
        constraints = [
            models.UniqueConstraint(fields=["request", "sha256"], name="request_file_kept_once")
        ]

    def __str__(self) -> str:
        return self.name
