"""Back office of the interconnection floor: to look up, not to change evidence."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from typing_extensions import override

from derms.accounts.models import User
from interconnection.models import (
    DER,
    CommissioningOrder,
    CommissioningTest,
    Decision,
    DistributionTransformer,
    EquipmentModel,
    Feeder,
    InterconnectionApplication,
    LineSection,
    NetworkUpgrade,
    ReviewPolicy,
    ScreeningRun,
    ServiceConnection,
    StandardCondition,
)
from interconnection.services.findings import set_policy


class LookUp(admin.ModelAdmin[models.Model]):
    """Rows that people find here and change on their own pages."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


@admin.register(InterconnectionApplication)
class ApplicationAdmin(LookUp):
    """Applications in every status."""

    list_display = ("reference", "customer", "status", "submitted_at", "complete_at")
    list_filter = ("status",)
    search_fields = ("reference", "customer__name", "usage_point__meter_number")


@admin.register(Decision)
class DecisionAdmin(LookUp):
    """Proposals and answers."""

    list_display = ("application", "verdict", "status", "proposed_by", "answered_by")
    list_filter = ("status", "verdict")
    search_fields = ("application__reference",)


@admin.register(ScreeningRun)
class ScreeningRunAdmin(LookUp):
    """Kept screening runs."""

    list_display = ("application", "rule_set", "rule_set_version", "performed_at", "performed_by")
    search_fields = ("application__reference",)


@admin.register(CommissioningOrder)
class CommissioningOrderAdmin(LookUp):
    """Work orders with their checklists."""

    list_display = ("application", "service_order")
    search_fields = ("application__reference", "service_order__number")


@admin.register(CommissioningTest)
class CommissioningTestAdmin(LookUp):
    """Live tests."""

    list_display = ("order", "unit", "outcome", "performed_at", "performed_by")
    list_filter = ("outcome",)


@admin.register(DER)
class DERAdmin(LookUp):
    """DER in service and retired."""

    list_display = ("name", "technology", "manufacturer", "model", "serial_number", "permitted_at")
    list_filter = ("technology",)
    search_fields = ("name", "serial_number", "manufacturer")


@admin.register(DistributionTransformer)
class TransformerAdmin(LookUp):
    """Service transformers."""

    list_display = ("name", "bus", "phases", "rated_va", "premises")
    search_fields = ("name",)


@admin.register(ServiceConnection)
class ServiceConnectionAdmin(LookUp):
    """Which transformer feeds whom."""

    list_display = ("usage_point", "transformer")
    search_fields = ("usage_point__meter_number", "transformer__name")


@admin.register(Feeder)
class FeederAdmin(LookUp):
    """Feeders as loaded from their descriptions."""

    list_display = ("name", "substation", "nominal_voltage_v", "rated_capacity_w")


@admin.register(LineSection)
class LineSectionAdmin(LookUp):
    """Line sections with the loads that screens use."""

    list_display = ("name", "feeder", "head_device", "peak_load_w", "minimum_load_w")
    list_filter = ("feeder",)


@admin.register(NetworkUpgrade)
class NetworkUpgradeAdmin(LookUp):
    """Upgrades that holds wait for."""

    list_display = ("name", "feeder", "planned_in_service_date", "in_service_at")


@admin.register(EquipmentModel)
class EquipmentModelAdmin(admin.ModelAdmin[EquipmentModel]):
    """The certified equipment list."""

    list_display = ("manufacturer", "model", "technology", "certification", "withdrawn_on_date")
    list_filter = ("technology", "certification")
    search_fields = ("manufacturer", "model")


@admin.register(ReviewPolicy)
class ReviewPolicyAdmin(admin.ModelAdmin[ReviewPolicy]):
    """By which rules applications are reviewed; a new row replaces the one before."""

    list_display = ("rule_set", "may_mark_ready", "ready_up_to_w", "set_at", "set_by", "reason")
    fields = ("rule_set", "may_mark_ready", "ready_up_to_w", "reason")

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    @override
    def save_model(self, request: HttpRequest, obj: ReviewPolicy, form: Any, change: bool) -> None:
        assert isinstance(request.user, User)  # noqa: S101  the back office knows who it is
        kept = set_policy(
            rule_set=obj.rule_set,
            may_mark_ready=obj.may_mark_ready,
            ready_up_to_w=obj.ready_up_to_w,
            reason=obj.reason,
            at=timezone.now(),
            by=request.user,
        )
        obj.pk, obj.set_at, obj.set_by = kept.pk, kept.set_at, kept.set_by


@admin.register(StandardCondition)
class StandardConditionAdmin(admin.ModelAdmin[StandardCondition]):
    """The library of conditions; decisions keep the words they were made with."""

    list_display = ("title", "kind", "wording", "settings_profile", "is_active")
    list_filter = ("kind", "is_active")
    search_fields = ("title", "wording")

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False
