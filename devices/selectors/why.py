"""The recorded facts from which a customer's alarms are explained."""

from collections.abc import Iterable

from django.utils import timezone

from customers.models import Customer, OrderProposal
from customers.statuses import ProposalStatus
from derms.lib.telling import Sentence
from devices.explaining import AlarmFacts, why_alarm
from devices.models import Alarm
from devices.statuses import ALARM_ACTIVE

SHOWN = 20


def alarms_of(customers: Iterable[Customer]) -> list[tuple[Alarm, tuple[Sentence, ...]]]:
    """What is the matter now with these customers' devices, newest first, with its words."""
    rows = (
        Alarm.objects.filter(
            device__usage_point__customer__in=customers,
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
    return [(alarm, why_alarm(_facts(alarm, proposed))) for alarm in alarms]


def why_of(alarm: Alarm) -> tuple[Sentence, ...]:
    """In words that can be read aloud to whoever owns the device; empty for an alarm of none."""
    if alarm.device is None:
        return ()
    about = f"device {alarm.device_id}"
    proposals = OrderProposal.objects.filter(status=ProposalStatus.PROPOSED, about=about)
    return why_alarm(_facts(alarm, {about} if proposals.exists() else set()))


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
