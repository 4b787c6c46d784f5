"""A device's past for programs, as finely as asked, as JSON or CSV (DV-4, IX-2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from typing_extensions import override

from derms.accounts.roles import Role
from derms.lib.csv_export import csv_response
from derms.lib.errors import InvalidInput, NotFound
from devices import selectors
from devices.api.fleet import READERS, user_of
from devices.models import Resolution
from devices.selectors.resolutions import reach, resolution_for
from devices.services import export_readings

RESOLUTIONS: Mapping[str, Resolution | None] = {
    "auto": None,
    "second": Resolution.RAW,
    "minute": Resolution.MINUTE,
    "quarter": Resolution.QUARTER_HOUR,
    "day": Resolution.DAY,
}
NAMES = {resolution: name for name, resolution in RESOLUTIONS.items()}
# JSON is put together in memory, a file is not.
LONGEST_DAYS: Mapping[str, Mapping[Resolution, float]] = {
    "json": {
        Resolution.RAW: 0.125,
        Resolution.MINUTE: 7,
        Resolution.QUARTER_HOUR: 100,
        Resolution.DAY: 7_500,
    },
    "csv": {
        Resolution.RAW: 31,
        Resolution.MINUTE: 100,
        Resolution.QUARTER_HOUR: 1_100,
        Resolution.DAY: 7_500,
    },
}


class IntervalOutput(serializers.Serializer[Any]):
    """What the device did in this time; null where nothing was heard. Injection is positive."""

    begins_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    covered_s = serializers.FloatField(help_text="How much of it was heard.")
    reading_count = serializers.IntegerField()
    good_count = serializers.IntegerField()
    power_w = serializers.FloatField(allow_null=True, help_text="Mean over what was heard.")
    power_min_w = serializers.FloatField(allow_null=True)
    power_max_w = serializers.FloatField(allow_null=True)
    reactive_power_var = serializers.FloatField(allow_null=True)
    voltage_v = serializers.FloatField(allow_null=True)
    voltage_min_v = serializers.FloatField(allow_null=True)
    voltage_max_v = serializers.FloatField(allow_null=True)
    state_of_charge_pct = serializers.FloatField(allow_null=True)
    energy_injected_wh = serializers.FloatField(allow_null=True)
    energy_absorbed_wh = serializers.FloatField(allow_null=True)
    is_injected_counted = serializers.BooleanField(
        allow_null=True, help_text="By the device's counter; otherwise power over time."
    )
    is_absorbed_counted = serializers.BooleanField(allow_null=True)


class SeriesOutput(serializers.Serializer[Any]):
    """Intervals without a hole between them."""

    device = serializers.IntegerField()
    resolution = serializers.ChoiceField(choices=[name for name in RESOLUTIONS if name != "auto"])
    complete_until = serializers.DateTimeField(
        allow_null=True, help_text="Intervals that end later are not told yet; null for readings."
    )
    readings = IntervalOutput(many=True)


class PastInput(serializers.Serializer[Any]):
    """What part of the past is asked for, and how."""

    to = serializers.DateTimeField(required=False)
    resolution = serializers.ChoiceField(choices=list(RESOLUTIONS), default="auto")
    format = serializers.ChoiceField(choices=list(LONGEST_DAYS), default="json")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # `from` is a word of the language, so no attribute can have this name.
        return {"from": serializers.DateTimeField(required=False), **super().get_fields()}


@dataclass(frozen=True, slots=True)
class Past:
    """A span that can be told."""

    from_at: datetime
    to_at: datetime
    resolution: Resolution
    is_file: bool


class AsAsked(BaseContentNegotiation):
    """`format` is an ordinary parameter here: what it may be is said like of any other."""

    @override
    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    @override
    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class ReadingList(APIView):
    """A device's past, gaps and all: its readings, or minutes, quarters of an hour, days.

    `resolution=auto` is the finest that a picture of the span can show and that is still kept.
    """

    allowed_roles = READERS | {Role.CUSTOMER, Role.THIRD_PARTY}
    content_negotiation_class = AsAsked

    @extend_schema(
        parameters=[
            OpenApiParameter("from", datetime, description="Default: an hour before `to`."),
            OpenApiParameter("to", datetime, description="Exclusive. Default: now."),
            OpenApiParameter(
                "resolution", str, enum=list(RESOLUTIONS), default="auto",
                description="second: the readings one by one, as they are stored.",
            ),
            OpenApiParameter(
                "format", str, enum=list(LONGEST_DAYS), default="json",
                description="A file may be longer: "
                "31 days of readings, 100 of minutes, three years of quarters of an hour.",
            ),
        ],
        responses={
            (200, "application/json"): SeriesOutput,
            (200, "text/csv"): OpenApiTypes.STR,
            400: OpenApiResponse(description="Which parameter, and what it may be."),
            404: OpenApiResponse(description="No such device, or not this customer's."),
        },
    )  # fmt: skip
    def get(self, request: Request, pk: int) -> HttpResponseBase:
        at = timezone.now()
        person = user_of(request)
        if not selectors.devices_for(person, at, READERS).filter(pk=pk).exists():
            raise NotFound(f"There is no device {pk}.")
        past = past_asked(request.query_params.dict(), at)
        if past.is_file:
            export = export_readings(
                device_id=pk,
                from_at=past.from_at,
                to_at=past.to_at,
                resolution=past.resolution,
                at=at,
                by=person,
            )
            return csv_response(
                request._request, name=export.name, columns=export.columns, rows=export.rows
            )
        series = selectors.device_series(pk, past.from_at, past.to_at, past.resolution)
        body = {
            "device": pk,
            "resolution": NAMES[series.resolution],
            "complete_until": series.complete_until,
            "readings": [one._asdict() for one in series.points],
        }
        return cast("HttpResponseBase", Response(body))


def past_asked(query: Mapping[str, str], at: datetime) -> Past:
    given = PastInput(data=query)
    given.is_valid(raise_exception=True)
    asked = given.validated_data
    to_at = asked.get("to", at)
    from_at = asked.get("from", to_at - timedelta(hours=1))
    if from_at >= to_at:
        words = "Choose a time before `to`."
        raise InvalidInput(words, fields={"from": [words]})
    known = reach()
    resolution = RESOLUTIONS[asked["resolution"]] or resolution_for(from_at, to_at, known)
    _refuse_too_long(to_at - from_at, resolution, asked["format"])
    kept_from = known.kept_from(resolution)
    if kept_from is not None and from_at < kept_from:
        words = f"So fine it is kept from {kept_from.isoformat()} on: choose a coarser one."
        raise InvalidInput(words, fields={"resolution": [words]})
    return Past(from_at, to_at, resolution, is_file=asked["format"] == "csv")


def _refuse_too_long(span: timedelta, resolution: Resolution, form: str) -> None:
    longest = timedelta(days=LONGEST_DAYS[form][resolution])
    if span <= longest:
        return
    hours = longest / timedelta(hours=1)
    most = f"{hours:g} hours" if hours < 24 else f"{longest.days} days"
    words = f"At resolution `{NAMES[resolution]}` choose at most {most} as {form.upper()}"
    words += ", or a coarser resolution"
    words += ", or format=csv." if form == "json" else "."
    raise InvalidInput(words, fields={"from": [words]})
