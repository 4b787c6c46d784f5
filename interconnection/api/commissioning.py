"""REST: live commissioning tests as evidence (IX-2, IC-6)."""

from rest_framework import generics, serializers

from derms.accounts.roles import Role
from interconnection.models import CommissioningTest
from interconnection.statuses import TestOutcome


class TestOutput(serializers.Serializer[CommissioningTest]):
    """One live test; `unit` is null for the meter of the service point."""

    id = serializers.IntegerField()
    application = serializers.CharField(source="order.application.reference")
    order = serializers.CharField(source="order.service_order.number")
    unit = serializers.IntegerField(source="unit_id", allow_null=True)
    host = serializers.CharField()
    port = serializers.IntegerField()
    modbus_unit = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=TestOutcome.choices)
    reason = serializers.CharField()
    comparison = serializers.JSONField()
    settings_profile = serializers.CharField()
    setting_lines = serializers.JSONField()
    discovery = serializers.JSONField()
    performed_at = serializers.DateTimeField()
    performed_by = serializers.CharField(source="performed_by.username")


class CommissioningTestList(generics.ListAPIView[CommissioningTest]):
    """All live tests, latest first."""

    allowed_roles = frozenset(
        {Role.ENGINEER, Role.TECHNICIAN, Role.ADMINISTRATOR, Role.AUDITOR, Role.CUSTOMER_SERVICE}
    )
    serializer_class = TestOutput
    queryset = CommissioningTest.objects.select_related(
        "order__application", "order__service_order", "performed_by"
    ).order_by("-performed_at", "-pk")
    filterset_fields = ("outcome", "order__application__reference")
