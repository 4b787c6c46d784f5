"""REST: screening runs of an application, and running them again (IX-2, IC-3)."""

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from derms.accounts.roles import Role
from interconnection.models import ScreeningResult, ScreeningRun
from interconnection.selectors.decisions import reviewed_application
from interconnection.services.screening import run_screens
from interconnection.statuses import ScreenOutcome

READERS = frozenset({Role.ENGINEER, Role.OPERATOR, Role.ADMINISTRATOR, Role.AUDITOR})


class ResultOutput(serializers.Serializer[ScreeningResult]):
    """One screen; value, limit and margin in `unit`, the largest passing size in W."""

    code = serializers.CharField()
    title = serializers.CharField()
    rule = serializers.CharField()
    citation = serializers.CharField()
    outcome = serializers.ChoiceField(choices=ScreenOutcome.choices)
    inputs = serializers.JSONField()
    formula = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    limit = serializers.FloatField(allow_null=True)
    margin = serializers.FloatField(allow_null=True)
    unit = serializers.CharField()
    reason = serializers.CharField()
    largest_passing_w = serializers.IntegerField(allow_null=True)


class RunOutput(serializers.Serializer[ScreeningRun]):
    """One evaluation of a rule set with every figure it saw."""

    id = serializers.IntegerField()
    application = serializers.CharField(source="application.reference")
    rule_set = serializers.CharField()
    rule_set_version = serializers.CharField()
    performed_at = serializers.DateTimeField()
    performed_by = serializers.CharField()
    results = ResultOutput(many=True)


def _runs() -> QuerySet[ScreeningRun]:
    in_order = ScreeningResult.objects.order_by("position")
    return ScreeningRun.objects.select_related("application").prefetch_related(
        Prefetch("results", queryset=in_order)
    )


class ScreeningRunList(generics.ListAPIView[ScreeningRun]):
    """The runs of one application, latest first."""

    allowed_roles = READERS
    serializer_class = RunOutput
    queryset = ScreeningRun.objects.none()
    filterset_fields = ("rule_set", "rule_set_version")

    def get_queryset(self) -> QuerySet[ScreeningRun]:
        application = reviewed_application(self.kwargs["reference"])
        return _runs().filter(application=application).order_by("-performed_at", "-pk")


class ScreeningRunCreate(APIView):
    """Run the screens again on the network and the queue as they are now."""

    allowed_roles = frozenset({Role.ENGINEER})

    @extend_schema(request=None, responses={201: RunOutput})
    def post(self, request: Request, reference: str) -> Response:
        run = run_screens(
            application=reviewed_application(reference),
            at=timezone.now(),
            by=request.user.get_username(),
        )
        output = RunOutput(_runs().get(pk=run.pk))
        return Response(output.data, status=status.HTTP_201_CREATED)
