"""Dispatches and deliveries for programs (IX-2)."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from typing_extensions import override

from derms.accounts.models import User
from derms.accounts.roles import Role
from derms.lib.errors import InvalidInput, NotFound
from dispatch.models import Delivery, DERGroupDispatch
from dispatch.selectors.dispatches import deliveries_for, dispatches_for, setpoints
from dispatch.services import (
    cancel_selection,
    check_dispatch,
    execute_dispatch,
    release_dispatch,
    select_dispatch,
)
from dispatch.services.selection import Wish
from dispatch.statuses import DispatchFunction, DispatchStatus
from groups.selectors import groups_for

READERS = frozenset(
    {Role.OPERATOR, Role.ENGINEER, Role.CUSTOMER_SERVICE, Role.AUDITOR, Role.THIRD_PARTY}
    | {Role.SYSTEM}
)
DOERS = frozenset({Role.OPERATOR})
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="Your own name for this request: sent again, it has one effect and one answer.",
)


class DispatchOutput(serializers.Serializer[DERGroupDispatch]):
    """A dispatch; powers in W, injection positive."""

    id = serializers.IntegerField()
    mrid = serializers.UUIDField()
    group = serializers.IntegerField(source="group_id")
    group_name = serializers.CharField(source="group.name")
    function = serializers.ChoiceField(choices=DispatchFunction.choices)
    target_w = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    reason = serializers.CharField()
    status = serializers.ChoiceField(choices=DispatchStatus.choices)
    selected_by = serializers.CharField()
    selection_expires_at = serializers.DateTimeField()
    plan_sha256 = serializers.CharField()
    executed_at = serializers.DateTimeField(allow_null=True)
    executed_by = serializers.CharField()
    ended_at = serializers.DateTimeField(allow_null=True)


class SetpointOutput(serializers.Serializer[Any]):
    """A member's share and its command."""

    der = serializers.IntegerField(source="der_id")
    der_name = serializers.CharField(source="der.name")
    value_w = serializers.IntegerField()
    before_w = serializers.FloatField()
    function = serializers.CharField(source="command.function")
    status = serializers.CharField(source="command.status")
    verified_at = serializers.DateTimeField(source="command.verified_at", allow_null=True)
    fault = serializers.CharField(source="command.fault")
    release_status = serializers.CharField(
        source="release_command.status", default=None, allow_null=True
    )


class DispatchDetailOutput(DispatchOutput):
    """With the plan and the members."""

    plan = serializers.JSONField()
    setpoints = serializers.SerializerMethodField()

    @extend_schema(responses=SetpointOutput(many=True))
    def get_setpoints(self, dispatch: DERGroupDispatch) -> list[dict[str, Any]]:
        return list(SetpointOutput(setpoints(dispatch), many=True).data)


class SelectInput(serializers.Serializer[Any]):
    """What is wanted of a group from now on."""

    group = serializers.IntegerField()
    function = serializers.ChoiceField(choices=DispatchFunction.choices)
    target_w = serializers.IntegerField(min_value=-(10**12), max_value=10**12)
    ends_at = serializers.DateTimeField(required=False)
    duration_s = serializers.IntegerField(required=False, min_value=60, max_value=4 * 3600)
    ramp_s = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=14400)
    reason = serializers.CharField(max_length=200)

    def wish(self, at: datetime) -> Wish:
        values = self.validated_data
        ends_at = values.get("ends_at")
        if ends_at is None and "duration_s" in values:
            ends_at = at + timedelta(seconds=values["duration_s"])
        if ends_at is None:
            words = "Give ends_at or duration_s."
            raise InvalidInput(words, fields={"ends_at": [words]})
        return Wish(
            function=values["function"],
            target_w=values["target_w"],
            ends_at=ends_at,
            reason=values["reason"],
            ramp_s=values.get("ramp_s"),
        )


class ExecuteInput(serializers.Serializer[Any]):
    """The hash that the check answered with."""

    plan_sha256 = serializers.CharField(max_length=64)


class ReleaseInput(serializers.Serializer[Any]):
    """Why it ends early."""

    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class DeliveryOutput(serializers.Serializer[Delivery]):
    """What one member delivered; energies in Wh."""

    dispatch = serializers.IntegerField(source="dispatch_id")
    group_name = serializers.CharField(source="dispatch.group.name")
    der = serializers.IntegerField(source="der_id")
    der_name = serializers.CharField(source="der.name")
    version = serializers.IntegerField()
    measured_from = serializers.DateTimeField()
    measured_to = serializers.DateTimeField()
    requested_wh = serializers.FloatField()
    delivered_wh = serializers.FloatField()
    available_wh = serializers.FloatField()
    curtailed_wh = serializers.FloatField()
    uncertainty_wh = serializers.FloatField()
    gap_s = serializers.FloatField()
    method = serializers.CharField()
    payment = serializers.DecimalField(max_digits=10, decimal_places=2)


class DispatchList(ListAPIView[DERGroupDispatch]):
    """Dispatches, newest first."""

    allowed_roles = READERS
    serializer_class = DispatchOutput
    filterset_fields = ("status", "group", "function")
    queryset = DERGroupDispatch.objects.none()

    @override
    def get_queryset(self) -> QuerySet[DERGroupDispatch]:
        return dispatches_for(person(self.request))


class DispatchSelect(APIView):
    """Hold a group for 30 s and say what is wanted of it."""

    allowed_roles = DOERS

    @extend_schema(request=SelectInput, responses={201: DispatchOutput}, parameters=[KEY])
    def post(self, request: Request) -> Response:
        wanted = SelectInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        by = person(request)
        group = groups_for(by).filter(pk=wanted.validated_data["group"]).first()
        if group is None:
            raise NotFound(f"There is no group {wanted.validated_data['group']}.")
        at = timezone.now()
        dispatch = select_dispatch(
            group=group,
            wish=wanted.wish(at),
            at=at,
            by=by.get_username(),
            request_key=f"{by.pk}:{idempotency_key(request)}",
        )
        return Response(DispatchOutput(dispatch).data, status=status.HTTP_201_CREATED)


class DispatchDetail(APIView):
    """One dispatch with its plan and members."""

    allowed_roles = READERS

    @extend_schema(responses=DispatchDetailOutput)
    def get(self, request: Request, pk: int) -> Response:
        return Response(DispatchDetailOutput(find(request, pk)).data)


class DispatchCheck(APIView):
    """Compute and freeze what each member will be told."""

    allowed_roles = DOERS

    @extend_schema(request=None, responses=DispatchDetailOutput)
    def post(self, request: Request, pk: int) -> Response:
        done = check_dispatch(
            dispatch=find(request, pk), at=timezone.now(), by=person(request).get_username()
        )
        return Response(DispatchDetailOutput(done).data)


class DispatchExecute(APIView):
    """Execute what was checked; the same hash twice has one effect."""

    allowed_roles = DOERS

    @extend_schema(request=ExecuteInput, responses=DispatchDetailOutput, parameters=[KEY])
    def post(self, request: Request, pk: int) -> Response:
        idempotency_key(request)
        asked = ExecuteInput(data=request.data)
        asked.is_valid(raise_exception=True)
        done = execute_dispatch(
            dispatch=find(request, pk),
            token=asked.validated_data["plan_sha256"],
            at=timezone.now(),
            by=person(request).get_username(),
        )
        return Response(DispatchDetailOutput(done).data)


class DispatchRelease(APIView):
    """Give every member back to itself."""

    allowed_roles = DOERS

    @extend_schema(request=ReleaseInput, responses=DispatchDetailOutput, parameters=[KEY])
    def post(self, request: Request, pk: int) -> Response:
        idempotency_key(request)
        asked = ReleaseInput(data=request.data)
        asked.is_valid(raise_exception=True)
        done = release_dispatch(
            dispatch=find(request, pk),
            at=timezone.now(),
            by=person(request).get_username(),
            reason=asked.validated_data["reason"],
        )
        return Response(DispatchDetailOutput(done).data)


class DispatchCancel(APIView):
    """Give up a selection."""

    allowed_roles = DOERS

    @extend_schema(request=None, responses=DispatchOutput)
    def post(self, request: Request, pk: int) -> Response:
        done = cancel_selection(
            dispatch=find(request, pk), at=timezone.now(), by=person(request).get_username()
        )
        return Response(DispatchOutput(done).data)


class DeliveryList(ListAPIView[Delivery]):
    """What members delivered; a customer sees its own."""

    allowed_roles = READERS | {Role.CUSTOMER}
    serializer_class = DeliveryOutput
    filterset_fields = ("dispatch", "der")
    queryset = Delivery.objects.none()

    @override
    def get_queryset(self) -> QuerySet[Delivery]:
        return deliveries_for(person(self.request), timezone.now())


def person(request: Request) -> User:
    if not isinstance(request.user, User):
        raise NotFound("Sign in first.")
    return request.user


def find(request: Request, pk: int) -> DERGroupDispatch:
    dispatch = dispatches_for(person(request)).filter(pk=pk).first()
    if dispatch is None:
        raise NotFound(f"There is no dispatch {pk}.")
    return dispatch


def idempotency_key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key or len(key) > 80:
        words = "Send an Idempotency-Key header of at most 80 characters."
        raise InvalidInput(words, fields={"Idempotency-Key": [words]})
    return key
