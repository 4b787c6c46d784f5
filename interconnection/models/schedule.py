"""When approved DER are built, what a delay changes, and incentives to keep a date (IC-8)."""

from typing import ClassVar

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from derms.lib.lifecycle import (
    HasLifecycle,
    Moves,
    StatusChange,
    append_only,
    only_listed_moves,
)
from interconnection.models.application import InterconnectionApplication
from interconnection.models.network import Feeder
from interconnection.statuses import (
    DATE_OFFER_MOVES,
    DATE_OFFER_OPEN,
    DateOfferOutcome,
    DateOfferStatus,
    ShiftCause,
)


class ConstructionPlan(models.Model):
    """Planned start and finish of construction, as stated once; the newest one holds."""

    application = models.ForeignKey(
        InterconnectionApplication, models.PROTECT, related_name="construction_plans"
    )
    starts_on = models.DateField()
    finishes_on = models.DateField()
    reason = models.CharField(max_length=300, blank=True)
    stated_at = models.DateTimeField()
    stated_by = models.CharField(max_length=150)

    class Meta:
        triggers = [append_only()]
        constraints = [
            models.CheckConstraint(
                condition=Q(finishes_on__gte=F("starts_on")), name="construction_runs_forward"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_on} to {self.finishes_on}"


@pghistory.track(append_only=True)
class ForecastShift(models.Model):
    """A project that is expected on another day, and what that does to its feeder's forecast.

    The figures are the feeder's whole capacity 30 and 60 days after `noted_at`, in W.
    """

    application = models.ForeignKey(
        InterconnectionApplication, models.PROTECT, related_name="forecast_shifts"
    )
    feeder = models.ForeignKey(Feeder, models.PROTECT, related_name="+")
    cause = models.CharField(max_length=16, choices=ShiftCause.choices)
    power_w = models.PositiveBigIntegerField()
    was_on = models.DateField()
    now_on = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    before_30_w = models.PositiveBigIntegerField()
    after_30_w = models.PositiveBigIntegerField()
    before_60_w = models.PositiveBigIntegerField()
    after_60_w = models.PositiveBigIntegerField()
    noted_at = models.DateTimeField()
    noted_by = models.CharField(max_length=150)
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.CharField(max_length=150, blank=True)

    class Meta:
        triggers = [
            pgtrigger.ReadOnly(name="shift_never_changes", exclude=["seen_at", "seen_by"]),
            pgtrigger.Protect(name="shift_never_deleted", operation=pgtrigger.Delete),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(cause=ShiftCause.OVERDUE, now_on__isnull=True)
                | ~Q(cause=ShiftCause.OVERDUE) & Q(now_on__isnull=False),
                name="overdue_shift_has_no_day",
            ),
            models.UniqueConstraint(
                fields=["application", "was_on"],
                condition=Q(cause=ShiftCause.OVERDUE),
                name="a_day_is_over_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-noted_at"], condition=Q(seen_at__isnull=True), name="shifts_to_be_seen"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_cause_display()}: {self.application_id}"


@pghistory.track(append_only=True)
class DateOffer(HasLifecycle):
    """Money for permission to operate by a day; the last day of each counts."""

    MOVES: ClassVar[Moves] = DATE_OFFER_MOVES

    application = models.ForeignKey(
        InterconnectionApplication, models.PROTECT, related_name="date_offers"
    )
    keep_by = models.DateField()
    amount = models.DecimalField(max_digits=9, decimal_places=2)
    valid_until = models.DateField()
    offered_at = models.DateTimeField()
    offered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.CharField(max_length=150, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=24, choices=DateOfferOutcome.choices, blank=True)
    status = models.CharField(
        max_length=16, choices=DateOfferStatus.choices, default=DateOfferStatus.OFFERED
    )

    class Meta:
        triggers = [only_listed_moves(DATE_OFFER_MOVES)]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="date_offer_pays_something"),
            models.CheckConstraint(
                condition=Q(valid_until__lte=F("keep_by")), name="date_offer_answered_before_date"
            ),
            models.CheckConstraint(
                condition=~Q(status=DateOfferStatus.EARNED)
                | Q(settled_at__isnull=False, outcome=DateOfferOutcome.KEPT),
                name="earned_date_offer_is_settled",
            ),
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(status__in=sorted(DATE_OFFER_OPEN)),
                name="one_open_date_offer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} for {self.keep_by}"


class DateOfferStatusChange(StatusChange):
    """One move of an offer."""

    offer = models.ForeignKey(DateOffer, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]
