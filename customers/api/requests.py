"""REST operations on service requests: list, show, make, answer, withdraw (CS-4, CS-5, IX-2)."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from typing_extensions import override

from customers import selectors
from customers.api.asking import EVERYBODY, actors_of, is_staff, person, require_filing
from customers.flows.kinds import FLOWS
from customers.models import Customer, Right, ServiceRequest
from customers.selectors import requests as questions
from customers.selectors.requests import RequestEntry, RequestState
from customers.services import requests as services
from customers.statuses import RequestStatus
from derms.accounts.models import User
from derms.accounts.roles import Role

TAGS = ["requests"]
KINDS = sorted(kind for kind, flow in FLOWS.items() if not flow.is_mirrored)


class RequestOutput(serializers.Serializer[ServiceRequest]):
    """A request; `mirrors` names the application of one to connect DER."""

    number = serializers.CharField()
    kind = serializers.ChoiceField(choices=ServiceRequest.Kind.choices)
    status = serializers.ChoiceField(choices=RequestStatus.choices)
    step = serializers.CharField()
    waiting_on = serializers.CharField()
    ask = serializers.CharField()
    due_date = serializers.DateField(allow_null=True)
    customer_id = serializers.IntegerField()
    usage_point_id = serializers.IntegerField(allow_null=True)
    mirrors = serializers.CharField()
    answers = serializers.DictField(child=serializers.CharField())
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


class EntryOutput(serializers.Serializer[RequestEntry]):
    """One thing that happened."""

    at = serializers.DateTimeField()
    who = serializers.CharField()
    what = serializers.CharField()
    reason = serializers.CharField()


class StageOutput(serializers.Serializer[Any]):
    """A step of its flow: done, current or to come."""

    state = serializers.CharField()
    note = serializers.CharField()

    @override
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"label": serializers.CharField(), **super().get_fields()}


class PauseOutput(serializers.Serializer[Any]):
    """When the clock stood still, in working days; `to_date` null while it still does."""

    from_date = serializers.DateField()
    to_date = serializers.DateField(allow_null=True)
    days = serializers.IntegerField()


class RequestDetailOutput(RequestOutput):
    """With its steps and its clock."""

    clock = serializers.SerializerMethodField()
    stages = serializers.SerializerMethodField()
    pauses = serializers.SerializerMethodField()

    def get_clock(self, _request: ServiceRequest) -> str:
        return self._state.clock_word

    @extend_schema(responses=StageOutput(many=True))
    def get_stages(self, _request: ServiceRequest) -> list[dict[str, Any]]:
        return [dict(StageOutput(one).data) for one in self._state.stages]

    @extend_schema(responses=PauseOutput(many=True))
    def get_pauses(self, _request: ServiceRequest) -> list[dict[str, Any]]:
        return [dict(PauseOutput(one).data) for one in self._state.pauses]

    @property
    def _state(self) -> RequestState:
        state: RequestState = self.context["state"]
        return state


class RequestInput(serializers.Serializer[Any]):
    """A new request: its kind, whom it is for, and the answers to its questions by their key."""

    kind = serializers.ChoiceField(choices=KINDS)
    usage_point_id = serializers.IntegerField(required=False, allow_null=True, default=None)
    customer_id = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Needed without a meter by whoever acts for several.",
    )
    answers = serializers.DictField(child=serializers.CharField(allow_blank=True), default=dict)


class AnswerInput(serializers.Serializer[Any]):
    """The words that the answer asks for."""

    words = serializers.CharField(required=False, allow_blank=True, default="")


class ReasonInput(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(max_length=500)


def visible_to(user: User) -> QuerySet[ServiceRequest]:
    if is_staff(user):
        return questions.requests().order_by("-opened_at", "-pk")
    return questions.requests_of(selectors.customers_for(user, timezone.now(), Right.CASES))


class Operation(APIView):
    """What every operation on one request shares."""

    def found(self, number: str) -> ServiceRequest:
        row = visible_to(person(self.request)).filter(number=number).first()
        if row is None:
            raise Http404(f"There is no request {number}.")
        return row

    def to_change(self, number: str) -> ServiceRequest:
        row, user = self.found(number), person(self.request)
        if not is_staff(user):
            require_filing(user, row.customer)
        return row

    def answer(self, number: str, code: int = status.HTTP_200_OK) -> Response:
        row, today = self.found(number), timezone.localdate(timezone.now())
        state = questions.state_of(row, today=today, free_days=questions.holidays())
        return Response(RequestDetailOutput(row, context={"state": state}).data, status=code)


@extend_schema_view(post=extend_schema(request=RequestInput, responses={201: RequestDetailOutput}))
@extend_schema(tags=TAGS)
class RequestList(Operation, ListAPIView[ServiceRequest]):
    """Requests that the caller may see, the newest first; POST makes one."""

    allowed_roles = EVERYBODY
    serializer_class = RequestOutput
    filterset_fields = ("kind", "status", "waiting_on", "customer", "usage_point", "mirrors")
    queryset = ServiceRequest.objects.none()

    @override
    def get_queryset(self) -> QuerySet[ServiceRequest]:
        user = self.request.user
        return visible_to(user) if isinstance(user, User) else ServiceRequest.objects.none()

    def post(self, request: Request) -> Response:
        user, at = person(request), timezone.now()
        if user.has_role(Role.ENGINEER) and not user.has_role(Role.CUSTOMER_SERVICE):
            raise PermissionDenied("Customers, companies and customer service make requests.")
        wanted = RequestInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        typed = wanted.validated_data
        is_desk = user.has_role(Role.CUSTOMER_SERVICE)
        customers = (
            Customer.objects.all() if is_desk else selectors.customers_for(user, at, Right.FILE)
        )
        point = None
        if typed["usage_point_id"] is not None:
            mine = selectors.usage_points().filter(customer__in=customers)
            point = mine.filter(pk=typed["usage_point_id"]).first()
            if point is None:
                raise ValidationError({"usage_point_id": ["This meter is not one of yours."]})
            customers = customers.filter(pk=point.customer_id)
        if typed["customer_id"] is not None:
            customers = customers.filter(pk=typed["customer_id"])
        chosen = list(customers.order_by("pk")[:2])
        if len(chosen) != 1:
            words = "Name the customer or the meter that it is for."
            raise ValidationError({"customer_id": [words]})
        made = services.open_request(
            kind=typed["kind"],
            customer=chosen[0],
            usage_point=point,
            answers=typed["answers"],
            at=at,
            by=user.get_username(),
        )
        return self.answer(made.number, status.HTTP_201_CREATED)


@extend_schema(tags=TAGS, responses=RequestDetailOutput)
class RequestDetail(Operation):
    """One request with its steps and its clock."""

    allowed_roles = EVERYBODY

    def get(self, _request: Request, number: str) -> Response:
        return self.answer(number)


@extend_schema(tags=TAGS, responses=EntryOutput(many=True))
class RequestTimeline(Operation):
    """Everything that happened to a request, newest first; internal notes to staff only."""

    allowed_roles = EVERYBODY

    def get(self, request: Request, number: str) -> Response:
        row, inside = self.found(number), is_staff(person(request))
        names = questions.names_of(row, for_customer=not inside)
        entries = questions.request_timeline(row, with_internal=inside, names=names)
        return Response([EntryOutput(entry).data for entry in entries])


@extend_schema(tags=TAGS, request=AnswerInput, responses=RequestDetailOutput)
class RequestAnswer(Operation):
    """Answer the present step, by the key of the answer; a visit is ordered at the desk."""

    allowed_roles = EVERYBODY

    def post(self, request: Request, number: str, way: str) -> Response:
        row, user = self.to_change(number), person(request)
        typed = AnswerInput(data=request.data)
        typed.is_valid(raise_exception=True)
        services.take_way(
            request=row,
            way=way,
            actors=actors_of(user),
            words=typed.validated_data["words"],
            at=timezone.now(),
            by=user.get_username(),
        )
        return self.answer(number)


@extend_schema(tags=TAGS, request=ReasonInput, responses=RequestDetailOutput)
class RequestWithdraw(Operation):
    """The customer no longer wants it."""

    allowed_roles = EVERYBODY - {Role.ENGINEER}

    def post(self, request: Request, number: str) -> Response:
        row, user = self.to_change(number), person(request)
        typed = ReasonInput(data=request.data)
        typed.is_valid(raise_exception=True)
        services.withdraw_request(
            request=row,
            reason=typed.validated_data["reason"],
            at=timezone.now(),
            by=user.get_username(),
        )
        return self.answer(number)
