"""Applications to connect DER, and the certified equipment they choose from (IC-1)."""

from datetime import datetime
from typing import Any, ClassVar, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from typing_extensions import override

from customers.models import (
    Customer,
    CustomerAgreement,
    Holiday,
    SearchEntry,
    ThirdParty,
    UsagePoint,
)
from customers.models.search import Filed
from derms.lib.lifecycle import (
    HasLifecycle,
    Moves,
    StatusChange,
    append_only,
    counts_versions,
    only_listed_moves,
)
from interconnection.models.deadline import clock_for
from interconnection.models.equipment_list import EquipmentList
from interconnection.models.nameplate import Nameplate
from interconnection.statuses import (
    APPLICATION_ENDED,
    APPLICATION_MOVES,
    ApplicationStatus,
    Compensation,
    Export,
    NonExportBy,
    PhasesUsed,
    Technology,
)

APPLICATION_FILED = Filed(
    kind=SearchEntry.Kind.APPLICATION,
    customer="new.customer_id",
    key="new.reference",
    title="new.reference",
    parts={"application": "new.reference"},
    changes=("customer_id", "reference"),
)
_OF = "FROM interconnection_interconnectionapplication one WHERE one.id = new.application_id"
UNIT_FILED = Filed(
    kind=SearchEntry.Kind.UNIT,
    customer=f"(SELECT one.customer_id {_OF})",
    key=f"(SELECT one.reference {_OF})",
    title="concat(new.manufacturer, ' ', new.model)",
    parts={"serial number": "new.serial_number"},
    changes=("application_id", "manufacturer", "model", "serial_number"),
)


class EquipmentModel(Nameplate):
    """Equipment from the certified list."""

    technology = models.CharField(max_length=24, choices=Technology.choices)
    certification = models.CharField(max_length=64)
    certified_on_date = models.DateField()
    withdrawn_on_date = models.DateField(null=True, blank=True)
    # The last imported list that named it; empty where somebody entered it by hand.
    listed_in = models.ForeignKey(
        EquipmentList, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta(Nameplate.Meta):
        constraints = [
            *Nameplate.Meta.constraints,
            models.UniqueConstraint(fields=["manufacturer", "model"], name="equipment_model_once"),
        ]

    def __str__(self) -> str:
        return f"{self.manufacturer} {self.model}"


@pghistory.track(append_only=True)
class InterconnectionApplication(HasLifecycle):
    """A customer's wish to connect DER at a service point, from draft to permission."""

    MOVES: ClassVar[Moves] = APPLICATION_MOVES

    reference = models.CharField(max_length=16, unique=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    usage_point = models.ForeignKey(UsagePoint, models.PROTECT, related_name="+")
    third_party = models.ForeignKey(
        ThirdParty, models.PROTECT, null=True, blank=True, related_name="+"
    )
    agreement = models.ForeignKey(
        CustomerAgreement, models.PROTECT, null=True, blank=True, related_name="+"
    )
    status = models.CharField(
        max_length=24, choices=ApplicationStatus.choices, default=ApplicationStatus.DRAFT
    )
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    planned_in_service_date = models.DateField(null=True, blank=True)
    # What the screens ask beside the nameplates; empty where nobody was asked.
    export_choice = models.CharField(max_length=8, choices=Export.choices, blank=True)
    export_limit_w = models.PositiveIntegerField(null=True, blank=True)
    non_export_by = models.PositiveSmallIntegerField(
        choices=NonExportBy.choices, null=True, blank=True
    )
    compensation = models.CharField(max_length=16, choices=Compensation.choices, blank=True)
    phases_used = models.CharField(max_length=8, choices=PhasesUsed.choices, blank=True)
    tracks_sun = models.BooleanField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    submitted_at = models.DateTimeField(null=True, blank=True)
    complete_at = models.DateTimeField(null=True, blank=True)
    incomplete_reason = models.TextField(blank=True)
    # The day on which the clock of its step is over; empty while none runs. Set by every move.
    due_date = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        triggers = [
            only_listed_moves(APPLICATION_MOVES),
            counts_versions(),
            *APPLICATION_FILED.triggers(),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=[ApplicationStatus.DRAFT, ApplicationStatus.WITHDRAWN])
                | Q(submitted_at__isnull=False, agreement__isnull=False),
                name="submitted_application_has_agreement",
            ),
            # Queue position is the moment of completeness.
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        ApplicationStatus.DRAFT,
                        ApplicationStatus.SUBMITTED,
                        ApplicationStatus.INCOMPLETE,
                        ApplicationStatus.WITHDRAWN,
                    ]
                )
                | Q(complete_at__isnull=False),
                name="reviewed_application_is_complete",
            ),
            models.UniqueConstraint(
                fields=["usage_point"],
                condition=~Q(status__in=sorted(APPLICATION_ENDED)),
                name="one_open_application_per_service_point",
            ),
        ]
        indexes = [
            models.Index(
                F("due_date").asc(nulls_last=True),
                "submitted_at",
                "id",
                condition=~Q(status__in=sorted({"draft", *APPLICATION_ENDED})),
                name="open_by_deadline",
            ),
            models.Index(
                "status",
                F("due_date").asc(nulls_last=True),
                "submitted_at",
                "id",
                name="lane_by_deadline",
            ),
        ]

    def __str__(self) -> str:
        return f"Application {self.reference}"

    @override
    def move(self, to: str, *, at: datetime, by: str, reason: str = "", **fields: Any) -> Self:
        """As every move; the clock of the step it comes to sets the due date."""
        today = timezone.localdate(at)
        before = self.status_changes.order_by("pk")
        moves = [(one.new_status, timezone.localdate(one.at)) for one in before]
        holidays = frozenset(Holiday.objects.values_list("date", flat=True))
        clock = clock_for(to, [*moves, (to, today)], today=today, holidays=holidays)
        fields["due_date"] = clock.due_date if clock else None
        return super().move(to, at=at, by=by, reason=reason, **fields)

    def moves_in_order(self) -> "list[ApplicationStatusChange]":
        return sorted(self.status_changes.all(), key=lambda change: change.pk)


class ApplicationStatusChange(StatusChange):
    """One move of an application."""

    application = models.ForeignKey(
        InterconnectionApplication, models.PROTECT, related_name="status_changes"
    )

    class Meta:
        triggers = [append_only()]


@pghistory.track(append_only=True)
class ApplicationUnit(Nameplate):
    """One DER unit that an application asks to connect."""

    application = models.ForeignKey(
        InterconnectionApplication, models.CASCADE, related_name="units"
    )
    technology = models.CharField(max_length=24, choices=Technology.choices)
    equipment = models.ForeignKey(
        EquipmentModel, models.PROTECT, null=True, blank=True, related_name="+"
    )
    dc_rating_w = models.PositiveIntegerField(null=True, blank=True)

    class Meta(Nameplate.Meta):
        triggers = UNIT_FILED.triggers()
        constraints = [
            *Nameplate.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(technology=Technology.BATTERY)
                | Q(
                    energy_capacity_wh__isnull=False, active_power_charge_max_rating_w__isnull=False
                ),
                name="battery_unit_has_energy_and_charge_rating",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_technology_display()} {self.manufacturer} {self.model}"
