"""What becomes of a finding about a PV system: told by rule or by the desk, ended, dismissed."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from customers.models.repair import Skill
from customers.selectors.repair import providers_for
from customers.services import queue_notice
from customers.tariffs.pricing import MeteredEnergy, energy_by_price
from derms.lib.days import midnight
from derms.lib.errors import InvalidInput, Refused
from derms.ui.formats import scaled
from devices.maintenance import DayRatio
from devices.models import MaintenanceFinding, UncountedDays
from devices.statuses import MaintenanceStatus
from interconnection.models import DER

BY = "output watch"
# The hours of the day in which a roof gives most of what it gives.
SUN_FROM, SUN_TO = timedelta(hours=9), timedelta(hours=17)
DISMISSED_FOR = timedelta(days=30)
SKILLS = (Skill.SOLAR, Skill.INVERTER)


def lost_amount(der: DER, days: Sequence[DayRatio], began_on: date | None) -> Decimal:
    """What the lost energy would have been paid as fed in, at the prices of the midday hours.

    What the customer would have used at home is worth more; nobody knows how much that is.
    """
    schedule = der.agreement.tariff_version.schedule
    metered = [
        MeteredEnergy(
            begins_at=(midnight(one.day) + SUN_FROM).astimezone(UTC),
            ends_at=(midnight(one.day) + SUN_TO).astimezone(UTC),
            exported_wh=Decimal(round(one.lost_wh)),
        )
        for one in days
        if began_on is not None and one.day >= began_on and one.lost_wh > 0
    ]
    priced = energy_by_price(schedule, metered, ZoneInfo(settings.TIME_ZONE))
    return sum((one.exported.amount for one in priced), Decimal("0.00"))


def open_finding(der: DER, *, at: datetime, reason: str, **facts: Any) -> MaintenanceFinding:
    """A new finding, watched at first; the caller holds the transaction."""
    finding = MaintenanceFinding.objects.create(der=der, found_at=at, **facts)
    finding.status_changes.create(
        old_status="", new_status=finding.status, at=at, by=BY, reason=reason
    )
    return finding


def tell_customer(*, finding: MaintenanceFinding, at: datetime, by: str) -> MaintenanceFinding:
    """Move to told and put the notice into the outbox in one transaction."""
    with transaction.atomic():
        if finding.status == MaintenanceStatus.WATCH:
            reason = "Told before the rule would have."
            finding.move(MaintenanceStatus.OPEN, at=at, by=by, reason=reason)
        finding.move(MaintenanceStatus.TOLD, at=at, by=by, told_at=at)
        point = finding.der.usage_point
        offered = providers_for(point.location.postcode, SKILLS)
        queue_notice(
            customer=point.customer,
            template="maintenance_needed",
            about=f"maintenance-{finding.pk}",
            context={
                "equipment": finding.der.name,
                "address": str(point.location),
                "what": what_words(finding),
                "loss": loss_words(finding),
                "providers": "\n".join(
                    f"{one.name}, {one.phone} ({one.skill_words.lower()})" for one in offered
                )
                or "Ask the company that built it, or call us.",
            },
            at=at,
        )
    return finding


def what_words(finding: MaintenanceFinding) -> str:
    """After the name of the equipment: what is the matter with it."""
    if finding.kind == MaintenanceFinding.Kind.OFFLINE:
        return f"has given nothing since {finding.began_on:%-d %B} while its neighbours produced"
    short = 100 - round(100 * (finding.ratio or 0))
    against = "its neighbours and its own past"
    if finding.method == "clear_sky":
        against = "a clear sky and its own past"
    if finding.method == "first_days":
        against = "its neighbours"
    return (
        f"has given about {short} % less than {against} explain since {finding.began_on:%-d %B}."
        " Days on which the utility used it are not counted"
    )


def loss_words(finding: MaintenanceFinding) -> str:
    if not finding.lost_wh or finding.lost_amount is None:
        return "How much is lost is not known yet."
    return (
        f"So far about {scaled(finding.lost_wh, unit='Wh')} are lost, about"
        f" {finding.lost_amount} {settings.CURRENCY} at the price for energy fed in."
    )


def resolve_finding(
    *, finding: MaintenanceFinding, at: datetime, by: str = BY, reason: str
) -> MaintenanceFinding:
    """It gives again what it should; a customer who was told is told that too."""
    with transaction.atomic():
        was_told = finding.status == MaintenanceStatus.TOLD
        finding.move(MaintenanceStatus.RESOLVED, at=at, by=by, reason=reason, ended_at=at)
        if was_told:
            point = finding.der.usage_point
            queue_notice(
                customer=point.customer,
                template="maintenance_over",
                about=f"maintenance-{finding.pk}",
                context={"equipment": finding.der.name, "address": str(point.location)},
                at=at,
            )
    return finding


def dismiss_finding(
    *, finding: MaintenanceFinding, reason: str, today: date, at: datetime, by: str
) -> MaintenanceFinding:
    """Somebody knows better; for 30 days nothing more is said of this system."""
    if not reason.strip():
        words = "Say why nothing has to be done."
        raise InvalidInput(words, fields={"reason": [words]})
    return finding.move(
        MaintenanceStatus.DISMISSED,
        at=at,
        by=by,
        reason=reason.strip(),
        ended_at=at,
        dismissed_until=today + DISMISSED_FOR,
    )


def declare_uncounted(
    *, begins_on: date, ends_on: date, postcode: str, reason: str, at: datetime, by: str
) -> UncountedDays:
    """Days on which output says nothing, such as snow; raises InvalidInput."""
    if ends_on < begins_on:
        words = "The last day lies before the first."
        raise InvalidInput(words, fields={"ends_on": [words]})
    return UncountedDays.objects.create(
        begins_on=begins_on,
        ends_on=ends_on,
        postcode=postcode,
        reason=reason,
        declared_at=at,
        declared_by=by,
    )


class AlreadyGone(Refused):
    """The entry is gone."""

    code = "uncounted_days_gone"


def withdraw_uncounted(*, uncounted_id: int) -> None:
    """Let the days count again; the history of rows keeps who had declared them."""
    gone, _ = UncountedDays.objects.filter(pk=uncounted_id).delete()
    if not gone:
        raise AlreadyGone("Somebody removed this entry already.")
