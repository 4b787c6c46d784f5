"""Where the register and a device say different things, and what somebody decided (DV-6)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from customers.models import ServiceOrder
from derms.lib.lifecycle import (
    HasLifecycle,
    Moves,
    StatusChange,
    append_only,
    only_listed_moves,
)
from devices.models.device import Device
from devices.register.nameplates import RULES
from devices.statuses import DIFFERENCE_MOVES, DIFFERENCE_STANDING, DifferenceStatus


class RegisterDifference(HasLifecycle):
    """One attribute that is registered otherwise than the device says.

    When the values change, this row is gone and another one begins: a decision is about the
    values that were seen.
    """

    MOVES: ClassVar[Moves] = DIFFERENCE_MOVES
    ATTRIBUTES = [(rule.key, rule.label) for rule in RULES]

    device = models.ForeignKey(Device, models.PROTECT, related_name="differences")
    attribute = models.CharField(max_length=32, choices=ATTRIBUTES)
    registered = models.CharField(max_length=64, blank=True)
    said = models.CharField(max_length=64)
    registered_value = models.FloatField(null=True, blank=True)
    said_value = models.FloatField(null=True, blank=True)
    found_at = models.DateTimeField()
    status = models.CharField(
        max_length=16, choices=DifferenceStatus.choices, default=DifferenceStatus.OPEN
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=150, blank=True)
    decision_reason = models.CharField(max_length=300, blank=True)
    ignored_until_date = models.DateField(null=True, blank=True)
    service_order = models.ForeignKey(
        ServiceOrder, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        triggers = [only_listed_moves(DIFFERENCE_MOVES)]
        constraints = [
            models.UniqueConstraint(
                fields=["device", "attribute"],
                condition=Q(status__in=sorted(DIFFERENCE_STANDING)),
                name="one_standing_difference_per_attribute",
            ),
            models.CheckConstraint(
                condition=~Q(status=DifferenceStatus.IGNORED) | Q(ignored_until_date__isnull=False),
                name="ignored_difference_has_a_date",
            ),
            models.CheckConstraint(
                condition=~Q(
                    status__in=[
                        DifferenceStatus.ACCEPTED,
                        DifferenceStatus.KEPT,
                        DifferenceStatus.IGNORED,
                    ]
                )
                | Q(decided_at__isnull=False, decided_by__gt="", decision_reason__gt=""),
                name="decided_difference_says_who_and_why",
            ),
        ]
        indexes = [models.Index(fields=["status", "attribute"], name="difference_list")]

    def __str__(self) -> str:
        return f"{self.get_attribute_display()} of device {self.device_id}"


class DifferenceStatusChange(StatusChange):
    """One move of a difference."""

    difference = models.ForeignKey(
        RegisterDifference, models.PROTECT, related_name="status_changes"
    )

    class Meta:
        triggers = [append_only()]
