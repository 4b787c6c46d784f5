"""REST: feeders and their line sections, as screens see them (IX-2, IC-2)."""

from django.db.models import QuerySet
from rest_framework import generics, serializers

from derms.accounts.roles import Role
from interconnection.models import Feeder, LineSection

READERS = frozenset({Role.ENGINEER, Role.OPERATOR, Role.ADMINISTRATOR, Role.AUDITOR, Role.SYSTEM})


class FeederOutput(serializers.Serializer[Feeder]):
    """A medium-voltage circuit; capacities in W."""

    mrid = serializers.UUIDField()
    name = serializers.CharField()
    substation = serializers.CharField(source="substation.name")
    nominal_voltage_v = serializers.IntegerField()
    rated_capacity_w = serializers.IntegerField()
    hosting_capacity_w = serializers.IntegerField(allow_null=True)
    figures_from = serializers.CharField(source="source")


class SectionOutput(serializers.Serializer[LineSection]):
    """A line section; loads in W as measured at its head device, null when nobody knows them."""

    feeder = serializers.CharField(source="feeder.name")
    name = serializers.CharField()
    head_device = serializers.CharField()
    upstream = serializers.CharField(source="upstream.name", allow_null=True, default=None)
    peak_load_w = serializers.IntegerField(allow_null=True)
    minimum_load_w = serializers.IntegerField(allow_null=True)
    minimum_daytime_load_w = serializers.IntegerField(allow_null=True)


class FeederList(generics.ListAPIView[Feeder]):
    """All feeders by name."""

    allowed_roles = READERS
    serializer_class = FeederOutput
    queryset = Feeder.objects.select_related("substation").order_by("name")
    filterset_fields = ("name", "substation__name")


class FeederDetail(generics.RetrieveAPIView[Feeder]):
    """One feeder by its name."""

    allowed_roles = READERS
    serializer_class = FeederOutput
    queryset = Feeder.objects.select_related("substation")
    lookup_field = "name"


class SectionList(generics.ListAPIView[LineSection]):
    """The line sections of a feeder, from the substation outwards."""

    allowed_roles = READERS
    serializer_class = SectionOutput
    queryset = LineSection.objects.none()

    def get_queryset(self) -> QuerySet[LineSection]:
        feeder = generics.get_object_or_404(Feeder, name=self.kwargs["name"])
        return feeder.sections.select_related("feeder", "upstream").order_by("pk")
