"""REST: overrides of screens, asked by one engineer and answered by another (IC-3, IX-2)."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from derms.accounts.access import signed_in
from derms.accounts.roles import Role
from interconnection.models import ScreeningResult, ScreenOverride
from interconnection.selectors.decisions import reviewed_application
from interconnection.services.overrides import ask_override, confirm_override, decline_override
from interconnection.statuses import OverrideStatus

READERS = frozenset({Role.ENGINEER, Role.OPERATOR, Role.ADMINISTRATOR, Role.AUDITOR})
ENGINEERS = frozenset({Role.ENGINEER})
TAGS = ["overrides"]


class OverrideOutput(serializers.Serializer[ScreenOverride]):
    """Why a result does not stand, and what another engineer answered."""

    id = serializers.IntegerField()
    application = serializers.CharField(source="result.run.application.reference")
    screening_run = serializers.IntegerField(source="result.run_id")
    screen = serializers.CharField(source="result.code")
    status = serializers.ChoiceField(choices=OverrideStatus.choices)
    reason = serializers.CharField()
    asked_by = serializers.CharField(source="asked_by.username")
    asked_at = serializers.DateTimeField()
    answered_by = serializers.CharField(
        source="answered_by.username", allow_null=True, default=None
    )
    answered_at = serializers.DateTimeField(allow_null=True)
    answer_note = serializers.CharField()


class OverrideInput(serializers.Serializer[Any]):
    """The screen of the latest run that does not stand, by its code, and why."""

    screen = serializers.CharField(max_length=32)
    reason = serializers.CharField(max_length=4000)


class OverrideAnswer(serializers.Serializer[Any]):
    """Whether it is confirmed; declining needs the note."""

    confirm = serializers.BooleanField()
    note = serializers.CharField(max_length=4000, default="", allow_blank=True)


def _overrides(reference: str) -> QuerySet[ScreenOverride]:
    application = reviewed_application(reference)
    rows = ScreenOverride.objects.filter(result__run__application=application)
    return rows.select_related("result__run__application", "asked_by", "answered_by").order_by(
        "-pk"
    )


@extend_schema(tags=TAGS)
@extend_schema_view(post=extend_schema(request=OverrideInput, responses={201: OverrideOutput}))
class OverrideList(generics.ListAPIView[ScreenOverride]):
    """The overrides of one application, latest first; POST asks for one."""

    allowed_roles = READERS
    serializer_class = OverrideOutput
    queryset = ScreenOverride.objects.none()
    filterset_fields = ("status",)

    def get_queryset(self) -> QuerySet[ScreenOverride]:
        return _overrides(self.kwargs["reference"])

    def post(self, request: Request, reference: str) -> Response:
        user = signed_in(request)
        if not user.has_role(*ENGINEERS):
            self.permission_denied(request, "Engineers ask for overrides.")
        entered = OverrideInput(data=request.data)
        entered.is_valid(raise_exception=True)
        application = reviewed_application(reference)
        run = application.screening_runs.order_by("-performed_at", "-pk").first()
        result = generics.get_object_or_404(
            ScreeningResult, run=run, code=entered.validated_data["screen"]
        )
        reason = entered.validated_data["reason"]
        made = ask_override(result=result, reason=reason, at=timezone.now(), by=user)
        output = OverrideOutput(_overrides(reference).get(pk=made.pk))
        return Response(output.data, status=status.HTTP_201_CREATED)


@extend_schema(tags=TAGS, request=OverrideAnswer, responses=OverrideOutput)
class AnswerOverride(APIView):
    """Confirm or decline; never by the engineer who asked."""

    allowed_roles = ENGINEERS

    def put(self, request: Request, reference: str, override_id: int) -> Response:
        override = generics.get_object_or_404(_overrides(reference), pk=override_id)
        entered = OverrideAnswer(data=request.data)
        entered.is_valid(raise_exception=True)
        deed = confirm_override if entered.validated_data["confirm"] else decline_override
        note = entered.validated_data["note"]
        deed(override=override, note=note, at=timezone.now(), by=signed_in(request))
        return Response(OverrideOutput(_overrides(reference).get(pk=override_id)).data)
