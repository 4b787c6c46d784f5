"""What statements are made from: of many service points at once, one question of each kind."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Prefetch, Q
from django.utils import timezone

from customers.models import CustomerAgreement, Enrolment, UsagePoint
from derms.lib.words import mark
from devices.models import Device
from devices.selectors import counted_as
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
from interconnection.models import DER, DateOffer
from interconnection.statuses import DateOfferStatus, Technology

KINDS = {Technology.PHOTOVOLTAIC: Kind.PHOTOVOLTAIC, Technology.BATTERY: Kind.BATTERY}
METER = mark("Meter")


def site_zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def statement_facts(
    usage_point: UsagePoint, begins_at: datetime, ends_at: datetime
) -> StatementFacts:
    """Everything known of the point in the period, whatever became of its DER since."""
    return facts_of_points([usage_point], begins_at, ends_at)[usage_point.pk]


def facts_of_points(
    points: Sequence[UsagePoint], begins_at: datetime, ends_at: datetime
) -> dict[int, StatementFacts]:
    """The same for each of these points, by its key."""
    wanted, zone = [point.pk for point in points], site_zone()
    ders = _ders(wanted, ends_at)
    sources = _sources(wanted, begins_at, ends_at)
    participations = _participations(wanted, begins_at, ends_at)
    rewards = _rewards(wanted, ders, begins_at, ends_at)
    kept = _kept_dates(wanted, begins_at, ends_at)
    return {
        point: StatementFacts(
            begins_at=begins_at,
            ends_at=ends_at,
            zone=zone,
            sources=tuple(sources[point]),
            contracts=_contracts(ders[point], begins_at, ends_at),
            participations=tuple(participations[point]),
            rewards=(*rewards[point], *kept[point]),
        )
        for point in wanted
    }


def _ders(points: Sequence[int], ends_at: datetime) -> Mapping[int, list[DER]]:
    """By point, those permitted before the end, in that order."""
    found: defaultdict[int, list[DER]] = defaultdict(list)
    ders = DER.objects.filter(usage_point__in=points, permitted_at__lt=ends_at)
    for der in ders.select_related("agreement__tariff_version__tariff").order_by("permitted_at"):
        found[der.usage_point_id].append(der)
    return found


def _sources(
    points: Sequence[int], begins_at: datetime, ends_at: datetime
) -> Mapping[int, list[Source]]:
    devices = list(
        Device.objects.filter(
            Q(active_to=None) | Q(active_to__gt=begins_at),
            Q(der__isnull=False) | Q(kind=Device.Kind.METER),
            usage_point__in=points,
            active_from__lt=ends_at,
        )
        .select_related("der")
        .order_by("pk")
    )
    counted = counted_as(Energy._make, [device.pk for device in devices], begins_at, ends_at)
    found: defaultdict[int, list[Source]] = defaultdict(list)
    for device in devices:
        source = Source(
            name=METER if device.der is None else device.der.name,
            kind=None if device.der is None else KINDS[Technology(device.der.technology)],
            since=device.active_from,
            energy=counted[device.pk],
        )
        found[device.usage_point_id or 0].append(source)
    return found


def _contracts(ders: Sequence[DER], begins_at: datetime, ends_at: datetime) -> tuple[Contract, ...]:
    """Each agreement from the permission under it until it ends or the next one begins."""
    permitted: dict[int, datetime] = {}
    agreements: dict[int, CustomerAgreement] = {}
    for der in ders:
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


def _rewards(
    points: Sequence[int],
    ders: Mapping[int, Sequence[DER]],
    begins_at: datetime,
    ends_at: datetime,
) -> Mapping[int, list[Reward]]:
    """Programmes that a point took part in during the period, with what their versions pay."""
    enrolments = (
        Enrolment.objects.filter(
            Q(ended_at=None) | Q(ended_at__gt=begins_at),
            usage_point__in=points,
            enrolled_at__lt=ends_at,
            version__incentive_amount__gt=0,
        )
        .select_related("version__programme")
        .order_by("enrolled_at", "pk")
    )
    found: defaultdict[int, list[Reward]] = defaultdict(list)
    for one in enrolments:
        technologies = one.version.technologies
        reward = Reward(
            programme=one.version.programme.name,
            paid_for=PaidFor(one.version.incentive_kind),
            amount=one.version.incentive_amount,
            begins_at=one.enrolled_at,
            ends_at=one.ended_at,
            rated_w=sum(
                der.active_power_rating_at_unity_power_factor_w
                for der in ders[one.usage_point_id]
                if (der.retired_at is None or der.retired_at > begins_at)
                and (not technologies or der.technology in technologies)
            ),
        )
        found[one.usage_point_id].append(reward)
    return found


def _kept_dates(
    points: Sequence[int], begins_at: datetime, ends_at: datetime
) -> Mapping[int, list[Reward]]:
    """Incentives that were earned with a permission in the period (IC-8)."""
    offers = DateOffer.objects.filter(
        application__usage_point__in=points,
        status=DateOfferStatus.EARNED,
        settled_at__gte=begins_at,
        settled_at__lt=ends_at,
    )
    found: defaultdict[int, list[Reward]] = defaultdict(list)
    for offer in offers.select_related("application").order_by("settled_at", "pk"):
        if offer.settled_at is not None:
            reward = Reward(
                programme=f"Date kept, {offer.application.reference}",
                paid_for=PaidFor.DATE_KEPT,
                amount=offer.amount,
                begins_at=offer.settled_at,
                ends_at=None,
                rated_w=0,
                keep_by=offer.keep_by,
            )
            found[offer.application.usage_point_id].append(reward)
    return found


def _participations(
    points: Sequence[int], begins_at: datetime, ends_at: datetime
) -> Mapping[int, list[Participation]]:
    """Dispatches that began in the period, so that each is in one statement only."""
    setpoints = (
        Setpoint.objects.filter(
            der__usage_point__in=points,
            dispatch__status__in=EXECUTED,
            dispatch__executed_at__gte=begins_at,
            dispatch__executed_at__lt=ends_at,
        )
        .select_related("dispatch", "der__agreement__tariff_version", "command", "opt_out")
        .prefetch_related(
            Prefetch(
                "dispatch__deliveries",
                queryset=Delivery.objects.filter(der__usage_point__in=points).order_by("version"),
            )
        )
        .order_by("dispatch__executed_at", "pk")
    )
    found: defaultdict[int, list[Participation]] = defaultdict(list)
    for point in setpoints:
        found[point.der.usage_point_id].append(_participation(point))
    return found


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
