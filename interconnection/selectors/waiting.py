"""Everything that waits, in one queue: applications and requests of every other kind (ui C1)."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from heapq import merge
from itertools import islice
from typing import Any, overload

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery

from customers.flows.clock import WorkingDays
from customers.flows.flow import ways_by_hand
from customers.flows.kinds import FLOWS
from customers.models import RequestPassage, ServiceRequest
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
    CardWay,
    Lane,
    QueueFilter,
    QueueRow,
    clock_word,
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
# The desk answers for itself, and writes down what a customer says.
DESK_TAKES = frozenset({Actor.CUSTOMER_SERVICE, Actor.CUSTOMER})
Key = tuple[Any, ...]
Keys = QuerySet[Any, Key]
# Where an answer leads that ends a request: the last lane.
ACTIVE = S.PERMITTED


class Waiting(Sequence[Key]):
    """Due date, age and number of everything wanted, in the order of the queue.

    Each kind is read by its own index, no further than the page that is shown.
    """

    ordered = True

    def __init__(self, *kinds: Keys) -> None:
        self._kinds = kinds

    def __len__(self) -> int:
        return sum(kind.count() for kind in self._kinds)

    def __iter__(self) -> Iterator[Key]:
        return merge(*self._kinds, key=_order)

    @overload
    def __getitem__(self, wanted: int, /) -> Key: ...
    @overload
    def __getitem__(self, wanted: slice, /) -> list[Key]: ...
    def __getitem__(self, wanted: int | slice, /) -> Key | list[Key]:
        if isinstance(wanted, int):
            return self[wanted : wanted + 1][0]
        heads = [kind[: wanted.stop] for kind in self._kinds]
        return list(islice(merge(*heads, key=_order), wanted.start, wanted.stop))


def _order(key: Key) -> tuple[bool, date, bool, float]:
    due, since, _ = key
    moment: datetime | None = since
    return due is None, due or date.max, moment is None, moment.timestamp() if moment else 0.0


def keys(wanted: QueueFilter, *, user: User, days: WorkingDays) -> Waiting:
    late = F("due_date").asc(nulls_last=True)
    kinds: list[Keys] = []
    if wanted.kind in {"", APPLICATIONS}:
        theirs = applications.narrowed(wanted, user=user, days=days)
        found = theirs.order_by(late, "submitted_at", "pk")
        kinds.append(found.values_list("due_date", "submitted_at", "reference"))
    if wanted.kind != APPLICATIONS:
        others = requests(wanted, user=user, days=days).order_by(late, "opened_at", "pk")
        kinds.append(others.values_list("due_date", "opened_at", "number"))
    return Waiting(*kinds)


def rows(page: Sequence[tuple[Any, ...]], *, days: WorkingDays) -> list[QueueRow]:
    """The rows of one page of `keys`, in its order."""
    numbers = [str(key[2]) for key in page]
    known = InterconnectionApplication.objects.filter(reference__in=numbers)
    found = {one.reference: one for one in rows_of(applications.with_facts(known), days=days)}
    for one in _with_facts(ServiceRequest.objects.filter(number__in=numbers)):
        found[one.number] = request_row(one, days=days)
    return [found[number] for number in numbers if number in found]


def every_row(wanted: QueueFilter, *, user: User, days: WorkingDays) -> Iterator[QueueRow]:
    """For a file: all applications by deadline, then all requests."""
    if wanted.kind in {"", APPLICATIONS}:
        theirs = applications.queue(wanted, user=user, days=days)
        yield from rows_of(theirs.iterator(chunk_size=500), days=days)
    if wanted.kind != APPLICATIONS:
        others = _with_facts(requests(wanted, user=user, days=days)).order_by("due_date", "pk")
        for one in others.iterator(chunk_size=500):
            yield request_row(one, days=days)


def lanes(wanted: QueueFilter, *, user: User, days: WorkingDays) -> list[Lane]:
    """The board with both; each lane by deadline."""
    has_applications = wanted.kind in {"", APPLICATIONS}
    board = applications.lanes(wanted, user=user, days=days, is_empty=not has_applications)
    if wanted.kind == APPLICATIONS:
        return board
    counts, cards = _request_cards(wanted, user=user, days=days)
    return [_merged(lane, counts.get(lane.status, (0, 0)), cards) for lane in board]


def waiting_for_desk() -> int:
    """How many requests wait for customer service."""
    found = ServiceRequest.objects.filter(mirrors="", waiting_on=Actor.CUSTOMER_SERVICE)
    return found.exclude(status__in=REQUEST_ENDED).count()


def requests(wanted: QueueFilter, *, user: User, days: WorkingDays) -> QuerySet[ServiceRequest]:
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
        LATE: Q(due_date__lt=risk_day(days)),
        **{status: Q(waiting_on__in=actors) for status in S.values},
    }
    found = found.filter(narrowing.get(wanted.show, Q()))
    if words := words_of(wanted.text):
        found = found.filter(customer__in=entries(words).values("customer_id"))
    return found


def request_row(request: ServiceRequest, *, days: WorkingDays) -> QueueRow:
    due, assigned = request.due_date, request.assigned_to
    left = None if due is None else days.left(due)
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
        seen=vars(request)["last_passage"] or 0,
        version=request.version,
        ways=_ways(request),
    )


def _ways(request: ServiceRequest) -> tuple[CardWay, ...]:
    """What the desk may answer at the step where the request stands, and the lane it leads to."""
    flow = FLOWS[request.kind]
    if request.step not in flow or request.waiting_on not in DESK_TAKES:
        return ()
    return tuple(
        CardWay(
            key=way.key,
            label=way.label,
            lane=LANE_OF.get(flow.step(way.to).actor, "") if way.to in flow else ACTIVE,
            asks=bool(way.asks or way.orders),
        )
        for way in ways_by_hand(flow.step(request.step))
    )


def _with_facts(found: QuerySet[ServiceRequest]) -> QuerySet[ServiceRequest]:
    passages = RequestPassage.objects.filter(request=OuterRef("pk")).order_by()
    last = passages.values("request").annotate(last=Max("pk")).values("last")
    related = found.select_related("customer", "usage_point__location", "assigned_to")
    return related.annotate(last_passage=Subquery(last))


def _request_cards(
    wanted: QueueFilter, *, user: User, days: WorkingDays
) -> tuple[dict[str, tuple[int, int]], list[QueueRow]]:
    found = requests(wanted, user=user, days=days)
    risk = Count("pk", filter=Q(due_date__lt=risk_day(days)))
    counts = {
        LANE_OF[actor]: (how_many, at_risk)
        for actor, how_many, at_risk in found.order_by()
        .values_list("waiting_on")
        .annotate(how_many=Count("pk"), at_risk=risk)
        if actor in LANE_OF
    }
    by_deadline = [F("due_date").asc(nulls_last=True), F("opened_at").asc(), F("pk").asc()]
    first = applications.first_of_each(found, "waiting_on", list(LANE_OF), by_deadline)
    cards = _with_facts(ServiceRequest.objects.filter(pk__in=first)).order_by(*by_deadline)
    return counts, [request_row(one, days=days) for one in cards]


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
