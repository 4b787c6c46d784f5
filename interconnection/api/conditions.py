"""REST: the library of conditions, and how a proposal takes from it (IC-5, IX-2)."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers

from derms.accounts.roles import Role
from derms.lib.errors import InvalidInput
from interconnection.models import StandardCondition
from interconnection.screening.schedule import ScheduleFault, parse
from interconnection.services.conditions import Term
from interconnection.statuses import ConditionKind

READERS = frozenset({Role.ENGINEER, Role.OPERATOR, Role.ADMINISTRATOR, Role.AUDITOR})


class ConditionOutput(serializers.Serializer[StandardCondition]):
    """One of the library; `wording` holds places for this case's figures."""

    code = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(choices=ConditionKind.choices)
    wording = serializers.CharField()
    settings_profile = serializers.CharField()


@extend_schema(tags=["conditions"])
class ConditionList(generics.ListAPIView[StandardCondition]):
    """The conditions that an approval may take, by title."""

    allowed_roles = READERS
    serializer_class = ConditionOutput
    queryset = StandardCondition.objects.filter(is_active=True).order_by("title")
    filterset_fields = ("kind",)


class TermInput(serializers.Serializer[Any]):
    """One of the library by its code; a schedule has a line of months, hours and kW each."""

    code = serializers.SlugRelatedField(
        slug_field="code", queryset=StandardCondition.objects.filter(is_active=True)
    )
    export_limit_w = serializers.IntegerField(min_value=0, allow_null=True, default=None)
    schedule = serializers.CharField(max_length=2000, default="", allow_blank=True)


class TermOutput(serializers.Serializer[Any]):
    """A condition as one decision has it."""

    code = serializers.CharField(source="standard.code")
    kind = serializers.ChoiceField(choices=ConditionKind.choices)
    wording = serializers.CharField()
    export_limit_w = serializers.IntegerField(allow_null=True)
    settings_profile = serializers.CharField()
    schedule = serializers.JSONField()


def terms_of(entered: Sequence[dict[str, Any]]) -> list[Term]:
    """Raises InvalidInput with the line that is no band of a schedule."""
    try:
        return [Term(one["code"], one["export_limit_w"], parse(one["schedule"])) for one in entered]
    except ScheduleFault as fault:
        words = str(fault)
        raise InvalidInput(words, fields={"terms": [words]}) from fault
