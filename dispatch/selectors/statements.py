"""What a statement is made from, and the statements there are (CS-10, EPRI flow H)."""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from customers.models import Customer, CustomerAgreement, Enrolment, Statement, UsagePoint
from derms.lib.days import midnight
from derms.lib.words import mark
from devices.models import Device
from devices.selectors import counted_energy
from devices.statuses import CommandStatus
from dispatch.cycle import Progress
from dispatch.models import Delivery, Setpoint
from dispatch.selectors.dispatches import EXECUTED, progress_of
from dispatch.selectors.panels import order_of
from dispatch.statements import (
    Contract,
    Energy,
    PaidFor,
    Participation,
    Reward,
    Source,
    StatementFacts,
)
from groups.aggregation import Kind
from interconnection.models import DER
from interconnection.statuses import Technology

KINDS = {Technology.PHOTOVOLTAIC: Kind.PHOTOVOLTAIC, Technology.BATTERY: Kind.BATTERY}
METER = mark("Meter")


def site_zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def statement_facts(
    usage_point: UsagePoint, begins_at: datetime, ends_at: datetime
) -> StatementFacts:
    """Everything known of the point in the period, whatever became of its DER since."""
    return StatementFacts(
        begins_at=begins_at,
        ends_at=ends_at,
        zone=site_zone(),
        sources=_sources(usage_point, begins_at, ends_at),
        contracts=_contracts(usage_point, begins_at, ends_at),
        participations=_participations(usage_point, begins_at, ends_at),
        rewards=_rewards(usage_point, begins_at, ends_at),
    )


def points_with_der(at: datetime, *conditions: Q) -> QuerySet[UsagePoint]:
    """Service points with a DER, one that meets `conditions`, in operation before this moment."""
    permitted = DER.objects.filter(*conditions, usage_point=OuterRef("pk"), permitted_at__lt=at)
    return UsagePoint.objects.filter(Exists(permitted)).select_related("customer", "location")


def points_without_statement(begins_on: date, at: datetime) -> QuerySet[UsagePoint]:
    """Those with a DER before `at`, still in operation in that month, and nothing issued for it."""
    issued = Statement.objects.filter(usage_point=OuterRef("pk"), begins_on=begins_on)
    still = Q(retired_at=None) | Q(retired_at__gt=midnight(begins_on))
    return points_with_der(at, still).exclude(Exists(issued)).order_by("pk")


def statements_of(customers: Iterable[Customer]) -> QuerySet[Statement]:
    """Newest month first, and of each month the newest version first."""
    return (
        Statement.objects.filter(customer__in=customers)
        .select_related("customer", "usage_point__location")
        .order_by("-begins_on", "usage_point", "-version")
    )


def latest_statement(usage_point: UsagePoint, begins_on: date) -> Statement | None:
    return (
        Statement.objects.filter(usage_point=usage_point, begins_on=begins_on)
        .order_by("-version")
        .first()
    )


def _sources(usage_point: UsagePoint, begins_at: datetime, ends_at: datetime) -> tuple[Source, ...]:
    devices = list(
        Device.objects.filter(
            Q(active_to=None) | Q(active_to__gt=begins_at),
            Q(der__isnull=False) | Q(kind=Device.Kind.METER),
            usage_point=usage_point,
            active_from__lt=ends_at,
        )
        .select_related("der")
        .order_by("pk")
    )
    counted = counted_energy([device.pk for device in devices], begins_at, ends_at)
    return tuple(
        Source(
            name=METER if device.der is None else device.der.name,
            kind=None if device.der is None else KINDS[Technology(device.der.technology)],
            since=device.active_from,
            energy=list(map(Energy._make, counted[device.pk])),
        )
        for device in devices
    )


def _contracts(
    usage_point: UsagePoint, begins_at: datetime, ends_at: datetime
) -> tuple[Contract, ...]:
    """Each agreement from the permission under it until it ends or the next one begins."""
    permitted: dict[int, datetime] = {}
    agreements: dict[int, CustomerAgreement] = {}
    ders = DER.objects.filter(usage_point=usage_point, permitted_at__lt=ends_at)
    for der in ders.select_related("agreement__tariff_version__tariff").order_by("permitted_at"):
        permitted.setdefault(der.agreement_id, der.permitted_at)
        agreements[der.agreement_id] = der.agreement
    order = sorted(agreements.values(), key=lambda one: permitted[one.pk])
    begins = [max(begins_at, permitted[one.pk]) for one in order]
    found = []
    for agreement, (begin, following) in zip(order, pairwise([*begins, ends_at]), strict=True):
        end = min(following, agreement.ended_at or ends_at, ends_at)
        if begin < end:
            version = agreement.tariff_version
            tariff = f"{version.tariff.name}, version {version.number}"
            found.append(Contract(tariff, begin, end, version.schedule))
    return tuple(found)


def _rewards(usage_point: UsagePoint, begins_at: datetime, ends_at: datetime) -> tuple[Reward, ...]:
    """Programmes that the point took part in during the period, with what their versions pay."""
    enrolments = list(
        Enrolment.objects.filter(
            Q(ended_at=None) | Q(ended_at__gt=begins_at),
            usage_point=usage_point,
            enrolled_at__lt=ends_at,
            version__incentive_amount__gt=0,
        )
        .select_related("version__programme")
        .order_by("enrolled_at", "pk")
    )
    if not enrolments:
        return ()
    ratings = list(
        DER.objects.filter(
            Q(retired_at=None) | Q(retired_at__gt=begins_at),
            usage_point=usage_point,
            permitted_at__lt=ends_at,
        ).values_list("technology", "active_power_rating_at_unity_power_factor_w")
    )
    return tuple(
        Reward(
            programme=one.version.programme.name,
            paid_for=PaidFor(one.version.incentive_kind),
            amount=one.version.incentive_amount,
            begins_at=one.enrolled_at,
            ends_at=one.ended_at,
            rated_w=sum(
                rated_w
                for technology, rated_w in ratings
                if not one.version.technologies or technology in one.version.technologies
            ),
        )
        for one in enrolments
    )


def _participations(
    usage_point: UsagePoint, begins_at: datetime, ends_at: datetime
) -> tuple[Participation, ...]:
    """Dispatches that began in the period, so that each is in one statement only."""
    points = (
        Setpoint.objects.filter(
            der__usage_point=usage_point,
            dispatch__status__in=EXECUTED,
            dispatch__executed_at__gte=begins_at,
            dispatch__executed_at__lt=ends_at,
        )
        .select_related("dispatch", "der__agreement__tariff_version", "command", "opt_out")
        .prefetch_related(
            Prefetch("dispatch__deliveries", queryset=Delivery.objects.order_by("version"))
        )
        .order_by("dispatch__executed_at", "pk")
    )
    return tuple(map(_participation, points))


def _participation(point: Setpoint) -> Participation:
    dispatch, delivery = point.dispatch, None
    for row in dispatch.deliveries.all():
        delivery = row if row.der_id == point.der_id else delivery
    took_part = progress_of(point.command) is not Progress.FAILED
    is_settled = took_part and delivery is not None
    return Participation(
        dispatch_id=dispatch.pk,
        unit=point.der.name,
        order=order_of(dispatch),
        begins_at=dispatch.executed_at or dispatch.starts_at,
        ends_at=dispatch.ended_at or dispatch.ends_at,
        took_part=took_part,
        reason=_left_out(point) if took_part else _why_not(point),
        delivered_wh=delivery.delivered_wh if delivery and is_settled else None,
        curtailed_wh=max(0.0, delivery.curtailed_wh) if delivery and is_settled else None,
        uncertainty_wh=delivery.uncertainty_wh if delivery and is_settled else None,
        price_per_kwh=point.der.agreement.tariff_version.curtailment_price_per_kwh,
        payment=delivery.payment if delivery and is_settled else None,
    )


def _left_out(point: Setpoint) -> str:
    """An event that its customer left out while it ran; it is paid up to then."""
    if not hasattr(point, "opt_out"):
        return ""
    return f"You left it out at {timezone.localtime(point.opt_out.at):%H:%M}."


def _why_not(point: Setpoint) -> str:
    if point.command.status == CommandStatus.CANCELLED:
        return mark("The request was withdrawn before it reached your equipment.")
    return mark("The request did not reach your equipment.")
