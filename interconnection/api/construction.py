"""REST: dates of construction, incentives to keep one, a feeder's forecast (IC-8, IX-2)."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from derms.accounts.roles import Role
from derms.lib.errors import InvalidInput
from interconnection.api.applications import APPLICANTS, Operation, visible_to
from interconnection.models import DateOffer, Feeder, InterconnectionApplication
from interconnection.screening.coming import HORIZONS_DAYS, Cause, Forecast
from interconnection.selectors.construction import outcome_words, plans_of
from interconnection.selectors.forecast import feeder_forecasts
from interconnection.services.construction import Dates, state_dates
from interconnection.services.date_offers import Terms, answer_offer, offer_incentive
from interconnection.statuses import DateOfferStatus

DESK = frozenset({Role.CUSTOMER_SERVICE, Role.ENGINEER})
FORECAST_READERS = frozenset({Role.ENGINEER, Role.OPERATOR, Role.AUDITOR, Role.SYSTEM})
TAGS = ["construction"]


class DatesInput(serializers.Serializer[Any]):
    """First and last day of construction; a move needs a reason."""

    starts_on = serializers.DateField()
    finishes_on = serializers.DateField()
    reason = serializers.CharField(max_length=300, allow_blank=True, default="")
    version = serializers.IntegerField(
        min_value=0, allow_null=True, default=None,
        help_text="What was read; or as If-Match. Refused when the dates have moved since.",
    )  # fmt: skip


class PlanOutput(serializers.Serializer[Any]):
    """What was stated once."""

    starts_on = serializers.DateField()
    finishes_on = serializers.DateField()
    reason = serializers.CharField()
    stated_at = serializers.DateTimeField()
    stated_by = serializers.CharField()


class OfferOutput(serializers.Serializer[DateOffer]):
    """Money for permission to operate on `keep_by` or before."""

    id = serializers.IntegerField()
    status = serializers.ChoiceField(choices=DateOfferStatus.choices)
    amount = serializers.DecimalField(max_digits=9, decimal_places=2)
    keep_by = serializers.DateField()
    valid_until = serializers.DateField()
    offered_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.SerializerMethodField()

    def get_outcome(self, offer: DateOffer) -> str:
        return outcome_words(offer)


class ConstructionOutput(serializers.Serializer[Any]):
    """All that was stated and offered, newest first; the first plan holds.

    `version` changes with each plan, 0 before the first; it is the ETag too.
    """

    reference = serializers.CharField()
    version = serializers.IntegerField()
    plans = PlanOutput(many=True)
    offers = OfferOutput(many=True)


class OfferInput(serializers.Serializer[Any]):
    """The terms of an offer."""

    amount = serializers.DecimalField(max_digits=9, decimal_places=2)
    keep_by = serializers.DateField()
    valid_until = serializers.DateField()


class AnswerInput(serializers.Serializer[Any]):
    """Whether the offer is taken."""

    accept = serializers.BooleanField()


class HorizonOutput(serializers.Serializer[Any]):
    """Capacity in W by technology, before the changes of the last month and after."""

    in_days = serializers.IntegerField()
    day = serializers.DateField()
    before_w = serializers.DictField(child=serializers.IntegerField())
    after_w = serializers.DictField(child=serializers.IntegerField())


class ChangeOutput(serializers.Serializer[Any]):
    """One application that is expected on another day than a month ago; null is no day."""

    reference = serializers.CharField()
    cause = serializers.ChoiceField(choices=[one.value for one in Cause])
    was = serializers.DateField(allow_null=True)
    now = serializers.DateField(allow_null=True)
    power_w = serializers.DictField(child=serializers.IntegerField())


class FeederForecastOutput(serializers.Serializer[Any]):
    """What a feeder carries today and is expected to carry."""

    feeder = serializers.CharField()
    horizons = HorizonOutput(many=True)
    changes = ChangeOutput(many=True)


def _shown(application: InterconnectionApplication) -> Response:
    plans = plans_of(application)
    version = plans[0].pk if plans else 0
    shown = {
        "reference": application.reference,
        "version": version,
        "plans": plans,
        "offers": application.date_offers.order_by("-pk"),
    }
    return Response(ConstructionOutput(shown).data, headers={"ETag": f'"{version}"'})


def _seen(request: Request, version: int | None) -> int | None:
    """What the caller had read, by field or header; None where neither says."""
    header = request.headers.get("If-Match", "").strip()
    if not header or header == "*":
        return version
    number = header.removeprefix("W/").strip('"')
    if not number.isdecimal() or (version is not None and version != int(number)):
        words = f"If-Match {header[:40]} is no version of these dates. Send the ETag that you read."
        raise InvalidInput(words, fields={"version": [words]})
    return int(number)


class CaseOperation(Operation):
    """On one application, for those who file it and for the desk."""

    def readable(self, reference: str) -> InterconnectionApplication:
        found = visible_to(self.person()).filter(reference=reference).first()
        if found is None:
            raise Http404(f"There is no application {reference}.")
        return found

    def fileable(self, reference: str) -> InterconnectionApplication:
        """The desk files for everybody, applicants for those who let them."""
        if self.person().has_role(*DESK):
            return self.readable(reference)
        return self.to_change(reference)


@extend_schema(tags=TAGS)
class Construction(CaseOperation):
    """Dates of construction, and incentives to keep one."""

    allowed_roles = APPLICANTS | DESK | frozenset({Role.OPERATOR})

    @extend_schema(responses=ConstructionOutput)
    def get(self, _request: Request, reference: str) -> Response:
        return _shown(self.readable(reference))

    @extend_schema(request=DatesInput, responses=ConstructionOutput)
    def put(self, request: Request, reference: str) -> Response:
        user = self.person()
        if not user.has_role(*APPLICANTS, *DESK):
            raise Http404(f"There is no application {reference} of yours.")
        found, typed = self.fileable(reference), self.typed(DatesInput)
        seen = _seen(request, typed.pop("version"))
        state_dates(
            application=found, dates=Dates(**typed), at=timezone.now(), by=user.get_username(),
            seen=seen,
        )  # fmt: skip
        return _shown(found)


@extend_schema(tags=TAGS, request=OfferInput, responses={201: OfferOutput})
class OfferCreate(CaseOperation):
    """Offer money for a date."""

    allowed_roles = DESK

    def post(self, _request: Request, reference: str) -> Response:
        offer = offer_incentive(
            application=self.readable(reference),
            terms=Terms(**self.typed(OfferInput)),
            at=timezone.now(),
            by=self.person(),
        )
        return Response(OfferOutput(offer).data, status=status.HTTP_201_CREATED)


@extend_schema(tags=TAGS, request=AnswerInput, responses=OfferOutput)
class OfferAnswer(CaseOperation):
    """Accept or decline an offer."""

    allowed_roles = APPLICANTS

    def put(self, _request: Request, reference: str, offer_id: int) -> Response:
        offer = generics.get_object_or_404(self.to_change(reference).date_offers, pk=offer_id)
        answered = answer_offer(
            offer=offer,
            is_accepted=self.typed(AnswerInput)["accept"],
            at=timezone.now(),
            by=self.person().get_username(),
        )
        return Response(OfferOutput(answered).data)


@extend_schema(tags=TAGS, responses=FeederForecastOutput)
class FeederForecastDetail(APIView):
    """What a feeder will carry in 30 and 60 days, and what has changed."""

    allowed_roles = FORECAST_READERS

    def get(self, _request: Request, name: str) -> Response:
        feeder = generics.get_object_or_404(Feeder, name=name)
        (one,) = feeder_forecasts(timezone.localdate(timezone.now()), [feeder])
        return Response(
            FeederForecastOutput(
                {
                    "feeder": feeder.name,
                    "horizons": [_horizon(one.forecast, days) for days in (0, *HORIZONS_DAYS)],
                    "changes": one.forecast.changes,
                }
            ).data
        )


def _horizon(forecast: Forecast, days: int) -> dict[str, Any]:
    after = forecast.after[days] if days else forecast.now
    return {
        "in_days": days,
        "day": after.day,
        "before_w": forecast.before[days].power_w if days else after.power_w,
        "after_w": after.power_w,
    }
