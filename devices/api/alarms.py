"""Alarms for programs (IX-2, DV-5)."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from derms.accounts.roles import Role
from devices import selectors, services
from devices.api.fleet import READERS, user_of
from devices.models import Alarm
from devices.selectors.alarm_timeline import timeline_of
from devices.statuses import AlarmStatus


class HappeningOutput(serializers.Serializer[Any]):
    """One entry of an alarm's timeline."""

    at = serializers.DateTimeField()
    who = serializers.CharField()
    what = serializers.CharField()
    reason = serializers.CharField()


class AlarmOutput(serializers.Serializer[Any]):
    """One cause at one place; a group stands for its members."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Alarm.Kind.choices)
    cause = serializers.CharField()
    place = serializers.CharField()
    device = serializers.IntegerField(source="device_id", allow_null=True)
    feeder = serializers.IntegerField(source="feeder_id", allow_null=True)
    command = serializers.IntegerField(source="command_id", allow_null=True)
    priority = serializers.IntegerField()
    message = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    limit = serializers.FloatField(allow_null=True)
    unit = serializers.CharField()
    status = serializers.ChoiceField(choices=AlarmStatus.choices)
    raised_at = serializers.DateTimeField()
    returned_at = serializers.DateTimeField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.CharField()
    shelved_until = serializers.DateTimeField(allow_null=True)
    shelved_by = serializers.CharField()
    shelved_reason = serializers.CharField()
    chattering_since = serializers.DateTimeField(allow_null=True)
    is_group = serializers.BooleanField()
    group = serializers.IntegerField(source="group_id", allow_null=True)
    member_count = serializers.IntegerField()


class AlarmDetailOutput(AlarmOutput):
    """An alarm with everything that happened to it."""

    timeline = serializers.SerializerMethodField()

    @extend_schema_field(HappeningOutput(many=True))
    def get_timeline(self, alarm: Alarm) -> list[dict[str, Any]]:
        return list(HappeningOutput(timeline_of(alarm), many=True).data)


class ShelveInput(serializers.Serializer[Any]):
    """Until when, and why."""

    until = serializers.DateTimeField()
    reason = serializers.CharField(max_length=300)


class AlarmList(ListAPIView[Alarm]):
    """Alarms, the newest first."""

    allowed_roles = READERS
    serializer_class = AlarmOutput
    filterset_fields = {
        "status": ["exact", "in"],
        "kind": ["exact"],
        "device": ["exact"],
        "feeder": ["exact"],
        "priority": ["exact", "lte"],
        "group": ["exact", "isnull"],
        "is_group": ["exact"],
        "chattering_since": ["isnull"],
        "raised_at": ["gte", "lt"],
    }
    queryset = selectors.alarms()


class AlarmDetail(RetrieveAPIView[Alarm]):
    """One alarm with its timeline."""

    allowed_roles = READERS
    serializer_class = AlarmDetailOutput
    queryset = selectors.alarms().select_related("escalation")


class AlarmAcknowledge(APIView):
    """Note that an operator has seen an alarm; twice has the effect of once."""

    allowed_roles = frozenset({Role.OPERATOR})

    @extend_schema(request=None, responses=AlarmOutput)
    def post(self, request: Request, pk: int) -> Response:
        alarm = services.acknowledge_alarm(
            alarm_id=pk, at=timezone.now(), by=user_of(request).username
        )
        return Response(AlarmOutput(alarm).data)


class AlarmShelve(APIView):
    """Put an alarm aside for a limited time; it comes back by itself."""

    allowed_roles = frozenset({Role.OPERATOR})

    @extend_schema(request=ShelveInput, responses=AlarmOutput)
    def post(self, request: Request, pk: int) -> Response:
        given = ShelveInput(data=request.data)
        given.is_valid(raise_exception=True)
        at = timezone.now()
        alarm = services.shelve_alarm(
            alarm_id=pk, at=at, by=user_of(request).username, **given.validated_data
        )
        return Response(AlarmOutput(alarm).data)


class AlarmUnshelve(APIView):
    """Bring an alarm back before its time; twice has the effect of once."""

    allowed_roles = frozenset({Role.OPERATOR})

    @extend_schema(request=None, responses=AlarmOutput)
    def post(self, request: Request, pk: int) -> Response:
        alarm = services.unshelve_alarm(
            alarm_id=pk, at=timezone.now(), by=user_of(request).username
        )
        return Response(AlarmOutput(alarm).data)
