"""REST operations on field orders and works (CS-6, CS-7, IX-2)."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from typing_extensions import override

from customers import selectors
from customers.api.asking import EVERYBODY, is_staff, person
from customers.api.requests import ReasonInput
from customers.models import Right, ServiceOrder, WorkRequest
from customers.selectors import orders as questions
from customers.services import open_service_order
from customers.services.visits import cancel_visit
from customers.statuses import ServiceOrderStatus, WorkStatus
from derms.accounts.models import User
from derms.accounts.roles import Role

ORDERS, WORKS = ["service orders"], ["works"]
# Commissioning and construction orders come from an application and from a work.
BY_HAND = sorted(
    kind
    for kind in ServiceOrder.Kind.values
    if kind not in {ServiceOrder.Kind.COMMISSIONING, ServiceOrder.Kind.CONSTRUCTION}
)


class OrderOutput(serializers.Serializer[ServiceOrder]):
    """A visit to a premise."""

    number = serializers.CharField()
    kind = serializers.ChoiceField(choices=ServiceOrder.Kind.choices)
    status = serializers.ChoiceField(choices=ServiceOrderStatus.choices)
    usage_point_id = serializers.IntegerField()
    customer_id = serializers.IntegerField(source="usage_point.customer_id")
    request = serializers.CharField(source="request.number", default=None, allow_null=True)
    summary = serializers.CharField()
    crew = serializers.CharField()
    planned_from = serializers.DateTimeField()
    planned_to = serializers.DateTimeField()
    result = serializers.CharField()


class MoveOutput(serializers.Serializer[Any]):
    """One move of its status; to customers, staff is the utility."""

    at = serializers.DateTimeField()
    by = serializers.SerializerMethodField()
    old_status = serializers.CharField()
    new_status = serializers.CharField()
    reason = serializers.CharField()

    def get_by(self, move: Any) -> str:  # noqa: ANN401  moves of several tables
        return str(move.by) if self.context["is_staff"] else "The utility"


class OrderDetailOutput(OrderOutput):
    """With its moves, the oldest first."""

    timeline = serializers.SerializerMethodField()

    @extend_schema(responses=MoveOutput(many=True))
    def get_timeline(self, order: ServiceOrder) -> list[dict[str, Any]]:
        moves = order.status_changes.order_by("pk")
        return [dict(MoveOutput(move, context=self.context).data) for move in moves]


class OrderInput(serializers.Serializer[Any]):
    """A visit that customer service orders."""

    kind = serializers.ChoiceField(choices=BY_HAND)
    usage_point_id = serializers.IntegerField()
    summary = serializers.CharField(max_length=200)
    planned_from = serializers.DateTimeField()
    planned_to = serializers.DateTimeField()


class WorkOutput(serializers.Serializer[WorkRequest]):
    """Work that Engineering plans and a crew builds; money as decimal text."""

    number = serializers.CharField()
    kind = serializers.ChoiceField(choices=WorkRequest.Kind.choices)
    status = serializers.ChoiceField(choices=WorkStatus.choices)
    request = serializers.CharField(source="request.number")
    customer_id = serializers.IntegerField()
    usage_point_id = serializers.IntegerField(allow_null=True)
    place = serializers.CharField()
    description = serializers.CharField()
    plan = serializers.CharField()
    cost = serializers.DecimalField(max_digits=11, decimal_places=2, allow_null=True)
    planned_date = serializers.DateField(allow_null=True)
    order = serializers.CharField(source="order.number", default=None, allow_null=True)
    requested_at = serializers.DateTimeField()


class WorkDetailOutput(WorkOutput):
    """With its moves, the oldest first."""

    timeline = serializers.SerializerMethodField()

    @extend_schema(responses=MoveOutput(many=True))
    def get_timeline(self, work: WorkRequest) -> list[dict[str, Any]]:
        moves = work.status_changes.order_by("pk")
        return [dict(MoveOutput(move, context=self.context).data) for move in moves]


def orders_for(user: User) -> QuerySet[ServiceOrder]:
    found = questions.orders().order_by("-planned_from", "-pk")
    if is_staff(user):
        return found
    mine = selectors.customers_for(user, timezone.now(), Right.CASES)
    return found.filter(usage_point__customer__in=mine)


def works_for(user: User) -> QuerySet[WorkRequest]:
    found = questions.works().order_by("-requested_at", "-pk")
    if is_staff(user):
        return found
    return found.filter(customer__in=selectors.customers_for(user, timezone.now(), Right.CASES))


@extend_schema_view(post=extend_schema(request=OrderInput, responses={201: OrderDetailOutput}))
@extend_schema(tags=ORDERS)
class OrderList(ListAPIView[ServiceOrder]):
    """Field orders that the caller may see, the latest first; customer service makes one."""

    allowed_roles = EVERYBODY
    serializer_class = OrderOutput
    filterset_fields = ("kind", "status", "usage_point", "request__number")
    queryset = ServiceOrder.objects.none()

    @override
    def get_queryset(self) -> QuerySet[ServiceOrder]:
        user = self.request.user
        return orders_for(user) if isinstance(user, User) else ServiceOrder.objects.none()

    def post(self, request: Request) -> Response:
        user = person(request)
        if not user.has_role(Role.CUSTOMER_SERVICE):
            self.permission_denied(request, message="Only customer service orders a visit.")
        wanted = OrderInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        typed = dict(wanted.validated_data)
        point = selectors.usage_points().filter(pk=typed.pop("usage_point_id")).first()
        if point is None:
            raise ValidationError({"usage_point_id": ["There is no such meter."]})
        kind = ServiceOrder.Kind(typed.pop("kind"))
        made = open_service_order(
            kind=kind, usage_point=point, at=timezone.now(), by=user.get_username(), **typed
        )
        return _order(request, made.number, status.HTTP_201_CREATED)


@extend_schema(tags=ORDERS, responses=OrderDetailOutput)
class OrderDetail(APIView):
    """One field order with its moves."""

    allowed_roles = EVERYBODY

    def get(self, request: Request, number: str) -> Response:
        return _order(request, number)


@extend_schema(tags=ORDERS, request=ReasonInput, responses=OrderDetailOutput)
class OrderCancel(APIView):
    """Call a visit off."""

    allowed_roles = frozenset({Role.CUSTOMER_SERVICE})

    def post(self, request: Request, number: str) -> Response:
        typed = ReasonInput(data=request.data)
        typed.is_valid(raise_exception=True)
        cancel_visit(
            order=_found_order(request, number),
            reason=typed.validated_data["reason"],
            at=timezone.now(),
            by=person(request).get_username(),
        )
        return _order(request, number)


@extend_schema(tags=WORKS)
class WorkList(ListAPIView[WorkRequest]):
    """Works that the caller may see, the newest first."""

    allowed_roles = EVERYBODY
    serializer_class = WorkOutput
    filterset_fields = ("kind", "status", "customer", "request__number")
    queryset = WorkRequest.objects.none()

    @override
    def get_queryset(self) -> QuerySet[WorkRequest]:
        user = self.request.user
        return works_for(user) if isinstance(user, User) else WorkRequest.objects.none()


@extend_schema(tags=WORKS, responses=WorkDetailOutput)
class WorkDetail(APIView):
    """One work with its moves."""

    allowed_roles = EVERYBODY

    def get(self, request: Request, number: str) -> Response:
        user = person(request)
        work = works_for(user).filter(number=number).first()
        if work is None:
            raise Http404(f"There is no work {number}.")
        return Response(WorkDetailOutput(work, context={"is_staff": is_staff(user)}).data)


def _found_order(request: Request, number: str) -> ServiceOrder:
    order = orders_for(person(request)).filter(number=number).first()
    if order is None:
        raise Http404(f"There is no order {number}.")
    return order


def _order(request: Request, number: str, code: int = status.HTTP_200_OK) -> Response:
    order = _found_order(request, number)
    context = {"is_staff": is_staff(person(request))}
    return Response(OrderDetailOutput(order, context=context).data, status=code)
