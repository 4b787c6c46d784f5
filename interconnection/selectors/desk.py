"""Customer service's queue, ordered by what is due first."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q

from customers.models import Notice
from derms.accounts.models import User
from interconnection.models import InterconnectionApplication
from interconnection.selectors.applications import applications, total_power_w
from interconnection.selectors.progress import clock_of
from interconnection.statuses import (
    APPLICATION_ENDED,
    NEXT_ACTOR,
    STATUS_KIND,
    ApplicationStatus,
)

OPEN, MINE, DESK = "open", "mine", "desk"
DESK_ACTS = frozenset({ApplicationStatus.SUBMITTED, ApplicationStatus.APPROVED})
NO_DATE = date.max


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    """One application in the queue; `left_days` is None when no clock runs."""

    reference: str
    customer: str
    place: str
    power_w: int
    status_word: str
    status_kind: str
    next_actor: str
    left_days: int | None
    due_date: date | None
    clock_word: str
    assigned: str
    is_at_risk: bool


@dataclass(frozen=True, kw_only=True)
class QueueFilter:
    """What of the queue somebody wants to see."""

    show: str = OPEN
    text: str = ""


def queue(wanted: QueueFilter, *, user: User, today: date) -> list[QueueRow]:
    """Rows by deadline, then by age; drafts are the customers' own and not shown."""
    found = applications().exclude(status=ApplicationStatus.DRAFT)
    if wanted.show == DESK:
        found = found.filter(status__in=DESK_ACTS)
    elif wanted.show == MINE:
        found = found.filter(assigned_to=user).exclude(status__in=APPLICATION_ENDED)
    elif wanted.show in ApplicationStatus.values:
        found = found.filter(status=wanted.show)
    else:
        found = found.exclude(status__in=APPLICATION_ENDED)
    for word in wanted.text.split():
        found = found.filter(
            Q(reference__icontains=word)
            | Q(customer__name__icontains=word)
            | Q(usage_point__meter_number__icontains=word)
            | Q(usage_point__location__street__icontains=word)
            | Q(usage_point__location__postcode__istartswith=word)
        )
    rows = [_row(application, today=today) for application in found.order_by("submitted_at", "pk")]
    return sorted(rows, key=lambda row: row.due_date or NO_DATE)


def counts() -> dict[str, int]:
    """How many wait in each status that the queue shows."""
    found = InterconnectionApplication.objects.order_by().values_list("status")
    return {
        **dict.fromkeys(ApplicationStatus.values, 0),
        **dict(found.annotate(how_many=Count("pk"))),
    }


def _row(application: InterconnectionApplication, *, today: date) -> QueueRow:
    clock = clock_of(application, today=today)
    due_date = clock.due_date if clock else None
    left_days = clock.left_days if clock and due_date else None
    assigned = application.assigned_to
    return QueueRow(
        reference=application.reference,
        customer=application.customer.name,
        place=str(application.usage_point.location),
        power_w=total_power_w(application),
        status_word=application.get_status_display(),
        status_kind=STATUS_KIND[application.status],
        next_actor=NEXT_ACTOR[application.status],
        left_days=left_days,
        due_date=due_date,
        clock_word=_clock_word(left_days, has_clock=clock is not None),
        assigned=(assigned.get_full_name() or assigned.get_username()) if assigned else "",
        is_at_risk=left_days is not None and left_days <= 2,
    )


def _clock_word(left_days: int | None, *, has_clock: bool) -> str:
    if left_days is None:
        return "Stands still" if has_clock else "No clock"
    if left_days < 0:
        return f"{-left_days} overdue"
    return f"{left_days} left"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that happened to an application."""

    at: datetime
    who: str
    what: str
    reason: str


def timeline(application: InterconnectionApplication) -> list[Entry]:
    """Moves and notices, newest first."""
    words = dict(ApplicationStatus.choices)
    entries = [
        Entry(
            at=change.at,
            who=change.by,
            what=str(words.get(ApplicationStatus(change.new_status), change.new_status)),
            reason=change.reason,
        )
        for change in application.status_changes.all()
    ]
    about = Notice.objects.filter(about__startswith=f"{application.reference}/")
    entries += [
        Entry(
            at=notice.created_at,
            who=f"by {notice.get_channel_display().lower()}",
            what=f"Notice: {notice.subject}",
            reason=f"{notice.get_status_display()}. {notice.last_error}".strip(),
        )
        for notice in about.order_by("pk")
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)
