"""Back office of the customer floor: looking, and keeping what no page keeps yet."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from typing_extensions import override

from customers.models import (
    Customer,
    CustomerAgreement,
    Enrolment,
    Holiday,
    Notice,
    OrderProposal,
    Programme,
    ProgrammeVersion,
    Representation,
    ServiceArea,
    ServiceLocation,
    ServiceOrder,
    ServiceRequest,
    Tariff,
    TariffVersion,
    ThirdParty,
    ThirdPartyMember,
    UsagePoint,
    WorkRequest,
)


class Evidence(admin.ModelAdmin[Any]):
    """Rows that are written by services only: shown, never changed here."""

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin[Customer]):
    """Customers and how they want to be told."""

    list_display = ("name", "account_number", "preferred_channel", "email", "phone")
    list_filter = ("preferred_channel",)
    search_fields = ("name", "account_number", "email", "usage_points__meter_number")
    raw_id_fields = ("user",)


@admin.register(ServiceArea)
class ServiceAreaAdmin(admin.ModelAdmin[ServiceArea]):
    """Postcodes that are served."""

    list_display = ("postcode", "locality")
    search_fields = ("postcode", "locality")


@admin.register(ServiceLocation)
class ServiceLocationAdmin(admin.ModelAdmin[ServiceLocation]):
    """Premises."""

    list_display = ("street", "postcode", "locality")
    search_fields = ("street", "postcode", "locality")


@admin.register(UsagePoint)
class UsagePointAdmin(admin.ModelAdmin[UsagePoint]):
    """Service points and their meters."""

    list_display = ("meter_number", "customer", "location", "phases")
    list_filter = ("phases",)
    list_select_related = ("customer", "location")
    raw_id_fields = ("customer", "location")
    search_fields = ("meter_number", "customer__name", "location__street")


@admin.register(Tariff)
class TariffAdmin(admin.ModelAdmin[Tariff]):
    """The tariff book."""

    list_display = ("code", "name")


@admin.register(TariffVersion)
class TariffVersionAdmin(Evidence):
    """Published wordings; they never change."""

    list_display = ("tariff", "number", "active_from", "active_to", "required_communication")
    list_filter = ("tariff",)
    list_select_related = ("tariff",)


@admin.register(Programme)
class ProgrammeAdmin(admin.ModelAdmin[Programme]):
    """Programmes; what each says stands in its versions."""

    list_display = ("code", "name")


@admin.register(ProgrammeVersion)
class ProgrammeVersionAdmin(Evidence):
    """Versions are added, and never changed."""

    list_display = ("programme", "number", "active_from", "active_to", "incentive_amount")
    list_select_related = ("programme",)

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)


@admin.register(Enrolment)
class EnrolmentAdmin(Evidence):
    """Who takes part in what, since when."""

    list_display = ("customer", "programme", "usage_point", "enrolled_at", "ended_at")
    list_select_related = ("customer", "programme", "usage_point__location")
    search_fields = ("customer__name", "customer__account_number")


@admin.register(CustomerAgreement)
class CustomerAgreementAdmin(Evidence):
    """Who accepted what, when and from where."""

    list_display = ("customer", "tariff_version", "accepted_at", "accepted_name", "ended_at")
    list_select_related = ("customer", "tariff_version")
    search_fields = ("customer__name", "customer__account_number")


@admin.register(ServiceOrder)
class ServiceOrderAdmin(Evidence):
    """Orders to the field."""

    list_display = ("number", "kind", "usage_point", "planned_from", "status")
    list_filter = ("status", "kind")
    list_select_related = ("usage_point__location",)
    search_fields = ("number", "usage_point__meter_number")


@admin.register(ServiceRequest)
class ServiceRequestAdmin(Evidence):
    """What customers asked for, and where it stands."""

    list_display = ("number", "kind", "customer", "step", "waiting_on", "due_date", "status")
    list_filter = ("status", "kind", "waiting_on")
    list_select_related = ("customer",)
    search_fields = ("number", "mirrors", "customer__name", "usage_point__meter_number")


@admin.register(WorkRequest)
class WorkRequestAdmin(Evidence):
    """What Engineering plans and crews build."""

    list_display = ("number", "kind", "customer", "status", "requested_at", "planned_date")
    list_filter = ("status", "kind")
    list_select_related = ("customer",)
    search_fields = ("number", "customer__name", "place")


@admin.register(OrderProposal)
class OrderProposalAdmin(Evidence):
    """Visits that the product proposed."""

    list_display = ("about", "summary", "status", "proposed_at", "seen_at")
    list_filter = ("status",)


@admin.register(Holiday)
class HolidayAdmin(admin.ModelAdmin[Holiday]):
    """Days that no statutory clock counts."""

    list_display = ("date", "name")


@admin.register(Notice)
class NoticeAdmin(Evidence):
    """The outbox with its delivery states."""

    list_display = ("created_at", "customer", "template", "channel", "status", "attempts")
    list_filter = ("status", "channel", "template")
    list_select_related = ("customer",)
    search_fields = ("customer__name", "about", "subject")


class MemberInline(admin.TabularInline[ThirdPartyMember, ThirdParty]):
    """People of a third party."""

    model = ThirdPartyMember
    extra = 0
    raw_id_fields = ("user",)


class RepresentationInline(admin.TabularInline[Representation, ThirdParty]):
    """Whom a third party acts for, since when and until when."""

    model = Representation
    extra = 0
    raw_id_fields = ("customer",)


@admin.register(ThirdParty)
class ThirdPartyAdmin(admin.ModelAdmin[ThirdParty]):
    """Third parties, their people and their customers."""

    inlines = (MemberInline, RepresentationInline)
    list_display = ("name", "email")
