"""Where an application stands, for its customer and the desk: steps, clock, who acts next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from customers.flows.clock import Holidays
from customers.selectors.requests import holidays
from derms.lib import words
from derms.lib.words import mark, say
from interconnection.explaining import reasons_said
from interconnection.models import (
    CommissioningOrder,
    Decision,
    InterconnectionApplication,
)
from interconnection.models.deadline import clock_for
from interconnection.screening.clock import Clock
from interconnection.selectors.papers import papers_asked
from interconnection.statuses import (
    NEXT_ACTOR,
    STATUS_KIND,
    ApplicationStatus,
    DecisionStatus,
    DecisionVerdict,
)

S = ApplicationStatus
# The steps in the customer's words and in the desk's, and in which statuses each is current.
STEPS: tuple[tuple[str, str, frozenset[str]], ...] = (
    (mark("You send the application"), mark("Sent"), frozenset({S.DRAFT})),
    (
        mark("Customer service checks that everything is there"),
        mark("Completeness"),
        frozenset({S.SUBMITTED, S.INCOMPLETE}),
    ),
    (
        mark("Engineering checks whether the grid can take it"),
        mark("Engineering"),
        frozenset({S.IN_REVIEW, S.HELD}),
    ),
    (
        mark("Operations confirms the decision"),
        mark("Operations"),
        frozenset({S.DECISION_PROPOSED}),
    ),
    (
        mark("A technician checks the installation"),
        mark("Commissioning"),
        frozenset({S.APPROVED, S.COMMISSIONING}),
    ),
    (mark("You may switch on"), mark("Permission to operate"), frozenset({S.PERMITTED})),
)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the way; `state` is done, current or todo."""

    label: str
    short: str
    state: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Everything an applicant must see: steps with dates, who acts next, the exact ask."""

    status_word: str
    status_kind: str
    steps: tuple[Step, ...]
    next_actor: str
    next_words: str
    is_customers_turn: bool
    is_nobodys_turn: bool
    clock: Clock | None
    # Papers that the tariff asks for and the customer must still bring, as asks.
    papers_asked: tuple[str, ...] = ()


def clock_of(
    application: InterconnectionApplication, *, today: date, free_days: Holidays | None = None
) -> Clock | None:
    """The statutory clock of the step it is in; None when no clock belongs to it.

    Lists bring the holidays as `free_days`, so that they are asked for once.
    """
    changes = application.moves_in_order()
    moves = [(change.new_status, timezone.localdate(change.at)) for change in changes]
    days = holidays() if free_days is None else free_days
    return clock_for(application.status, moves, today=today, holidays=days)


def progress_of(
    application: InterconnectionApplication, *, today: date, free_days: Holidays | None = None
) -> Progress:
    """For an application that `applications()` brought."""
    clock = clock_of(application, today=today, free_days=free_days)
    status = application.status
    actor = NEXT_ACTOR[status]
    is_customers_turn = status in {S.DRAFT, S.INCOMPLETE}
    return Progress(
        status_word=application.get_status_display(),
        status_kind=STATUS_KIND[status],
        steps=_steps(application, clock),
        next_actor=say("You") if is_customers_turn else say(actor),
        is_nobodys_turn=actor == "Nobody",
        next_words=_next_words(application, clock),
        is_customers_turn=is_customers_turn,
        clock=clock,
        papers_asked=papers_asked(application),
    )


def _steps(application: InterconnectionApplication, clock: Clock | None) -> tuple[Step, ...]:
    changes = application.moves_in_order()
    left_at: dict[str, datetime] = {change.old_status: change.at for change in changes}
    is_over = application.status in {S.REJECTED, S.WITHDRAWN}
    status = changes[-1].old_status if is_over and changes else application.status
    if status == S.PERMITTED and changes:
        left_at[status] = changes[-1].at
    here = next((n for n, (_, _, statuses) in enumerate(STEPS) if status in statuses), 0)
    steps = []
    for n, (label, short, statuses) in enumerate(STEPS):
        if n < here or status == S.PERMITTED:
            moments = [left_at[one] for one in statuses if one in left_at]
            note = say("Done {day}", day=_day(max(moments))) if moments else say("Done")
            steps.append(Step(label=say(label), short=say(short), state="done", note=note))
        elif n > here:
            steps.append(Step(label=say(label), short=say(short), state="todo", note=""))
        elif is_over:
            steps.append(
                Step(
                    label=say(label),
                    short=say(short),
                    state="todo",
                    note=application.get_status_display(),
                )
            )
        else:
            steps.append(
                Step(label=say(label), short=say(short), state="current", note=_due(clock))
            )
    return tuple(steps)


def _next_words(application: InterconnectionApplication, clock: Clock | None) -> str:
    said: dict[ApplicationStatus, Callable[[], str]] = {
        S.DRAFT: lambda: say("Finish your application and send it."),
        S.SUBMITTED: lambda: say("We check whether everything is there. {due}.", due=_due(clock)),
        S.INCOMPLETE: lambda: application.incomplete_reason,
        S.IN_REVIEW: lambda: say(
            "We check whether the grid can take your equipment. {due}.", due=_due(clock)
        ),
        S.DECISION_PROPOSED: lambda: say(
            "Engineering has proposed a decision; Operations confirms it. {due}.", due=_due(clock)
        ),
        S.HELD: lambda: _held_words(application),
        S.APPROVED: lambda: _approved_words(application),
        S.COMMISSIONING: lambda: _visit_words(application),
        S.PERMITTED: lambda: say("You may switch on. Nothing more to do."),
        S.REJECTED: lambda: _rejected_words(application),
        S.WITHDRAWN: lambda: say("Withdrawn. You can apply again at any time."),
    }
    return said[ApplicationStatus(application.status)]()


def _due(clock: Clock | None) -> str:
    if clock is None or clock.due_date is None:
        return say("The clock stands still until you answer") if clock else ""
    return say("Expected by {due_date}", due_date=_date(clock.due_date))


def _decision(application: InterconnectionApplication) -> Decision | None:
    decisions = Decision.objects.filter(application=application, status=DecisionStatus.CONFIRMED)
    return decisions.select_related("upgrade").order_by("-answered_at").first()


def approval_of(application: InterconnectionApplication) -> Decision | None:
    """The confirmed approval with its conditions; None while there is none."""
    decision = _decision(application)
    if decision is None or decision.verdict != DecisionVerdict.APPROVE:
        return None
    return decision


def _held_words(application: InterconnectionApplication) -> str:
    decision = _decision(application)
    if decision is None or decision.upgrade is None:
        return say("We wait for work on the grid.")
    upgrade = decision.upgrade
    return say(
        "We wait for work on the grid: {name}, planned for {planned}. You keep "
        "your place. {reasons}",
        name=upgrade.name,
        planned=_date(upgrade.planned_in_service_date),
        reasons=reasons_said(decision.reasons),
    )


def _approved_words(application: InterconnectionApplication) -> str:
    approved = say(
        "Approved. You may have the equipment installed, but do not switch it "
        "on yet: we plan the visit that checks the installation."
    )
    decision = _decision(application)
    if decision is None or decision.verdict != DecisionVerdict.APPROVE or not decision.conditions:
        return approved
    return f"{approved} {say('Conditions: {conditions}', conditions=' '.join(decision.conditions))}"


def _rejected_words(application: InterconnectionApplication) -> str:
    decision = _decision(application)
    return (
        say("Rejected. {reasons}", reasons=reasons_said(decision.reasons))
        if decision
        else say("Rejected.")
    )


def _visit_words(application: InterconnectionApplication) -> str:
    link = (
        CommissioningOrder.objects.filter(application=application)
        .select_related("service_order")
        .first()
    )
    if link is None:
        return say("A technician comes to check the installation.")
    order = link.service_order
    begins, ends = map(timezone.localtime, (order.planned_from, order.planned_to))
    return say(
        "A technician comes on {date} between {begins:%H:%M} and {ends:%H:%M}. "
        "Please see that the inverter can be reached.",
        date=_date(begins.date()),
        begins=begins,
        ends=ends,
    )


def _day(moment: datetime) -> str:
    return _date(timezone.localdate(moment))


def _date(day: date) -> str:
    return words.day(day)
