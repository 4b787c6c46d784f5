"""The recorded facts from which a customer's alarms are explained."""

from collections.abc import Collection, Iterable

from django.utils import timezone

from customers.models import Customer, OrderProposal
from customers.statuses import ProposalStatus
from derms.lib.telling import Sentence
from devices.explaining import AlarmFacts, AreaFacts, why_alarm, why_area
from devices.models import Alarm, Device
from devices.statuses import ALARM_ACTIVE
from interconnection.models import ServiceConnection

SHOWN = 20
Told = tuple[Alarm, tuple[Sentence, ...]]


def alarms_of(customers: Iterable[Customer]) -> list[Told]:
    """What is the matter now with these customers' devices or around them, newest first."""
    owners = [customer.pk for customer in customers]
    rows = (
        Alarm.objects.filter(
            device__usage_point__customer__in=owners,
            device__active_to=None,
            status__in=ALARM_ACTIVE,
            is_group=False,
        )
        .select_related("device__der")
        .order_by("-raised_at", "-pk")[:SHOWN]
    )
    alarms = list(rows)
    proposed = set(
        OrderProposal.objects.filter(
            status=ProposalStatus.PROPOSED,
            about__in=[f"device {alarm.device_id}" for alarm in alarms],
        ).values_list("about", flat=True)
    )
    around = [(alarm, why_area(_area(alarm))) for alarm in _around(owners)]
    return around + [(alarm, why_alarm(_facts(alarm, proposed))) for alarm in alarms]


def _around(owners: Collection[int]) -> list[Alarm]:
    """Alarms of the lines, zones and gateways that the equipment of these customers hangs on."""
    devices = Device.objects.filter(usage_point__customer__in=owners, active_to=None)
    found = devices.values_list("zone__name", "host", "port", "usage_point")
    places, points = set(), set()
    for zone, host, port, point in found:
        places |= {f"zone {zone}", f"endpoint {host}:{port}"}
        points.add(point)
    lines = ServiceConnection.objects.filter(usage_point__in=points)
    places |= {f"feeder {one}" for one in lines.values_list("transformer__bus__feeder", flat=True)}
    rows = Alarm.objects.filter(place__in=places, device=None, status__in=ALARM_ACTIVE)
    return list(rows.order_by("-raised_at", "-pk")[:SHOWN])


def why_of(alarm: Alarm) -> tuple[Sentence, ...]:
    """In words that can be read aloud to whoever owns the device, or lives in the area."""
    if alarm.device is None:
        return why_area(_area(alarm))
    about = f"device {alarm.device_id}"
    proposals = OrderProposal.objects.filter(status=ProposalStatus.PROPOSED, about=about)
    return why_alarm(_facts(alarm, {about} if proposals.exists() else set()))


def _area(alarm: Alarm) -> AreaFacts:
    return AreaFacts(
        kind=alarm.kind,
        day=timezone.localdate(alarm.raised_at),
        began_at=alarm.raised_at,
        over_at=alarm.returned_at,
        members=alarm.member_count if alarm.is_group else 0,
    )


def _facts(alarm: Alarm, proposed: set[str]) -> AlarmFacts:
    device = alarm.device
    assert device is not None  # noqa: S101  filtered by both callers
    return AlarmFacts(
        kind=alarm.kind,
        unit=device.der.name if device.der else device.get_kind_display(),
        day=timezone.localdate(alarm.raised_at),
        began_at=alarm.raised_at,
        over_at=alarm.returned_at,
        visit_proposed=f"device {device.pk}" in proposed,
    )
