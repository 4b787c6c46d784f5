"""REST operations on applications: read, begin, fill in, send (CS-5, IC-1, IX-2)."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from typing_extensions import override

from customers.models import Right
from customers.selectors import (
    customers_for,
    require_right,
    tariff_versions_in_force,
    usage_points_for,
)
from customers.selectors.access import acting_third_party
from derms.accounts.access import address_of
from derms.accounts.models import User
from derms.accounts.roles import Role
from interconnection.models import EquipmentModel, InterconnectionApplication, Nameplate
from interconnection.screening.nameplate import UnitValues
from interconnection.selectors.applications import applications, applications_for
from interconnection.services import applications as services
from interconnection.statuses import ApplicationStatus, Technology

APPLICANTS = frozenset({Role.CUSTOMER, Role.THIRD_PARTY})
STAFF = (Role.CUSTOMER_SERVICE, Role.ENGINEER, Role.OPERATOR)
READERS = APPLICANTS | frozenset(STAFF)
TAGS = ["applications"]


class UnitOutput(serializers.Serializer[Any]):
    """A unit of an application by the names of IEEE 1547-2018, Table 28, in W, VA, var and Wh."""

    id = serializers.IntegerField()
    technology = serializers.CharField()
    manufacturer = serializers.CharField()
    model = serializers.CharField()
    serial_number = serializers.CharField()
    version = serializers.CharField()
    equipment_id = serializers.IntegerField(allow_null=True)
    active_power_rating_at_unity_power_factor_w = serializers.IntegerField()
    apparent_power_max_rating_va = serializers.IntegerField()
    reactive_power_injected_max_rating_var = serializers.IntegerField()
    reactive_power_absorbed_max_rating_var = serializers.IntegerField()
    active_power_charge_max_rating_w = serializers.IntegerField(allow_null=True)
    energy_capacity_wh = serializers.IntegerField(allow_null=True)
    normal_operating_performance_category = serializers.CharField()
    abnormal_operating_performance_category = serializers.CharField()


class ApplicationOutput(serializers.Serializer[InterconnectionApplication]):
    """An application and its units."""

    reference = serializers.CharField()
    status = serializers.ChoiceField(choices=ApplicationStatus.choices)
    customer_id = serializers.IntegerField()
    usage_point_id = serializers.IntegerField()
    third_party = serializers.CharField(source="third_party.name", default=None, allow_null=True)
    tariff_version_id = serializers.IntegerField(
        source="agreement.tariff_version_id", default=None, allow_null=True
    )
    planned_in_service_date = serializers.DateField(allow_null=True)
    export_choice = serializers.CharField()
    export_limit_w = serializers.IntegerField(allow_null=True)
    non_export_by = serializers.IntegerField(allow_null=True)
    compensation = serializers.CharField()
    phases_used = serializers.CharField()
    tracks_sun = serializers.BooleanField(allow_null=True)
    created_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    complete_at = serializers.DateTimeField(allow_null=True)
    incomplete_reason = serializers.CharField()
    units = UnitOutput(many=True)


class StartInput(serializers.Serializer[Any]):
    """Where to connect."""

    usage_point_id = serializers.IntegerField()


class TariffInput(serializers.Serializer[Any]):
    """Which tariff is accepted, and under which name."""

    tariff_version_id = serializers.IntegerField()
    accepted_name = serializers.CharField(max_length=120)


class DateInput(serializers.Serializer[Any]):
    """When the customer plans to switch on."""

    planned_in_service_date = serializers.DateField()


def rating(*, required: bool = True) -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=0, max_value=2_000_000_000, required=required, allow_null=not required
    )


def factor() -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=4, decimal_places=3, required=False, allow_null=True, default=None
    )


class UnitInput(serializers.Serializer[Any]):
    """One unit; with `equipment_id` it is compared with the certified list."""

    equipment_id = serializers.IntegerField(required=False, allow_null=True, default=None)
    technology = serializers.ChoiceField(choices=Technology.choices)
    manufacturer = serializers.CharField(max_length=64)
    model = serializers.CharField(max_length=64)
    serial_number = serializers.CharField(max_length=64, allow_blank=True, default="")
    version = serializers.CharField(max_length=32, allow_blank=True, default="")
    active_power_rating_at_unity_power_factor_w = rating()
    apparent_power_max_rating_va = rating()
    reactive_power_injected_max_rating_var = rating()
    reactive_power_absorbed_max_rating_var = rating()
    normal_operating_performance_category = serializers.ChoiceField(
        choices=Nameplate.NormalCategory.choices
    )
    abnormal_operating_performance_category = serializers.ChoiceField(
        choices=Nameplate.AbnormalCategory.choices
    )
    ac_voltage_nominal_rating_v = rating()
    ac_voltage_maximum_rating_v = rating()
    ac_voltage_minimum_rating_v = rating()
    active_power_rating_at_specified_over_excited_power_factor_w = rating(required=False)
    specified_over_excited_power_factor = factor()
    active_power_rating_at_specified_under_excited_power_factor_w = rating(required=False)
    specified_under_excited_power_factor = factor()
    active_power_charge_max_rating_w = rating(required=False)
    apparent_power_charge_max_rating_va = rating(required=False)
    energy_capacity_wh = rating(required=False)
    dc_rating_w = rating(required=False)


def visible_to(user: User) -> QuerySet[InterconnectionApplication]:
    if user.has_role(*STAFF):
        return applications().exclude(status=ApplicationStatus.DRAFT).order_by("-created_at")
    return applications_for(user, timezone.now())


class Operation(APIView):
    """What every operation on one application shares."""

    def person(self) -> User:
        user = self.request.user
        if not isinstance(user, User):
            raise Http404
        return user

    def own(self, reference: str) -> InterconnectionApplication:
        """An application of those the caller acts for; to others it does not exist."""
        found = applications_for(self.person(), timezone.now()).filter(reference=reference).first()
        if found is None:
            raise Http404(f"There is no application {reference}.")
        return found

    def to_change(self, reference: str) -> InterconnectionApplication:
        """The same, for somebody who may act on it and not only look."""
        user, at = self.person(), timezone.now()
        mine = customers_for(user, at, Right.FILE)
        found = InterconnectionApplication.objects.filter(customer__in=mine, reference=reference)
        row = found.select_related("customer").first()
        if row is None:
            row = self.own(reference)
            require_right(user, row.customer, Right.FILE, at)
        return row

    def answer(self, reference: str, code: int = status.HTTP_200_OK) -> Response:
        return Response(ApplicationOutput(self.own(reference)).data, status=code)

    def typed(self, serializer_class: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


@extend_schema_view(post=extend_schema(request=StartInput, responses={201: ApplicationOutput}))
@extend_schema(tags=TAGS)
class ApplicationList(Operation, ListAPIView[InterconnectionApplication]):
    """Applications that the caller may see; POST begins a draft."""

    allowed_roles = READERS
    serializer_class = ApplicationOutput
    filterset_fields = ("status",)

    @override
    def get_queryset(self) -> QuerySet[InterconnectionApplication]:
        user = self.request.user
        if not isinstance(user, User):
            return InterconnectionApplication.objects.none()
        return visible_to(user)

    def post(self, _request: Request) -> Response:
        user, at = self.person(), timezone.now()
        if not user.has_role(*APPLICANTS):
            raise PermissionDenied("Customers and those who act for them begin applications.")
        wanted = self.typed(StartInput)["usage_point_id"]
        point = usage_points_for(user, at, Right.FILE).filter(pk=wanted).first()
        if point is None:
            raise ValidationError({"usage_point_id": ["This is not one of your service points."]})
        draft = services.start_application(
            usage_point=point,
            third_party=acting_third_party(user, point.customer),
            at=at,
            by=user.get_username(),
        )
        return self.answer(draft.reference, status.HTTP_201_CREATED)


@extend_schema(tags=TAGS)
class ApplicationDetail(RetrieveAPIView[InterconnectionApplication]):
    """One application."""

    allowed_roles = READERS
    serializer_class = ApplicationOutput
    lookup_field = "reference"

    @override
    def get_queryset(self) -> QuerySet[InterconnectionApplication]:
        user = self.request.user
        if not isinstance(user, User):
            return InterconnectionApplication.objects.none()
        return visible_to(user)


@extend_schema(tags=TAGS, request=TariffInput, responses=ApplicationOutput)
class AcceptTariff(Operation):
    """Accept a tariff version in force for a draft."""

    allowed_roles = APPLICANTS

    def put(self, request: Request, reference: str) -> Response:
        draft, at = self.to_change(reference), timezone.now()
        typed = self.typed(TariffInput)
        version = tariff_versions_in_force(at).filter(pk=typed["tariff_version_id"]).first()
        if version is None:
            raise ValidationError({"tariff_version_id": ["This tariff is not in force now."]})
        services.save_tariff_choice(
            application=draft,
            tariff_version=version,
            accepted_name=typed["accepted_name"],
            accepted_by=self.person(),
            from_address=address_of(request.META.get("REMOTE_ADDR", "")),
            at=at,
        )
        return self.answer(reference)


@extend_schema(tags=TAGS, request=UnitInput, responses={201: ApplicationOutput})
class AddUnit(Operation):
    """Add a unit to a draft."""

    allowed_roles = APPLICANTS

    def post(self, _request: Request, reference: str) -> Response:
        draft = self.to_change(reference)
        typed = self.typed(UnitInput)
        number = typed.pop("equipment_id")
        listed = EquipmentModel.objects.filter(pk=number).first() if number is not None else None
        if number is not None and listed is None:
            raise ValidationError({"equipment_id": ["This model is not on the list."]})
        services.save_unit(
            application=draft,
            values=UnitValues(**typed),
            equipment=listed,
            unit_id=None,
            at=timezone.now(),
        )
        return self.answer(reference, status.HTTP_201_CREATED)


@extend_schema(tags=TAGS, request=None, responses=ApplicationOutput)
class RemoveUnit(Operation):
    """Take a unit out of a draft."""

    allowed_roles = APPLICANTS

    def delete(self, _request: Request, reference: str, unit_id: int) -> Response:
        services.remove_unit(application=self.to_change(reference), unit_id=unit_id)
        return self.answer(reference)


@extend_schema(tags=TAGS, request=DateInput, responses=ApplicationOutput)
class PlanDate(Operation):
    """Say when it shall run."""

    allowed_roles = APPLICANTS

    def put(self, _request: Request, reference: str) -> Response:
        services.save_planned_date(
            application=self.to_change(reference), at=timezone.now(), **self.typed(DateInput)
        )
        return self.answer(reference)


@extend_schema(tags=TAGS, request=None, responses=ApplicationOutput)
class Submit(Operation):
    """Send a draft, or send a returned application again."""

    allowed_roles = APPLICANTS

    def post(self, _request: Request, reference: str) -> Response:
        services.submit_application(
            application=self.to_change(reference),
            at=timezone.now(),
            by=self.person().get_username(),
        )
        return self.answer(reference)
