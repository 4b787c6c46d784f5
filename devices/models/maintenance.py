"""What PV systems gave day by day, and what was found about them (CS-11)."""

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q

from derms.lib.lifecycle import (
    HasLifecycle,
    Moves,
    StatusChange,
    append_only,
    only_listed_moves,
)
from devices.maintenance import Mask, Method
from devices.statuses import MAINTENANCE_MOVES, MAINTENANCE_STANDING, MaintenanceStatus
from interconnection.models import DER

MASK_WORDS: dict[str, str] = {
    Mask.HELD: "used by the utility",
    Mask.GAP: "readings missing",
    Mask.DARK: "too little sun",
    Mask.CLOCK: "wrong clock",
    Mask.DECLARED: "declared not to count",
}


class SystemDay(models.Model):
    """One day of one PV system: output and clear-sky output of the quarters that count."""

    pk = models.CompositePrimaryKey("der_id", "day")
    der = models.ForeignKey(DER, models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    energy_wh = models.FloatField()
    clear_wh = models.FloatField()
    counted_share = models.FloatField()
    shift_h = models.FloatField(null=True)
    mask = models.CharField(max_length=16, blank=True)

    class Meta:
        indexes = [models.Index(fields=["day"], name="system_days_by_day")]

    def __str__(self) -> str:
        return f"DER {self.der_id} on {self.day}"


class MaintenanceRun(models.Model):
    """A day whose output was kept once and judged once; `without_place` could not be compared."""

    day = models.DateField(unique=True)
    kept_at = models.DateTimeField()
    judged_at = models.DateTimeField(null=True, blank=True)
    # How far, in the order of places: row and column of the square, and the system.
    judged_upto = models.JSONField(default=list)
    systems = models.PositiveIntegerField()
    without_place = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.day}: {self.systems} systems"


@pghistory.track(append_only=True)
class UncountedDays(models.Model):
    """Days of which somebody knows that output says nothing, such as snow; both ends count.

    `postcode` empty: everywhere.
    """

    begins_on = models.DateField()
    ends_on = models.DateField()
    postcode = models.CharField(max_length=16, blank=True)
    reason = models.CharField(max_length=200)
    declared_at = models.DateTimeField()
    declared_by = models.CharField(max_length=150)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("begins_on")), name="uncounted_days_run_forward"
            )
        ]

    def __str__(self) -> str:
        return f"{self.begins_on} to {self.ends_on}: {self.reason}"


class MaintenanceFinding(HasLifecycle):
    """A PV system gives less than weather and neighbours explain.

    `ratio` is its output of the last days over what is explained; `reference` what its own past
    said when it was found; `evidence` the days as they were judged last.
    """

    class Kind(models.TextChoices):
        """What is the matter."""

        OFFLINE = "offline", "Gives nothing"
        LOW_OUTPUT = "low_output", "Gives too little"

    MOVES: ClassVar[Moves] = MAINTENANCE_MOVES
    METHODS = [
        (Method.PEERS, "neighbours and its own past"),
        (Method.CLEAR_SKY, "clear sky and its own past"),
        (Method.FIRST_DAYS, "neighbours, as it has no past yet"),
    ]

    der = models.ForeignKey(DER, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    status = models.CharField(
        max_length=16, choices=MaintenanceStatus.choices, default=MaintenanceStatus.WATCH
    )
    method = models.CharField(max_length=16, choices=METHODS)
    found_at = models.DateTimeField()
    began_on = models.DateField()
    assessed_on = models.DateField()
    ratio = models.FloatField(null=True)
    reference = models.FloatField(null=True)
    peers = models.PositiveSmallIntegerField(default=0)
    low_days = models.PositiveSmallIntegerField(default=0)
    well_days = models.PositiveSmallIntegerField(default=0)
    lost_wh = models.FloatField(default=0)
    lost_amount = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    evidence = models.JSONField(default=list)
    told_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    dismissed_until = models.DateField(null=True, blank=True)

    class Meta:
        triggers = [only_listed_moves(MAINTENANCE_MOVES)]
        constraints = [
            models.UniqueConstraint(
                fields=["der"],
                condition=Q(status__in=sorted(MAINTENANCE_STANDING)),
                name="one_standing_finding_per_system",
            ),
            models.CheckConstraint(
                condition=~Q(status=MaintenanceStatus.TOLD) | Q(told_at__isnull=False),
                name="told_finding_says_when",
            ),
            models.CheckConstraint(
                condition=Q(status__in=sorted(MAINTENANCE_STANDING)) | Q(ended_at__isnull=False),
                name="ended_finding_says_when",
            ),
        ]
        indexes = [models.Index(fields=["status", "-found_at"], name="maintenance_list")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.der_id}"


class MaintenanceFindingStatusChange(StatusChange):
    """One move of a finding."""

    finding = models.ForeignKey(MaintenanceFinding, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]
