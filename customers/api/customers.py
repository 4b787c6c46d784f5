"""REST operations on customers, service points and tariffs (CS-1, CS-2, IX-2)."""

from datetime import date, datetime, time
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from typing_extensions import override

from customers import selectors
from customers.models import Customer, SearchEntry, TariffVersion, UsagePoint
from customers.selectors.search import Hit, search, search_customers
from customers.tariffs.calendar import DAYS
from derms.accounts.models import User
from derms.accounts.roles import Role

EVERYBODY_IN_APPLICATIONS = frozenset(
    {Role.CUSTOMER, Role.THIRD_PARTY, Role.CUSTOMER_SERVICE, Role.ENGINEER}
)
ON = OpenApiParameter("on", date, description="A day in the utility's zone; empty is now.")
SEARCH = OpenApiParameter("q", str, description="Every word must be found.")


class HitOutput(serializers.Serializer[Hit]):
    """One thing found, whose it is, and which of its parts matched."""

    kind = serializers.ChoiceField(choices=SearchEntry.Kind.choices)
    title = serializers.CharField()
    key = serializers.CharField()
    customer_id = serializers.IntegerField()
    customer_name = serializers.CharField()
    account_number = serializers.CharField()
    matched = serializers.SerializerMethodField()

    def get_matched(self, hit: Hit) -> list[str]:
        return [reason.label for reason in hit.reasons]


class FoundOutput(serializers.Serializer[Any]):
    """The answer to one search, best of each kind first."""

    count = serializers.IntegerField()
    is_cut = serializers.BooleanField(help_text="More match than were looked at.")
    results = HitOutput(many=True)


class CustomerOutput(serializers.Serializer[Customer]):
    """A customer as the desk sees it."""

    id = serializers.IntegerField()
    mrid = serializers.UUIDField()
    account_number = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()
    preferred_channel = serializers.CharField()
    since_date = serializers.DateField()


class UsagePointOutput(serializers.Serializer[UsagePoint]):
    """A service point with its address and meter."""

    id = serializers.IntegerField()
    mrid = serializers.UUIDField()
    customer_id = serializers.IntegerField()
    customer_name = serializers.CharField(source="customer.name")
    street = serializers.CharField(source="location.street")
    postcode = serializers.CharField(source="location.postcode")
    locality = serializers.CharField(source="location.locality")
    meter_number = serializers.CharField()
    phases = serializers.CharField()
    nominal_voltage_v = serializers.IntegerField()


class PriceLineOutput(serializers.Serializer[dict[str, Any]]):
    """From a time on, on these days of the season, this price holds until the next line."""

    season = serializers.CharField()
    season_begins = serializers.CharField(help_text="Month and day, such as 06-01.")
    days = serializers.ChoiceField(choices=sorted(DAYS))
    begins = serializers.CharField(help_text="By the clock of the utility's zone.")
    name = serializers.CharField()
    export = serializers.CharField(help_text="Paid for a kWh fed in.")

    @override
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        cost = serializers.CharField(allow_null=True, help_text="Charged for a kWh used.")
        return {**super().get_fields(), "import": cost}


class PricesOutput(serializers.Serializer[dict[str, Any]]):
    """A price schedule: seasons and times of day, money as decimal text."""

    lines = PriceLineOutput(many=True)
    holidays = serializers.ListField(child=serializers.DateField())


class TariffVersionOutput(serializers.Serializer[TariffVersion]):
    """A tariff in force, with its rules as data; money as decimal text."""

    id = serializers.IntegerField()
    code = serializers.CharField(source="tariff.code")
    name = serializers.CharField(source="tariff.name")
    number = serializers.IntegerField()
    summary_lines = serializers.ListField(child=serializers.CharField())
    text = serializers.CharField()
    text_sha256 = serializers.CharField()
    active_from = serializers.DateTimeField()
    active_to = serializers.DateTimeField(allow_null=True)
    technologies = serializers.ListField(child=serializers.CharField())
    apparent_power_max_va = serializers.IntegerField()
    phases = serializers.ListField(child=serializers.CharField())
    required_communication = serializers.CharField()
    may_join_groups = serializers.BooleanField()
    dispatches_per_month_max = serializers.IntegerField(allow_null=True)
    postcodes = serializers.ListField(child=serializers.CharField())
    needs_interval_meter = serializers.BooleanField()
    required_forms = serializers.ListField(child=serializers.CharField())
    opt_outs_per_month_max = serializers.IntegerField()
    notice_days = serializers.IntegerField()
    minimum_term_months = serializers.IntegerField()
    left_on = serializers.CharField()
    third_party_may_leave = serializers.BooleanField()
    rejoin_after_days = serializers.IntegerField()
    prices = PricesOutput()
    curtailment_price_per_kwh = serializers.DecimalField(max_digits=9, decimal_places=5)


@extend_schema(
    parameters=[SEARCH, OpenApiParameter("kind", enum=SearchEntry.Kind.values)],
    responses=FoundOutput,
    tags=["customers"],
)
class Search(APIView):
    """The desk's search: customers, meters, addresses, applications, serial numbers."""

    allowed_roles = frozenset({Role.CUSTOMER_SERVICE})

    def get(self, request: Request) -> Response:
        kind = request.query_params.get("kind", "")
        found = search(
            request.query_params.get("q", "")[:100],
            kind=kind if kind in SearchEntry.Kind.values else "",
        )
        hits = [hit for group in found.groups for hit in group.hits]
        return Response(
            FoundOutput({"count": found.count, "is_cut": found.is_cut, "results": hits}).data
        )


@extend_schema(parameters=[SEARCH], tags=["customers"])
class CustomerList(ListAPIView[Customer]):
    """Customers by name, account, meter or address; to others than the desk, their own."""

    allowed_roles = EVERYBODY_IN_APPLICATIONS - {Role.ENGINEER}
    serializer_class = CustomerOutput

    @override
    def get_queryset(self) -> QuerySet[Customer]:
        found = search_customers(self.request.query_params.get("q", "")[:100])
        return _seen_by(self.request.user, found)


@extend_schema(tags=["customers"])
class CustomerDetail(RetrieveAPIView[Customer]):
    """One customer."""

    allowed_roles = EVERYBODY_IN_APPLICATIONS - {Role.ENGINEER}
    serializer_class = CustomerOutput

    @override
    def get_queryset(self) -> QuerySet[Customer]:
        return _seen_by(self.request.user, Customer.objects.order_by("pk"))


def _seen_by(user: object, found: QuerySet[Customer]) -> QuerySet[Customer]:
    if not isinstance(user, User):
        return found.none()  # only the description of the API is made like this
    if user.has_role(Role.CUSTOMER_SERVICE):
        return found
    return found.filter(pk__in=selectors.customers_for(user, timezone.now()).values("pk"))


class ReadsOwn:
    """Staff read all service points, others those of whom they may act for."""

    request: Any

    def points(self) -> QuerySet[UsagePoint]:
        user = self.request.user
        if not isinstance(user, User):
            return UsagePoint.objects.none()  # only the description of the API is made like this
        if user.has_role(Role.CUSTOMER_SERVICE, Role.ENGINEER):
            return selectors.usage_points()
        return selectors.usage_points_for(user, timezone.now())


@extend_schema(tags=["customers"])
class UsagePointList(ReadsOwn, ListAPIView[UsagePoint]):
    """Service points that the caller may see."""

    allowed_roles = EVERYBODY_IN_APPLICATIONS
    serializer_class = UsagePointOutput
    filterset_fields = ("meter_number",)

    @override
    def get_queryset(self) -> QuerySet[UsagePoint]:
        return self.points()


@extend_schema(tags=["customers"])
class UsagePointDetail(ReadsOwn, RetrieveAPIView[UsagePoint]):
    """One service point."""

    allowed_roles = EVERYBODY_IN_APPLICATIONS
    serializer_class = UsagePointOutput

    @override
    def get_queryset(self) -> QuerySet[UsagePoint]:
        return self.points()


@extend_schema(parameters=[ON], tags=["customers"])
class TariffsInForce(ListAPIView[TariffVersion]):
    """The tariff versions in force now, or at noon of a day."""

    allowed_roles = EVERYBODY_IN_APPLICATIONS
    serializer_class = TariffVersionOutput

    @override
    def get_queryset(self) -> QuerySet[TariffVersion]:
        return selectors.tariff_versions_in_force(self._moment())

    def _moment(self) -> datetime:
        text = self.request.query_params.get("on", "")
        if not text:
            return timezone.now()
        try:
            day = date.fromisoformat(text)
        except ValueError:
            words = "Write the day as year-month-day, such as 2027-01-31."
            raise serializers.ValidationError({"on": [words]}) from None
        return timezone.make_aware(datetime.combine(day, time(12)))
