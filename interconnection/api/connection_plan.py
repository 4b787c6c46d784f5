"""REST: when and how a customer plans to connect, what the screens ask (IC-1, IX-2)."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from derms.lib.errors import InvalidInput
from interconnection.api.applications import APPLICANTS, TAGS, ApplicationOutput, Operation
from interconnection.models import InterconnectionApplication
from interconnection.services.connection_plan import Answers, save_connection_plan
from interconnection.statuses import Compensation, Export, NonExportBy, PhasesUsed, Technology

LARGEST_W = 2_000_000_000


class ConnectionInput(serializers.Serializer[Any]):
    """Every answer of the form.

    `export_limit_w` belongs to a limit, `non_export_by` to no export. `phases_used` is asked of
    three-phase service points, `tracks_sun` where there is an array.
    """

    planned_in_service_date = serializers.DateField()
    export_choice = serializers.ChoiceField(choices=Export.choices)
    export_limit_w = serializers.IntegerField(
        min_value=1, max_value=LARGEST_W, allow_null=True, default=None
    )
    non_export_by = serializers.ChoiceField(
        choices=NonExportBy.choices, allow_null=True, default=None
    )
    compensation = serializers.ChoiceField(choices=Compensation.choices)
    phases_used = serializers.ChoiceField(choices=PhasesUsed.choices, allow_blank=True, default="")
    tracks_sun = serializers.BooleanField(allow_null=True, default=None)


@extend_schema(tags=TAGS, request=ConnectionInput, responses=ApplicationOutput)
class PlanConnection(Operation):
    """Say when it shall run, and how it is connected."""

    allowed_roles = APPLICANTS

    def put(self, _request: Request, reference: str) -> Response:
        draft = self.to_change(reference)
        typed = self.typed(ConnectionInput)
        day = typed.pop("planned_in_service_date")
        answers = Answers(**typed)
        _need_what_is_asked(draft, answers)
        save_connection_plan(
            application=draft, planned_in_service_date=day, answers=answers, at=timezone.now()
        )
        return self.answer(reference)


def _need_what_is_asked(draft: InterconnectionApplication, answers: Answers) -> None:
    """The form asks these only where they matter, and then with a choice already made."""
    is_three_phase = len(draft.usage_point.phases) == 3
    has_array = draft.units.filter(technology=Technology.PHOTOVOLTAIC).exists()
    faults = {}
    if is_three_phase and not answers.phases_used:
        faults["phases_used"] = ["The service point has three phases: say how it is connected."]
    if not is_three_phase and answers.phases_used:
        faults["phases_used"] = ["The service point has no three phases: leave this out."]
    if has_array and answers.tracks_sun is None:
        faults["tracks_sun"] = ["Say whether the solar modules follow the sun."]
    if faults:
        raise InvalidInput("The answers do not fit the application.", fields=faults)
