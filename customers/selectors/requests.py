"""Questions about service requests: which are open, where each stands, its clock (CS-4)."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from django.db.models import F, Prefetch, Q, QuerySet
from django.utils import timezone

from customers.flows.clock import (
    Clock,
    Holidays,
    Turn,
    WorkingDays,
    business_days_between,
    read_clock,
)
from customers.flows.flow import ACTOR_WORDS, Flow, Stage, shown, stages
from customers.flows.kinds import FLOWS
from customers.models import (
    Customer,
    Holiday,
    Notice,
    RequestPassage,
    ServiceRequest,
)
from customers.statuses import REQUEST_ENDED, REQUEST_STATUS_KIND, RequestStatus
from derms.accounts.models import User
from derms.accounts.roles import Role
from derms.lib import words
from derms.lib.words import say

CUSTOMERS, NOBODYS = ServiceRequest.NextActor.CUSTOMER, ServiceRequest.NextActor.NOBODY


@dataclass(frozen=True, kw_only=True)
class Pause:
    """A time in which the clock stood still; `to_date` None while it still does."""

    from_date: date
    to_date: date | None
    days: int


@dataclass(frozen=True, kw_only=True)
class RequestState:
    """Where one request stands, for its pages: stages, clock, pauses, whose turn, what asked."""

    request: ServiceRequest
    flow: Flow
    status_kind: str
    stages: tuple[Stage, ...]
    next_actor: str
    is_customers_turn: bool
    is_over: bool
    clock: Clock | None
    pauses: tuple[Pause, ...]
    answers: tuple[tuple[str, str], ...]
    clock_word: str

    @property
    def is_at_risk(self) -> bool:
        return (
            self.clock is not None and self.clock.due_date is not None and self.clock.left_days <= 1
        )


@dataclass(frozen=True, kw_only=True)
class RequestEntry:
    """One thing that happened to a request."""

    at: datetime
    who: str
    what: str
    reason: str


def requests() -> QuerySet[ServiceRequest]:
    """With what lists and pages show of each."""
    passages = RequestPassage.objects.order_by("pk")
    return ServiceRequest.objects.select_related(
        "customer", "usage_point__location", "assigned_to"
    ).prefetch_related(Prefetch("passages", queryset=passages))


def open_requests() -> QuerySet[ServiceRequest]:
    """All that are not over, by due date; those whose clock stands still come last.

    Requests to connect DER are among them: `mirrors` names the application of each.
    """
    return (
        requests()
        .exclude(status__in=REQUEST_ENDED)
        .order_by(F("due_date").asc(nulls_last=True), "opened_at", "pk")
    )


def requests_of(customers: QuerySet[Customer]) -> QuerySet[ServiceRequest]:
    """Of these customers, newest first."""
    return requests().filter(customer__in=customers).order_by("-opened_at", "-pk")


def find_requests(
    *, show: str, kind: str, text: str, user: User, today: date
) -> QuerySet[ServiceRequest]:
    """What the list shows: `show` is all, open, mine, late, or `on_` and the next actor."""
    found = requests().order_by("-opened_at", "-pk") if show == "all" else open_requests()
    if show == "mine":
        found = found.filter(assigned_to=user)
    elif show == "late":
        found = found.filter(due_date__lte=working_days(today).after(1))
    elif show.startswith("on_"):
        found = found.filter(waiting_on=show.removeprefix("on_"))
    if kind:
        found = found.filter(kind=kind)
    for word in text.split():
        found = found.filter(
            Q(number__icontains=word)
            | Q(mirrors__icontains=word)
            | Q(customer__name__icontains=word)
            | Q(customer__account_number__icontains=word)
            | Q(usage_point__meter_number__icontains=word)
            | Q(usage_point__location__street__icontains=word)
            | Q(usage_point__location__postcode__istartswith=word)
        )
    return found


def names_of(request: ServiceRequest, *, for_customer: bool) -> dict[str, str]:
    """Who is meant by the user names beside a request; to a customer, staff is the utility."""
    written = {passage.by for passage in request.passages_in_order()}
    written |= {note.by for note in request.notes.all()} | {file.by for file in request.files.all()}
    names = {}
    for user in User.objects.filter(username__in=written).prefetch_related("role_grants"):
        is_staff = not user.has_role(Role.CUSTOMER, Role.THIRD_PARTY)
        names[user.username] = (
            say("The utility")
            if for_customer and is_staff
            else user.get_full_name() or user.username
        )
    return names


def holidays() -> Holidays:
    """The days that no statutory clock counts."""
    return frozenset(Holiday.objects.values_list("date", flat=True))


def working_days(today: date) -> WorkingDays:
    """Today among the working days, as every deadline counts them."""
    return WorkingDays(today=today, holidays=holidays())


def clock_of(request: ServiceRequest, *, today: date, free_days: Holidays) -> Clock | None:
    """The clock of a request that `requests()` brought; None for a mirrored one.

    An application to connect DER has a clock for each of its steps, on its own page.
    """
    flow = FLOWS[request.kind]
    if flow.is_mirrored:
        return None
    return read_clock(
        _turns(request), allowed_days=flow.allowed_days, today=today, holidays=free_days
    )


def state_of(request: ServiceRequest, *, today: date, free_days: Holidays) -> RequestState:
    """For a request that `requests()` brought."""
    flow = FLOWS[request.kind]
    is_over = request.status in REQUEST_ENDED
    clock = clock_of(request, today=today, free_days=free_days)
    return RequestState(
        request=request,
        flow=flow,
        status_kind=REQUEST_STATUS_KIND[request.status],
        stages=stages(
            flow,
            step_key=request.step,
            passed=_passed(request),
            note=_due_words(request),
            is_over=is_over,
        ),
        next_actor=say(ACTOR_WORDS[request.waiting_on]),
        is_customers_turn=request.status == RequestStatus.WAITING,
        is_over=is_over,
        clock=None if is_over else clock,
        pauses=_pauses(request, today=today, free_days=free_days),
        answers=tuple(
            (say(question.label), shown(question, request.answers[question.key]))
            for question in flow.questions
            if request.answers.get(question.key)
        ),
        clock_word=_clock_word(request, clock, today=today, free_days=free_days),
    )


def request_timeline(
    request: ServiceRequest, *, with_internal: bool, names: dict[str, str]
) -> list[RequestEntry]:
    """Steps, notes, files, field orders and notices, newest first."""
    flow = FLOWS[request.kind]
    entries = [
        RequestEntry(
            at=one.entered_at,
            who=names.get(one.by, one.by),
            what=_passage_words(flow, one, is_plain=not with_internal),
            reason=one.words,
        )
        for one in request.passages_in_order()
    ]
    entries += [
        RequestEntry(
            at=note.at,
            who=names.get(note.by, note.by),
            what="Internal note" if note.is_internal else say("Note"),
            reason=note.text,
        )
        for note in request.notes.all()
        if with_internal or not note.is_internal
    ]
    entries += [
        RequestEntry(
            at=file.at, who=names.get(file.by, file.by), what=say("File"), reason=file.name
        )
        for file in request.files.all()
        if with_internal or not file.is_internal
    ]
    entries += [
        RequestEntry(
            at=notice.created_at,
            who=say("by {channel}", channel=notice.get_channel_display().lower()),
            what=say("Notice: {subject}", subject=notice.subject),
            reason=f"{notice.get_status_display()}. {notice.last_error}".strip(),
        )
        for notice in Notice.objects.filter(about__startswith=f"{request.number}/").order_by("pk")
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _passage_words(flow: Flow, passage: RequestPassage, *, is_plain: bool) -> str:
    ended = dict(RequestStatus.choices)
    if passage.step in ended:
        return str(ended[RequestStatus(passage.step)])
    step = flow.step(passage.step)
    return say(step.plain) if is_plain else step.label


def _turns(request: ServiceRequest) -> list[Turn]:
    """The periods in which the clock ran, from the recorded passages."""
    turns: list[Turn] = []
    since: date | None = None
    for passage in request.passages_in_order():
        day = timezone.localdate(passage.entered_at)
        if passage.waiting_on not in {CUSTOMERS, NOBODYS}:
            since = since or day
        elif since is not None:
            turns.append(Turn(from_date=since, to_date=day))
            since = None
    if since is not None:
        turns.append(Turn(from_date=since, to_date=None))
    return turns


def _pauses(request: ServiceRequest, *, today: date, free_days: Holidays) -> tuple[Pause, ...]:
    if FLOWS[request.kind].is_mirrored:
        return ()
    pauses: list[Pause] = []
    since: date | None = None
    for passage in request.passages_in_order():
        day = timezone.localdate(passage.entered_at)
        if passage.waiting_on == CUSTOMERS:
            since = since or day
        elif since is not None:
            pauses.append(_pause(since, day, day, free_days))
            since = None
    if since is not None:
        pauses.append(_pause(since, None, today, free_days))
    return tuple(pauses)


def _pause(since: date, to: date | None, last: date, free_days: Holidays) -> Pause:
    return Pause(from_date=since, to_date=to, days=business_days_between(since, last, free_days))


def _passed(request: ServiceRequest) -> dict[str, str]:
    """When each step was left."""
    passages = request.passages_in_order()
    return {
        before.step: say("Done {day}", day=_day(after.entered_at))
        for before, after in pairwise(passages)
    }


def _due_words(request: ServiceRequest) -> str:
    if request.status == RequestStatus.WAITING:
        return say("The clock stands still until the answer")
    due = request.due_date
    return say("Expected by {due_date}", due_date=words.day(due)) if due else ""


def _clock_word(
    request: ServiceRequest, clock: Clock | None, *, today: date, free_days: Holidays
) -> str:
    if request.status in REQUEST_ENDED:
        return "Over"
    if request.status == RequestStatus.WAITING:
        return "Stands still"
    days = WorkingDays(today=today, holidays=free_days)
    left = clock.left_days if clock else days.left(request.due_date) if request.due_date else None
    if left is None:
        return "No clock"
    return f"{-left} overdue" if left < 0 else f"{left} left"


def _day(moment: datetime) -> str:
    return words.day(timezone.localdate(moment))
