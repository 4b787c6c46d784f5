"""Customer service's queue by deadline, as a table and as lanes of a board (CS-5, ui C1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import (
    BigIntegerField,
    Count,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)

from customers.flows.clock import WorkingDays
from customers.selectors.search import entries, words_of
from derms.accounts.models import User
from derms.accounts.roles import Role
from interconnection.models import (
    ApplicationStatusChange,
    ApplicationUnit,
    InterconnectionApplication,
)
from interconnection.models.deadline import PAUSED
from interconnection.statuses import (
    APPLICATION_ENDED,
    NEXT_ACTOR,
    STATUS_KIND,
    ApplicationStatus,
)

S = ApplicationStatus
OPEN, MINE, NOBODYS, DESK, LATE = "open", "mine", "nobodys", "desk", "late"
DESK_ACTS = frozenset({S.SUBMITTED, S.APPROVED})
RISK_DAYS = 2
BY_DEADLINE = (F("due_date").asc(nulls_last=True), "submitted_at", "pk")
# The lanes of the board, in the order of the work.
LANES: tuple[tuple[str, str], ...] = (
    (S.SUBMITTED, "New"),
    (S.INCOMPLETE, "Incomplete"),
    (S.IN_REVIEW, "With engineers"),
    (S.DECISION_PROPOSED, "With Operations"),
    (S.HELD, "On hold"),
    (S.APPROVED, "Install"),
    (S.COMMISSIONING, "Commission"),
    (S.PERMITTED, "Active"),
)
CARDS_IN_LANE = 15


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    """One application in the queue; `left_days` is None when no clock runs.

    `seen` is its last move and `version` its state, for deeds that must not overwrite another's.
    """

    reference: str
    status: str
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
    seen: int
    version: int
    what: str = "Connect DER"
    is_request: bool = False
    # Of a request: where customer service may bring it from here.
    ways: tuple["CardWay", ...] = ()


@dataclass(frozen=True, kw_only=True)
class CardWay:
    """An answer that moves a request's card; `lane` is empty where it ends.

    One that `asks` for words or a visit is given on the request's page.
    """

    key: str
    label: str
    lane: str
    asks: bool


@dataclass(frozen=True, kw_only=True)
class QueueFilter:
    """What of the queue somebody wants to see."""

    show: str = OPEN
    text: str = ""
    kind: str = ""


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One status of the board: how many, how many nearly late, and the first by deadline."""

    status: str
    label: str
    count: int
    at_risk: int
    rows: tuple[QueueRow, ...]

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


def queue(
    wanted: QueueFilter, *, user: User, days: WorkingDays
) -> QuerySet[InterconnectionApplication]:
    """By deadline, then by age; drafts are the customers' own and not shown."""
    found = narrowed(wanted, user=user, days=days)
    return with_facts(found).order_by(*BY_DEADLINE)


def lanes(
    wanted: QueueFilter, *, user: User, days: WorkingDays, is_empty: bool = False
) -> list[Lane]:
    """The board; a filter by status does not apply to it. Two questions to the database."""
    found = narrowed(wanted, user=user, days=days)
    if wanted.show == OPEN:
        found = narrowed(QueueFilter(text=wanted.text), user=user, days=days, is_whole=True)
    if is_empty:
        found = found.none()
    risk = Count("pk", filter=Q(due_date__lt=risk_day(days)))
    counts = {
        status: (how_many, at_risk)
        for status, how_many, at_risk in found.order_by()
        .values_list("status")
        .annotate(how_many=Count("pk"), at_risk=risk)
    }
    first = first_of_each(found, "status", [status for status, _ in LANES], BY_DEADLINE)
    rows = with_facts(InterconnectionApplication.objects.filter(pk__in=first))
    shown = [row_of(one, days=days) for one in rows.order_by(*BY_DEADLINE)]
    return [
        Lane(
            status=status,
            label=label,
            count=counts.get(status, (0, 0))[0],
            at_risk=counts.get(status, (0, 0))[1],
            rows=tuple(row for row in shown if row.status == status),
        )
        for status, label in LANES
    ]


def first_of_each(
    found: QuerySet[Any], name: str, values: Sequence[str], order: Sequence[Any]
) -> list[int]:
    """The keys of the first cards of each lane: each lane reads its index and stops."""
    heads = [
        found.filter(**{name: value}).order_by(*order).values_list("pk", flat=True)[:CARDS_IN_LANE]
        for value in values
    ]
    return list(heads[0].union(*heads[1:], all=True))


def counts() -> dict[str, int]:
    """How many wait in each status that the queue shows."""
    found = InterconnectionApplication.objects.order_by().values_list("status")
    return {**dict.fromkeys(S.values, 0), **dict(found.annotate(how_many=Count("pk")))}


def desk_people() -> QuerySet[User]:
    """To whom an application may be assigned."""
    found = User.objects.filter(role_grants__role=Role.CUSTOMER_SERVICE, is_active=True)
    return found.order_by("first_name", "last_name", "username")


def row_of(application: InterconnectionApplication, *, days: WorkingDays) -> QueueRow:
    """For an application that `queue()` brought."""
    due, status = application.due_date, application.status
    left = None if due is None else days.left(due)
    assigned = application.assigned_to
    facts: dict[str, int] = vars(application)
    return QueueRow(
        reference=application.reference,
        status=status,
        customer=application.customer.name,
        place=str(application.usage_point.location),
        power_w=facts["power_w"] or 0,
        status_word=application.get_status_display(),
        status_kind=STATUS_KIND[status],
        next_actor=NEXT_ACTOR[status],
        left_days=left,
        due_date=due,
        clock_word=clock_word(left, is_paused=status in PAUSED),
        assigned=(assigned.get_full_name() or assigned.get_username()) if assigned else "",
        is_at_risk=left is not None and left <= RISK_DAYS,
        seen=facts["last_move"] or 0,
        version=application.version,
    )


def rows_of(
    applications: Iterable[InterconnectionApplication], *, days: WorkingDays
) -> Iterable[QueueRow]:
    return (row_of(one, days=days) for one in applications)


def narrowed(
    wanted: QueueFilter, *, user: User, days: WorkingDays, is_whole: bool = False
) -> QuerySet[InterconnectionApplication]:
    found = InterconnectionApplication.objects.exclude(status=S.DRAFT)
    is_open = ~Q(status__in=APPLICATION_ENDED)
    narrowing: dict[str, Q] = {
        DESK: Q(status__in=DESK_ACTS),
        MINE: Q(assigned_to=user) & is_open,
        NOBODYS: Q(assigned_to=None) & is_open,
        LATE: Q(due_date__lt=risk_day(days)) & is_open,
        **{status: Q(status=status) for status in S.values},
    }
    if not is_whole:
        found = found.filter(narrowing.get(wanted.show, is_open))
    if words := words_of(wanted.text):
        found = found.filter(customer__in=entries(words).values("customer_id"))
    return found


def with_facts(
    found: QuerySet[InterconnectionApplication],
) -> QuerySet[InterconnectionApplication]:
    own = {"application": OuterRef("pk")}
    power = ApplicationUnit.objects.filter(**own).order_by().values("application")
    moves = ApplicationStatusChange.objects.filter(**own).order_by().values("application")
    return found.select_related("customer", "usage_point__location", "assigned_to").annotate(
        power_w=Subquery(
            power.annotate(sum_w=Sum("active_power_rating_at_unity_power_factor_w")).values(
                "sum_w"
            ),
            output_field=BigIntegerField(),
        ),
        last_move=Subquery(moves.annotate(last=Max("pk")).values("last")),
    )


def risk_day(days: WorkingDays) -> date:
    """The first day that is further off than the risk; free days in between count for nothing."""
    return days.after(RISK_DAYS) + timedelta(days=1)


def clock_word(left_days: int | None, *, is_paused: bool) -> str:
    if left_days is None:
        return "Stands still" if is_paused else "No clock"
    return f"{-left_days} overdue" if left_days < 0 else f"{left_days} left"
