"""Groups, their members and status for programs (IX-2, GR-1, GR-3, GR-4)."""

from dataclasses import asdict
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
from groups.models import DERGroup, GroupMembership
from groups.selectors import group_status, groups_for, membership_history, shown_to
from groups.services import (
    approve_group,
    dissolve_group,
    refuse_group,
    request_dissolution,
    request_group,
    take_group_live,
)
from groups.statuses import GroupStatus
from interconnection.models import Feeder

READERS = frozenset(
    {
        Role.OPERATOR,
        Role.ENGINEER,
        Role.CUSTOMER_SERVICE,
        Role.AUDITOR,
        Role.THIRD_PARTY,
        Role.SYSTEM,
    }
)


class MemberOutput(serializers.Serializer[GroupMembership]):
    """A DER in the group, and under which tariff."""

    der = serializers.IntegerField(source="der_id")
    der_mrid = serializers.UUIDField(source="der.mrid")
    der_name = serializers.CharField(source="der.name")
    tariff = serializers.CharField(source="tariff_version.tariff.code")
    tariff_version = serializers.IntegerField(source="tariff_version.number")
    active_from = serializers.DateTimeField(allow_null=True)
    active_to = serializers.DateTimeField(allow_null=True)


class MembershipOutput(MemberOutput):
    """With its group."""

    group = serializers.IntegerField(source="group_id")
    group_name = serializers.CharField(source="group.name")


class GroupOutput(serializers.Serializer[DERGroup]):
    """A group of DER."""

    id = serializers.IntegerField()
    mrid = serializers.UUIDField()
    name = serializers.CharField()
    purpose = serializers.CharField()
    feeder = serializers.CharField(source="feeder.name", default=None, allow_null=True)
    third_party = serializers.CharField(source="third_party.name", default=None, allow_null=True)
    status = serializers.ChoiceField(choices=GroupStatus.choices)
    requested_at = serializers.DateTimeField()
    requested_by = serializers.CharField()


class GroupDetailOutput(GroupOutput):
    """With its members, past ones too."""

    members = serializers.SerializerMethodField()

    @extend_schema(responses=MemberOutput(many=True))
    def get_members(self, group: DERGroup) -> list[dict[str, Any]]:
        rows = group.memberships.select_related("der", "tariff_version__tariff").order_by("pk")
        person: User = self.context["person"]
        rows = shown_to(person, rows, timezone.now())
        return [dict(MemberOutput(row).data) for row in rows]


class StatusOutput(serializers.Serializer[Any]):
    """What the group gives now and how far it could go; powers in W, injection positive."""

    group_id = serializers.IntegerField()
    mrid = serializers.UUIDField()
    name = serializers.CharField()
    at = serializers.DateTimeField()
    power_w = serializers.FloatField()
    up_w = serializers.FloatField()
    down_w = serializers.FloatField()
    rated_w = serializers.IntegerField()
    charge_max_w = serializers.IntegerField()
    members = serializers.IntegerField()
    reporting = serializers.IntegerField()
    charge_pct = serializers.FloatField(allow_null=True)
    stored_wh = serializers.FloatField(allow_null=True)
    oldest_s = serializers.FloatField(allow_null=True)
    quality = serializers.CharField()


class GroupRequestInput(serializers.Serializer[Any]):
    """What is asked for."""

    name = serializers.CharField(max_length=80)
    purpose = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    feeder = serializers.CharField(max_length=64)
    ders = serializers.ListField(child=serializers.IntegerField(), max_length=10_000)


class ReasonInput(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(max_length=500)


class GroupList(ListAPIView[DERGroup]):
    """Groups by name."""

    allowed_roles = READERS
    serializer_class = GroupOutput
    filterset_fields = ("status", "name", "mrid", "memberships__der")
    queryset = DERGroup.objects.none()

    @override
    def get_queryset(self) -> QuerySet[DERGroup]:
        return groups_for(person(self.request))


class GroupDetail(APIView):
    """One group with its members."""

    allowed_roles = READERS

    @extend_schema(responses=GroupDetailOutput)
    def get(self, request: Request, pk: int) -> Response:
        return Response(_detail(request, find(request, pk)))


class GroupStatusNow(APIView):
    """One group's output and room, summed over the members that report."""

    allowed_roles = READERS

    @extend_schema(responses=StatusOutput)
    def get(self, request: Request, pk: int) -> Response:
        image = group_status(find(request, pk), timezone.now())
        facts = {
            "group_id": image.group_id,
            "mrid": image.mrid,
            "name": image.name,
            "at": image.at,
            **asdict(image.capability),
        }
        return Response(StatusOutput(facts).data)


class GroupRequest(APIView):
    """Ask for a group of DER on one feeder."""

    allowed_roles = frozenset({Role.OPERATOR, Role.THIRD_PARTY})

    @extend_schema(request=GroupRequestInput, responses={201: GroupDetailOutput})
    def post(self, request: Request) -> Response:
        asked = GroupRequestInput(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        feeder = Feeder.objects.filter(name=values["feeder"]).first()
        if feeder is None:
            words = f"There is no feeder {values['feeder']}."
            raise InvalidInput(words, fields={"feeder": [words]})
        group = request_group(
            name=values["name"],
            purpose=values["purpose"],
            feeder=feeder,
            der_ids=values["ders"],
            user=person(request),
            at=timezone.now(),
        )
        return Response(_detail(request, group), status=status.HTTP_201_CREATED)


class GroupApprove(APIView):
    """Check every member against its tariff's rules and approve."""

    allowed_roles = frozenset({Role.CUSTOMER_SERVICE})

    @extend_schema(request=None, responses=GroupDetailOutput)
    def post(self, request: Request, pk: int) -> Response:
        group = find(request, pk)
        approve_group(group=group, at=timezone.now(), by=person(request).get_username())
        return Response(_detail(request, group))


class GroupRefuse(APIView):
    """Refuse with a reason."""

    allowed_roles = frozenset({Role.CUSTOMER_SERVICE})

    @extend_schema(request=ReasonInput, responses=GroupDetailOutput)
    def post(self, request: Request, pk: int) -> Response:
        group = find(request, pk)
        refuse_group(
            group=group,
            reason=reason_in(request),
            at=timezone.now(),
            by=person(request).get_username(),
        )
        return Response(_detail(request, group))


class GroupTakeLive(APIView):
    """Operations has been informed; the group can be dispatched from now on."""

    allowed_roles = frozenset({Role.OPERATOR})

    @extend_schema(request=None, responses=GroupDetailOutput)
    def post(self, request: Request, pk: int) -> Response:
        group = find(request, pk)
        take_group_live(group=group, at=timezone.now(), by=person(request).get_username())
        return Response(_detail(request, group))


class GroupRequestDissolution(APIView):
    """Ask for the end of a group."""

    allowed_roles = frozenset({Role.OPERATOR, Role.THIRD_PARTY})

    @extend_schema(request=ReasonInput, responses=GroupDetailOutput)
    def post(self, request: Request, pk: int) -> Response:
        group = find(request, pk)
        request_dissolution(
            group=group,
            reason=reason_in(request),
            at=timezone.now(),
            by=person(request).get_username(),
        )
        return Response(_detail(request, group))


class GroupDissolve(APIView):
    """Confirm the end; refused while a dispatch is in force."""

    allowed_roles = frozenset({Role.CUSTOMER_SERVICE})

    @extend_schema(request=None, responses=GroupDetailOutput)
    def post(self, request: Request, pk: int) -> Response:
        group = find(request, pk)
        dissolve_group(group=group, at=timezone.now(), by=person(request).get_username())
        return Response(_detail(request, group))


class MembershipList(ListAPIView[GroupMembership]):
    """Who was in which group when, under which tariff; `?at=` at one moment."""

    allowed_roles = READERS
    serializer_class = MembershipOutput
    filterset_fields = ("group", "der")
    queryset = GroupMembership.objects.none()

    @extend_schema(parameters=[OpenApiParameter("at", str, description="ISO 8601 date and time")])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @override
    def get_queryset(self) -> QuerySet[GroupMembership]:
        at = None
        if text := self.request.query_params.get("at"):
            at = serializers.DateTimeField().run_validation(text)
        user = person(self.request)
        found = membership_history(at=at).filter(group__in=groups_for(user))
        return shown_to(user, found, timezone.now())


def person(request: Request) -> User:
    if not isinstance(request.user, User):
        raise NotFound("Sign in first.")
    return request.user


def _detail(request: Request, group: DERGroup) -> dict[str, Any]:
    return dict(GroupDetailOutput(group, context={"person": person(request)}).data)


def find(request: Request, pk: int) -> DERGroup:
    group = groups_for(person(request)).filter(pk=pk).first()
    if group is None:
        raise NotFound(f"There is no group {pk}.")
    return group


def reason_in(request: Request) -> str:
    asked = ReasonInput(data=request.data)
    asked.is_valid(raise_exception=True)
    return str(asked.validated_data["reason"])
