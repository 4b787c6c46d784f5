"""Commissioning and the DER as built (IC-6, IC-7)."""

import uuid

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q

from customers.models import CustomerAgreement, SearchEntry, ServiceOrder, UsagePoint
from customers.models.search import Filed
from derms.lib.lifecycle import append_only
from interconnection.models.application import ApplicationUnit, InterconnectionApplication
from interconnection.models.nameplate import Nameplate
from interconnection.statuses import OverrideStatus, Technology, TestOutcome

_HERE = "FROM customers_usagepoint here WHERE here.id = new.usage_point_id"
DER_FILED = Filed(
    kind=SearchEntry.Kind.DER,
    customer=f"(SELECT here.customer_id {_HERE})",
    point="new.usage_point_id",
    key="new.serial_number",
    title="concat(new.manufacturer, ' ', new.model)",
    parts={"serial number": "new.serial_number", "name": "new.name"},
    changes=("usage_point_id", "manufacturer", "model", "serial_number", "name"),
)


class CommissioningOrder(models.Model):
    """The work order that verifies one application's installation before it is connected."""

    application = models.OneToOneField(
        InterconnectionApplication, models.PROTECT, related_name="commissioning_order"
    )
    service_order = models.OneToOneField(ServiceOrder, models.PROTECT, related_name="+")
    # Lines of {key, label, is_live_test, done_at, done_by}.
    checklist = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"Commissioning of {self.application_id}"


class CommissioningTest(models.Model):
    """One live test of one unit: what was registered against what the device reports."""

    order = models.ForeignKey(CommissioningOrder, models.PROTECT, related_name="tests")
    # Empty for the meter of the service point, which is no unit of the application.
    unit = models.ForeignKey(
        ApplicationUnit, models.PROTECT, null=True, blank=True, related_name="tests"
    )
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField()
    modbus_unit = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=16, choices=TestOutcome.choices)
    reason = models.TextField(blank=True)
    comparison = models.JSONField(default=list)
    # The approved profile in words, and one line for each setting compared with it.
    settings_profile = models.CharField(max_length=120, blank=True)
    setting_lines = models.JSONField(default=list)
    discovery = models.JSONField(default=dict)
    performed_at = models.DateTimeField()
    performed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"Test of {self.unit or 'the meter'}: {self.outcome}"

    @property
    def is_override_open(self) -> bool:
        """Whether somebody's request to accept its settings waits or holds; of fetched rows."""
        fetched = getattr(self, "_prefetched_objects_cache", {}).get("overrides", ())
        return any(one.status != OverrideStatus.DECLINED for one in fetched)


@pghistory.track(append_only=True)
class DER(Nameplate):
    """A distributed energy resource as built, with permission to operate."""

    mrid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120)
    unit = models.OneToOneField(
        ApplicationUnit, models.PROTECT, null=True, blank=True, related_name="der"
    )
    usage_point = models.ForeignKey(UsagePoint, models.PROTECT, related_name="+")
    agreement = models.ForeignKey(CustomerAgreement, models.PROTECT, related_name="+")
    technology = models.CharField(max_length=24, choices=Technology.choices)
    permitted_at = models.DateTimeField()
    permitted_by = models.CharField(max_length=150)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta(Nameplate.Meta):
        triggers = DER_FILED.triggers()
        constraints = [
            *Nameplate.Meta.constraints,
            models.UniqueConstraint(
                fields=["manufacturer", "serial_number"],
                condition=Q(retired_at__isnull=True),
                name="serial_number_in_service_once",
            ),
            models.CheckConstraint(condition=~Q(serial_number=""), name="der_has_a_serial_number"),
        ]

    def __str__(self) -> str:
        return self.name
