"""REST: where a service point hangs, and what of its network nobody knows (IC-2, IX-2)."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from customers.models import UsagePoint
from customers.models.customer import Phases
from derms.accounts.access import signed_in
from derms.accounts.roles import Role
from derms.lib.errors import Conflict
from interconnection.models import Feeder
from interconnection.selectors.circuits import current_version
from interconnection.selectors.network import connection_of
from interconnection.selectors.network_facts import FACT_NAMES, missing_of
from interconnection.services.missing_network import connect_and_look_again

READERS = frozenset({Role.ENGINEER, Role.OPERATOR, Role.ADMINISTRATOR, Role.AUDITOR})


class ElementOutput(serializers.Serializer[Any]):
    """One element on the way to the substation: its facts, null where nobody knows one."""

    kind = serializers.CharField()
    name = serializers.CharField()
    facts = serializers.DictField()
    missing = serializers.ListField(child=serializers.CharField())


class NetworkOutput(serializers.Serializer[Any]):
    """From the service transformer to the substation; no elements where nobody knows the way."""

    meter = serializers.CharField()
    is_connected = serializers.BooleanField()
    network_version = serializers.IntegerField(allow_null=True)
    elements = ElementOutput(many=True)


class ConnectionInput(serializers.Serializer[Any]):
    """Where it hangs; a transformer with room is found, or hung, where none is named."""

    feeder = serializers.SlugRelatedField(slug_field="name", queryset=Feeder.objects.all())
    bus = serializers.CharField(max_length=64, default="", allow_blank=True)
    transformer = serializers.CharField(max_length=64, default="", allow_blank=True)
    phases = serializers.ChoiceField(choices=Phases.choices)


def _shown(point: UsagePoint) -> dict[str, Any]:
    connection = connection_of(point)
    elements, version = [], None
    if connection is not None:
        bus = connection.transformer.bus
        version = current_version(bus.feeder.name)
        way = (
            ("transformer", connection.transformer), ("bus", bus), ("section", bus.section),
            ("feeder", bus.feeder), ("substation", bus.feeder.substation),
        )  # fmt: skip
        elements = [
            {
                "kind": kind,
                "name": row.name,
                "facts": {name: getattr(row, name) for name in FACT_NAMES[kind]},
                "missing": missing_of(kind, row),
            }
            for kind, row in way
        ]
    return {
        "meter": point.meter_number,
        "is_connected": connection is not None,
        "network_version": version.number if version else None,
        "elements": elements,
    }


@extend_schema(tags=["network"])
class ServicePointNetwork(APIView):
    """The network facts of a service point; PUT connects one that is not in the model."""

    allowed_roles = READERS

    @extend_schema(responses=NetworkOutput)
    def get(self, _request: Request, meter: str) -> Response:
        point = generics.get_object_or_404(UsagePoint, meter_number=meter)
        return Response(NetworkOutput(_shown(point)).data)

    @extend_schema(request=ConnectionInput, responses=NetworkOutput)
    def put(self, request: Request, meter: str) -> Response:
        user = signed_in(request)
        if not user.has_role(Role.ENGINEER):
            self.permission_denied(request, "Engineers connect service points.")
        point = generics.get_object_or_404(UsagePoint, meter_number=meter)
        entered = ConnectionInput(data=request.data)
        entered.is_valid(raise_exception=True)
        before = connection_of(point)
        if before is not None:
            raise Conflict(f"Meter {meter} hangs on {before.transformer.name} already.")
        connect_and_look_again(
            usage_point=point, at=timezone.now(), by=user.username, **entered.validated_data
        )
        return Response(NetworkOutput(_shown(point)).data)
