"""Devices, newest values and commands for programs (IX-2). Powers in W, injection positive."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from typing_extensions import override

from derms.accounts.models import User
from derms.accounts.roles import Role
from derms.lib.errors import InvalidInput
from devices import selectors
from devices.capabilities import Function, Quality
from devices.models import Device, DeviceCommand, LatestReading
from devices.services import Wish, request_command
from devices.statuses import CommandStatus

READERS = frozenset(
    {Role.OPERATOR, Role.ENGINEER, Role.CUSTOMER_SERVICE, Role.AUDITOR, Role.ADMINISTRATOR}
    | {Role.SYSTEM}
)
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="Your own name for this request: sent again, it has one effect and one answer.",
)


class DeviceOutput(serializers.Serializer[Any]):
    """A device in service."""

    id = serializers.IntegerField()
    mrid = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Device.Kind.choices)
    der = serializers.IntegerField(source="der_id", allow_null=True)
    usage_point = serializers.IntegerField(source="usage_point_id")
    zone = serializers.CharField(source="zone.name")
    host = serializers.CharField()
    port = serializers.IntegerField()
    unit = serializers.IntegerField()
    manufacturer = serializers.CharField()
    model = serializers.CharField()
    version = serializers.CharField()
    serial_number = serializers.CharField()
    poll_period_s = serializers.FloatField()
    active_from = serializers.DateTimeField()


class LatestOutput(serializers.Serializer[Any]):
    """The newest values of a device, with how far they may be trusted now."""

    device = serializers.IntegerField(source="device_id")
    measured_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    age_s = serializers.SerializerMethodField()
    active_power_w = serializers.FloatField(allow_null=True)
    reactive_power_var = serializers.FloatField(allow_null=True)
    voltage_v = serializers.FloatField(allow_null=True)
    frequency_hz = serializers.FloatField(allow_null=True)
    energy_injected_wh = serializers.FloatField(allow_null=True)
    energy_absorbed_wh = serializers.FloatField(allow_null=True)
    state_of_charge_pct = serializers.FloatField(allow_null=True)
    operating_state = serializers.CharField()
    alarm_bits = serializers.IntegerField()
    quality = serializers.SerializerMethodField()
    reason = serializers.CharField()

    def get_age_s(self, latest: LatestReading) -> float:
        at: datetime = self.context["at"]
        return max(0.0, round((at - latest.measured_at).total_seconds(), 3))

    def get_quality(self, latest: LatestReading) -> Quality:
        period_s = latest.device.poll_period_s
        return selectors.quality_now(latest, self.context["at"], poll_period_s=period_s)


class MoveOutput(serializers.Serializer[Any]):
    """One move of a command."""

    old_status = serializers.CharField()
    new_status = serializers.CharField()
    at = serializers.DateTimeField()
    by = serializers.CharField()
    reason = serializers.CharField()


class CommandOutput(serializers.Serializer[Any]):
    """One thing asked of one device."""

    id = serializers.IntegerField()
    mrid = serializers.UUIDField()
    device = serializers.IntegerField(source="device_id")
    sequence = serializers.IntegerField()
    function = serializers.CharField()
    is_release = serializers.BooleanField()
    value_w = serializers.IntegerField(allow_null=True)
    parameters = serializers.DictField()
    reversion_s = serializers.IntegerField()
    ramp_s = serializers.IntegerField(allow_null=True)
    not_before = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    status = serializers.ChoiceField(choices=CommandStatus.choices)
    requested_at = serializers.DateTimeField()
    requested_by = serializers.CharField()
    reason = serializers.CharField()
    attempts = serializers.IntegerField()
    sent_at = serializers.DateTimeField(allow_null=True)
    verified_at = serializers.DateTimeField(allow_null=True)
    refreshed_at = serializers.DateTimeField(allow_null=True)
    confirmed_by_measurement_at = serializers.DateTimeField(allow_null=True)
    rewrites = serializers.IntegerField()
    reverts_in_device = serializers.BooleanField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    fault = serializers.CharField()


class CommandDetailOutput(CommandOutput):
    """A command with its proof on the wire and every move it made."""

    register_address = serializers.IntegerField(allow_null=True)
    registers_written = serializers.ListField(child=serializers.IntegerField(), allow_null=True)
    registers_read_back = serializers.ListField(child=serializers.IntegerField(), allow_null=True)
    moves = serializers.SerializerMethodField()

    @extend_schema_field(MoveOutput(many=True))
    def get_moves(self, command: DeviceCommand) -> list[dict[str, Any]]:
        return list(MoveOutput(selectors.history_of(command), many=True).data)


class DeviceList(ListAPIView[Device]):
    """Devices in service."""

    allowed_roles = READERS
    serializer_class = DeviceOutput
    filterset_fields = ("zone__name", "kind", "serial_number")
    queryset = selectors.devices_of()


class DeviceDetail(RetrieveAPIView[Device]):
    """One device in service."""

    allowed_roles = READERS
    serializer_class = DeviceOutput
    queryset = selectors.devices_of()


class LatestList(ListAPIView[LatestReading]):
    """The newest values of every device in service, with age and quality."""

    allowed_roles = READERS
    serializer_class = LatestOutput
    filterset_fields = ("device__zone__name", "device__kind")

    @override
    def get_queryset(self) -> QuerySet[LatestReading]:
        latest = LatestReading.objects.filter(device__active_to__isnull=True)
        return latest.select_related("device").order_by("device_id")

    @override
    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "at": timezone.now()}


class CommandList(ListAPIView[DeviceCommand]):
    """Everything ever asked of devices, the newest first."""

    allowed_roles = READERS
    serializer_class = CommandOutput
    filterset_fields = {"status": ["exact"], "device": ["exact"], "requested_at": ["gte", "lt"]}
    queryset = selectors.commands_for()


class CommandInput(serializers.Serializer[Any]):
    """What one device is asked to do from now on.

    Powers in W, injection positive; `connect` takes 1 or 0. Other functions take `parameters`:
    see `devices.parameters`. A release gives the function back and takes neither.
    """

    function = serializers.ChoiceField(choices=[(f.value, f.value) for f in Function])
    value_w = serializers.IntegerField(required=False, allow_null=True)
    parameters = serializers.DictField(required=False, default=dict)
    is_release = serializers.BooleanField(required=False, default=False)
    duration_s = serializers.IntegerField(min_value=1, max_value=7 * 86_400)
    reversion_s = serializers.IntegerField(required=False, allow_null=True)
    ramp_s = serializers.IntegerField(required=False, allow_null=True)
    reason = serializers.CharField(max_length=200)


class DeviceCommandList(APIView):
    """Ask one device for something; sent again with the same key it has one effect."""

    allowed_roles = frozenset({Role.OPERATOR})

    @extend_schema(request=CommandInput, responses={201: CommandOutput}, parameters=[KEY])
    def post(self, request: Request, pk: int) -> Response:
        key = request.headers.get("Idempotency-Key", "").strip()
        if not 0 < len(key) <= 60:
            words = "Send an Idempotency-Key header of at most 60 characters."
            raise InvalidInput(words, fields={"Idempotency-Key": [words]})
        wanted = CommandInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        by = user_of(request)
        command = request_command(
            wish=Wish(device_id=pk, **wanted.validated_data),
            request_key=f"api-{by.pk}-{pk}-{key}",
            at=timezone.now(),
            by=by.username,
        )
        return Response(CommandOutput(command).data, status=status.HTTP_201_CREATED)


class CommandDetail(RetrieveAPIView[DeviceCommand]):
    """One command with its proof and its moves."""

    allowed_roles = READERS
    serializer_class = CommandDetailOutput
    queryset = selectors.commands_for()


def user_of(request: Request) -> User:
    assert isinstance(request.user, User)  # noqa: S101  RoleMayOpen lets nobody else in
    return request.user
