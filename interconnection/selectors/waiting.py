"""Everything that waits, in one queue: applications and requests of every other kind (ui C1)."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from customers.flows.kinds import FLOWS
from customers.models import ServiceRequest
from customers.selectors.search import entries, words_of
from customers.statuses import REQUEST_ENDED, REQUEST_STATUS_KIND, RequestStatus
from derms.accounts.models import User
from interconnection.models import InterconnectionApplication
from interconnection.selectors import queue as applications
from interconnection.selectors.queue import (
    CARDS_IN_LANE,
    DESK,
    LATE,
    MINE,
    NOBODYS,
    OPEN,
    RISK_DAYS,
    Lane,
    QueueFilter,
    QueueRow,
    clock_word,
    left_days,
    risk_day,
    rows_of,
)
from interconnection.statuses import ApplicationStatus as S

Actor = ServiceRequest.NextActor
# In which lane a request stands, by whom it waits for.
LANE_OF: dict[str, str] = {
    Actor.CUSTOMER_SERVICE: S.SUBMITTED,
    Actor.CUSTOMER: S.INCOMPLETE,
    Actor.ENGINEERING: S.IN_REVIEW,
    Actor.OPERATIONS: S.DECISION_PROPOSED,
    Actor.TECHNICIAN: S.COMMISSIONING,
}
APPLICATIONS = "applications"
Keys = QuerySet[Any, tuple[Any, ...]]


def keys(wanted: QueueFilter, *, user: User, today: date) -> Keys:
    """Due date, age and number of everything wanted, in the order of the queue."""
    theirs = applications.narrowed(wanted, user=user, today=today).order_by()
    own = theirs.values_list("due_date", "submitted_at", "reference")
    others = requests(wanted, user=user, today=today).order_by()
    also = others.values_list("due_date", "opened_at", "number")
    if wanted.kind not in {"", APPLICATIONS}:
        return also.order_by(F("due_date").asc(nulls_last=True), "opened_at", "number")
    found: Keys = own
    if not wanted.kind:
        found = own.union(also, all=True)
    return found.order_by(F("due_date").asc(nulls_last=True), "submitted_at", "reference")


def rows(page: Sequence[tuple[Any, ...]], *, today: date) -> list[QueueRow]:
    """The rows of one page of `keys`, in its order."""
    numbers = [str(key[2]) for key in page]
    known = InterconnectionApplication.objects.filter(reference__in=numbers)
    found = {one.reference: one for one in rows_of(applications.with_facts(known), today=today)}
    for one in _with_facts(ServiceRequest.objects.filter(number__in=numbers)):
        found[one.number] = request_row(one, today=today)
    return [found[number] for number in numbers if number in found]


def every_row(wanted: QueueFilter, *, user: User, today: date) -> Iterator[QueueRow]:
    """For a file: all applications by deadline, then all requests."""
    if wanted.kind in {"", APPLICATIONS}:
        theirs = applications.queue(wanted, user=user, today=today)
        yield from rows_of(theirs.iterator(chunk_size=500), today=today)
    if wanted.kind != APPLICATIONS:
        others = _with_facts(requests(wanted, user=user, today=today)).order_by("due_date", "pk")
        for one in others.iterator(chunk_size=500):
            yield request_row(one, today=today)


def lanes(wanted: QueueFilter, *, user: User, today: date) -> list[Lane]:
    """The board with both; each lane by deadline."""
    has_applications = wanted.kind in {"", APPLICATIONS}
    board = applications.lanes(wanted, user=user, today=today, is_empty=not has_applications)
    if wanted.kind == APPLICATIONS:
        return board
    counts, cards = _request_cards(wanted, user=user, today=today)
    return [_merged(lane, counts.get(lane.status, (0, 0)), cards) for lane in board]


def waiting_for_desk() -> int:
    """How many requests wait for customer service."""
    found = ServiceRequest.objects.filter(mirrors="", waiting_on=Actor.CUSTOMER_SERVICE)
    return found.exclude(status__in=REQUEST_ENDED).count()


def requests(wanted: QueueFilter, *, user: User, today: date) -> QuerySet[ServiceRequest]:
    """Open requests that are no application, as the same filters show them."""
    found = ServiceRequest.objects.filter(mirrors="").exclude(status__in=REQUEST_ENDED)
    if wanted.kind == APPLICATIONS:
        return found.none()
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    actors = [actor for actor, lane in LANE_OF.items() if lane == wanted.show]
    narrowing: dict[str, Q] = {
        OPEN: Q(),
        DESK: Q(waiting_on=Actor.CUSTOMER_SERVICE),
        MINE: Q(assigned_to=user),
        NOBODYS: Q(assigned_to=None),
        LATE: Q(due_date__lt=risk_day(today)),
        **{status: Q(waiting_on__in=actors) for status in S.values},
    }
    found = found.filter(narrowing.get(wanted.show, Q()))
    if words := words_of(wanted.text):
        found = found.filter(customer__in=entries(words).values("customer_id"))
    return found


def request_row(request: ServiceRequest, *, today: date) -> QueueRow:
    due, assigned = request.due_date, request.assigned_to
    left = None if due is None else left_days(due, today)
    point = request.usage_point
    return QueueRow(
        reference=request.number,
        what=FLOWS[request.kind].label,
        is_request=True,
        status=LANE_OF.get(request.waiting_on, S.SUBMITTED),
        customer=request.customer.name,
        place=str(point.location) if point else request.answers.get("place", ""),
        power_w=0,
        status_word=request.get_status_display(),
        status_kind=REQUEST_STATUS_KIND[request.status],
        next_actor=request.get_waiting_on_display(),
        left_days=left,
        due_date=due,
        clock_word=clock_word(left, is_paused=request.status == RequestStatus.WAITING),
        assigned=(assigned.get_full_name() or assigned.get_username()) if assigned else "",
        is_at_risk=left is not None and left <= RISK_DAYS,
        seen=0,
        version=0,
    )


def _with_facts(found: QuerySet[ServiceRequest]) -> QuerySet[ServiceRequest]:
    return found.select_related("customer", "usage_point__location", "assigned_to")


def _request_cards(
    wanted: QueueFilter, *, user: User, today: date
) -> tuple[dict[str, tuple[int, int]], list[QueueRow]]:
    found = requests(wanted, user=user, today=today)
    risk = Count("pk", filter=Q(due_date__lt=risk_day(today)))
    counts = {
        LANE_OF[actor]: (how_many, at_risk)
        for actor, how_many, at_risk in found.order_by()
        .values_list("waiting_on")
        .annotate(how_many=Count("pk"), at_risk=risk)
        if actor in LANE_OF
    }
    by_deadline = [F("due_date").asc(nulls_last=True), F("opened_at").asc(), F("pk").asc()]
    place = Window(RowNumber(), partition_by=[F("waiting_on")], order_by=by_deadline)
    first = found.annotate(place=place).filter(place__lte=CARDS_IN_LANE).values("pk")
    cards = _with_facts(ServiceRequest.objects.filter(pk__in=first)).order_by(*by_deadline)
    return counts, [request_row(one, today=today) for one in cards]


def _merged(lane: Lane, counted: tuple[int, int], cards: list[QueueRow]) -> Lane:
    both = [*lane.rows, *(card for card in cards if card.status == lane.status)]
    both.sort(key=lambda row: (row.due_date is None, row.due_date or date.max))
    return Lane(
        status=lane.status,
        label=lane.label,
        count=lane.count + counted[0],
        at_risk=lane.at_risk + counted[1],
        rows=tuple(both[:CARDS_IN_LANE]),
    )
