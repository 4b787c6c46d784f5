"""Issued statements for programs: the list, one, its days as CSV, its energy as Green Button."""

from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from typing_extensions import override

from customers.models import Statement
from customers.selectors.access import readable_customers
from derms.accounts.models import User
from derms.accounts.roles import Role
from derms.lib.attachments import attachment
from derms.lib.csv_export import csv_response
from derms.lib.errors import NotFound
from dispatch.selectors.statement_feed import DAYS, content_of, green_button_of
from dispatch.selectors.statements import statements_of

READERS = frozenset({Role.CUSTOMER, Role.THIRD_PARTY})
TAGS = ["statements"]


class StatementOutput(serializers.Serializer[Statement]):
    """An issued version; a positive amount is paid to the customer."""

    id = serializers.IntegerField()
    number = serializers.CharField()
    customer_id = serializers.IntegerField()
    usage_point_id = serializers.IntegerField()
    meter_number = serializers.CharField(source="usage_point.meter_number")
    begins_on = serializers.DateField()
    ends_on = serializers.DateField(help_text="Exclusive.")
    version = serializers.IntegerField(help_text="Of one period the highest holds.")
    amount = serializers.DecimalField(max_digits=12, decimal_places=2)
    is_complete = serializers.BooleanField(help_text="Whether every quarter of an hour was heard.")
    correction = serializers.CharField(help_text="What this version changed; empty for the first.")
    content_sha256 = serializers.CharField()
    issued_at = serializers.DateTimeField()


class StatementDetailOutput(StatementOutput):
    """With everything it says, as it was issued: days, price lines, dispatches, gaps, payments."""

    content = serializers.JSONField()


@extend_schema_view(
    get=extend_schema(
        tags=TAGS,
        parameters=[OpenApiParameter("customer", int, description="Only of this customer.")],
    )
)
class StatementList(ListAPIView[Statement]):
    """Statements of those whose readings the token's owner may see, newest month first."""

    allowed_roles = READERS
    serializer_class = StatementOutput

    @override
    def get_queryset(self) -> QuerySet[Statement]:
        only = self.request.GET.get("customer", "")
        person = cast("User", self.request.user)
        return statements_of(readable_customers(person, timezone.now(), only=only))


class StatementDetail(APIView):
    """One issued version."""

    allowed_roles = READERS

    @extend_schema(tags=TAGS, responses=StatementDetailOutput)
    def get(self, request: Request, pk: int) -> Response:
        return Response(StatementDetailOutput(_of(request, pk)).data)


class StatementDays(APIView):
    """The days of a version as CSV."""

    allowed_roles = READERS

    @extend_schema(tags=TAGS, responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, pk: int) -> HttpResponseBase:
        row = _of(request, pk)
        return csv_response(
            request._request,
            name=f"statement-{row.number}",
            columns=DAYS,
            rows=content_of(row).days,
        )


class StatementGreenButton(APIView):
    """What the meter had counted when the version was issued, as Green Button (ESPI) XML."""

    allowed_roles = READERS

    @extend_schema(tags=TAGS, responses={(200, "application/atom+xml"): OpenApiTypes.STR})
    def get(self, request: Request, pk: int) -> HttpResponse:
        row = _of(request, pk)
        return attachment(
            green_button_of(row),
            content_type="application/atom+xml",
            name=f"statement-{row.number}.xml",
        )


def _of(request: Request, pk: int) -> Statement:
    """A statement of those this person may read; to others it does not exist."""
    person: Any = request.user
    found = statements_of(readable_customers(person, timezone.now())).filter(pk=pk).first()
    if found is None:
        raise NotFound(f"There is no statement {pk}.")
    return found
