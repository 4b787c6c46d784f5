"""REST: decisions proposed by Engineering and answered by Operations (IX-2, IC-5)."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from derms.accounts.models import User
from derms.accounts.roles import Role
from interconnection.api.conditions import TermInput, TermOutput, terms_of
from interconnection.models import Decision, NetworkUpgrade
from interconnection.selectors.decisions import decision as decision_by_id
from interconnection.selectors.decisions import reviewed_application
from interconnection.services.decisions import (
    Proposal,
    confirm_decision,
    decline_decision,
    propose_decision,
)
from interconnection.statuses import DecisionStatus, DecisionVerdict

READERS = frozenset({Role.ENGINEER, Role.OPERATOR, Role.ADMINISTRATOR, Role.AUDITOR})


class DecisionOutput(serializers.Serializer[Decision]):
    """A verdict, who proposed it, and what Operations answered."""

    id = serializers.IntegerField()
    application = serializers.CharField(source="application.reference")
    verdict = serializers.ChoiceField(choices=DecisionVerdict.choices)
    status = serializers.ChoiceField(choices=DecisionStatus.choices)
    reasons = serializers.CharField()
    override_reason = serializers.CharField()
    conditions = serializers.ListField(child=serializers.CharField())
    terms = TermOutput(many=True)
    upgrade = serializers.CharField(source="upgrade.name", allow_null=True, default=None)
    proposed_by = serializers.CharField(source="proposed_by.username")
    proposed_at = serializers.DateTimeField()
    answered_by = serializers.CharField(
        source="answered_by.username", allow_null=True, default=None
    )
    answered_at = serializers.DateTimeField(allow_null=True)
    answer_note = serializers.CharField()


class DecisionList(generics.ListAPIView[Decision]):
    """All decisions, latest first."""

    allowed_roles = READERS
    serializer_class = DecisionOutput
    queryset = (
        Decision.objects.select_related("application", "upgrade", "proposed_by", "answered_by")
        .prefetch_related("terms__standard")
        .order_by("-proposed_at", "-pk")
    )
    filterset_fields = ("status", "verdict", "application__reference")


class DecisionPropose(APIView):
    """Propose a verdict on an application in review; a hold names an upgrade of the list."""

    allowed_roles = frozenset({Role.ENGINEER})

    class Input(serializers.Serializer[Any]):
        """What an engineer proposes."""

        verdict = serializers.ChoiceField(choices=DecisionVerdict.choices)
        reasons = serializers.CharField(max_length=4000)
        override_reason = serializers.CharField(max_length=4000, default="", allow_blank=True)
        conditions = serializers.ListField(
            child=serializers.CharField(max_length=300), default=list, max_length=20
        )
        terms = TermInput(many=True, default=list)
        upgrade = serializers.SlugRelatedField(
            slug_field="name", queryset=NetworkUpgrade.objects.all(), allow_null=True, default=None
        )

    @extend_schema(request=Input, responses={201: DecisionOutput})
    def post(self, request: Request, reference: str) -> Response:
        entered = self.Input(data=request.data)
        entered.is_valid(raise_exception=True)
        values = entered.validated_data
        decision = propose_decision(
            application=reviewed_application(reference),
            proposal=Proposal(
                verdict=DecisionVerdict(values["verdict"]),
                reasons=values["reasons"],
                conditions=values["conditions"],
                terms=terms_of(values["terms"]),
                upgrade=values["upgrade"],
                override_reason=values["override_reason"],
            ),
            at=timezone.now(),
            by=_user(request),
        )
        return Response(DecisionOutput(decision).data, status=status.HTTP_201_CREATED)


class Note(serializers.Serializer[Any]):
    """What Operations says with its answer."""

    note = serializers.CharField(max_length=4000, default="", allow_blank=True)


class DecisionConfirm(APIView):
    """Make a proposed verdict final; never by the person who proposed it."""

    allowed_roles = frozenset({Role.OPERATOR})

    @extend_schema(request=Note, responses=DecisionOutput)
    def post(self, request: Request, pk: int) -> Response:
        decision = confirm_decision(
            decision=decision_by_id(pk), note=_note(request), at=timezone.now(), by=_user(request)
        )
        return Response(DecisionOutput(decision).data)


class DecisionDecline(APIView):
    """Send a proposal back to Engineering; the note says what to look at again."""

    allowed_roles = frozenset({Role.OPERATOR})

    @extend_schema(request=Note, responses=DecisionOutput)
    def post(self, request: Request, pk: int) -> Response:
        decision = decline_decision(
            decision=decision_by_id(pk), note=_note(request), at=timezone.now(), by=_user(request)
        )
        return Response(DecisionOutput(decision).data)


def _note(request: Request) -> str:
    entered = Note(data=request.data)
    entered.is_valid(raise_exception=True)
    return str(entered.validated_data["note"])


def _user(request: Request) -> User:
    assert isinstance(request.user, User)  # noqa: S101  RoleMayOpen lets nobody else in
    return request.user
