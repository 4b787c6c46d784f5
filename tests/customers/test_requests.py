"""Service requests: step by step, whose turn, the clock and its pauses (CS-4, CS-5)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db.models import Prefetch
from django.utils import timezone

from customers import services
from customers.models import (
    Customer,
    Holiday,
    Notice,
    RequestPassage,
    ServiceRequest,
    UsagePoint,
)
from customers.selectors import open_requests
from customers.selectors import requests as selectors
from customers.services.passages import go_by_itself
from customers.services.sending import Visit
from customers.statuses import RequestStatus
from derms.lib.errors import InvalidInput, Refused
from derms.lib.lifecycle import MoveNotAllowed
from tests.customers.asking import CUSTOMER, DESK, ENGINEERS, asked, told


def test_turning_service_on_goes_from_the_desk_to_the_field_to_its_end(
    ada_point: UsagePoint, at: datetime
) -> None:
    request = asked(ada_point, at)
    assert (request.number, request.step, request.waiting_on) == (
        "R-2026-0001",
        "check",
        "customer_service",
    )
    assert request.due_date == date(2026, 6, 18)

    visit = Visit(planned_from=at + timedelta(days=1), planned_to=at + timedelta(days=1, hours=2))
    services.take_way(request=request, way="order", actors=DESK, visit=visit, at=at, by="cleo")
    order = request.orders.get()
    services.start_service_order(order=order, at=at, by="tess")
    services.finish_service_order(order=order, at=at + timedelta(days=1), by="tess")
    go_by_itself(request, "order_done", words="Is on.", at=at, by="tess")

    ended = ServiceRequest.objects.get()
    assert (ended.status, ended.waiting_on, ended.due_date) == ("done", "nobody", None)
    assert order.kind == "connection"
    assert told(request) == ["request_received", "request_visit", "request_done"]


def test_the_clock_is_the_same_in_whatever_order_the_steps_are_read(
    ada_point: UsagePoint, at: datetime
) -> None:
    request = asked(ada_point, at)
    services.take_way(
        request=request, way="ask", actors=DESK, words="Which floor?", at=at, by="cleo"
    )
    backwards = Prefetch("passages", queryset=RequestPassage.objects.order_by("-pk"))

    read = ServiceRequest.objects.prefetch_related(backwards).get()

    steps = [passage.pk for passage in read.passages.all()]
    assert steps == sorted(steps, reverse=True)
    clock = selectors.clock_of(read, today=at.date(), free_days=frozenset())
    assert clock is not None
    assert clock.due_date is None


def test_the_clock_stands_still_while_the_customer_has_to_answer(
    ada_point: UsagePoint, at: datetime
) -> None:
    request = asked(ada_point, at)

    services.take_way(
        request=request, way="ask", actors=DESK, words="Which floor?", at=at, by="cleo"
    )
    request.refresh_from_db()
    waiting = selectors.state_of(
        selectors.requests().get(), today=date(2026, 6, 19), free_days=frozenset()
    )
    services.take_way(
        request=request,
        way="answered",
        actors=CUSTOMER,
        words="The second.",
        at=at + timedelta(days=4),
        by="ada",
    )

    assert (request.status, request.ask, request.due_date) == ("waiting", "Which floor?", None)
    assert waiting.clock_word == "Stands still"
    assert [(pause.days, pause.to_date) for pause in waiting.pauses] == [(4, None)]
    request.refresh_from_db()
    assert (request.status, request.step, request.due_date) == ("open", "check", date(2026, 6, 24))
    again = selectors.state_of(
        selectors.requests().get(), today=date(2026, 6, 19), free_days=frozenset()
    )
    assert [(pause.days, pause.to_date) for pause in again.pauses] == [(4, date(2026, 6, 19))]
    assert told(request) == ["request_received", "request_question"]


def test_holidays_of_the_utility_move_the_due_date(ada_point: UsagePoint, at: datetime) -> None:
    Holiday.objects.create(date=date(2026, 6, 17), name="Day of the river")

    assert asked(ada_point, at).due_date == date(2026, 6, 19)


def test_nobody_acts_out_of_turn_and_nobody_over_what_others_did(
    ada_point: UsagePoint, at: datetime
) -> None:
    request = asked(ada_point, at)
    seen = request.passages.get().pk

    for actors, way in ((CUSTOMER, "answered"), (ENGINEERS, "order"), (DESK, "order_done")):
        with pytest.raises(services.NotTheirTurn, match="waits for Customer service"):
            services.take_way(request=request, way=way, actors=actors, at=at, by="x")
    with pytest.raises(InvalidInput, match="Write the words"):
        services.take_way(request=request, way="ask", actors=DESK, at=at, by="cleo")
    with pytest.raises(InvalidInput, match="window in the future"):
        services.take_way(request=request, way="order", actors=DESK, at=at, by="cleo")
    services.take_way(
        request=request, way="ask", actors=DESK, words="Which?", at=at, by="cleo", seen=seen
    )
    with pytest.raises(
        services.RequestMoved, match="cleo brought it to “Question to the customer”"
    ):
        services.take_way(
            request=request, way="decline", actors=DESK, words="No.", at=at, by="carl", seen=seen
        )

    assert request.passages.count() == 2


def test_a_request_without_its_answers_is_not_made(ada_point: UsagePoint, at: datetime) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.open_request(
            kind="turn_on",
            customer=ada_point.customer,
            usage_point=None,
            answers={},
            at=at,
            by="ada",
        )

    assert set(refusal.value.fields) == {"day", "reason", "usage_point"}
    assert not ServiceRequest.objects.exists()


def test_another_customers_meter_is_refused(
    ada_point: UsagePoint, cem_customer: Customer, at: datetime
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.open_request(
            kind="account",
            customer=cem_customer,
            usage_point=ada_point,
            answers={"what": "other", "story": "x"},
            at=at,
            by="cem",
        )

    assert refusal.value.fields == {"usage_point": ["Choose a meter of this customer."]}


def test_nobody_is_sent_where_no_meter_is_named(cem_customer: Customer, at: datetime) -> None:
    request = services.open_request(
        kind="account",
        customer=cem_customer,
        usage_point=None,
        answers={"what": "high_bill", "story": "Twice as much."},
        at=at,
        by="cem",
    )

    with pytest.raises(Refused, match="names no meter"):
        services.take_way(request=request, way="order", actors=DESK, at=at, by="cleo")


def test_withdrawing_cancels_the_open_field_order(ada_point: UsagePoint, at: datetime) -> None:
    request = asked(ada_point, at)
    visit = Visit(planned_from=at + timedelta(days=1), planned_to=at + timedelta(days=1, hours=2))
    services.take_way(request=request, way="order", actors=DESK, visit=visit, at=at, by="cleo")

    services.withdraw_request(request=request, reason="I stay.", at=at, by="ada")

    request.refresh_from_db()
    assert request.orders.get().status == "cancelled"
    assert request.closed_at == at
    with pytest.raises(MoveNotAllowed):
        services.withdraw_request(request=request, reason="Again.", at=at, by="ada")


def test_open_requests_come_by_due_date_and_paused_ones_last(
    ada_point: UsagePoint, at: datetime
) -> None:
    late, paused, ended = (asked(ada_point, at) for _ in range(3))
    first = asked(ada_point, at - timedelta(days=7))
    services.take_way(request=paused, way="ask", actors=DESK, words="?", at=at, by="cleo")
    services.take_way(request=ended, way="decline", actors=DESK, words="No.", at=at, by="cleo")

    assert list(open_requests()) == [first, late, paused]


def test_an_application_is_mirrored_by_one_request_and_no_notice(
    ada_point: UsagePoint, at: datetime
) -> None:
    def mirror(step: str, **facts: object) -> ServiceRequest:
        return services.mirror_request(
            reference="A-2026-0007",
            customer=ada_point.customer,
            usage_point=ada_point,
            place=services.Place(step=step, **facts),  # type: ignore[arg-type]  # as given
            at=at,
            by="x",
        )

    mirror("tariff")
    mirror("register")
    mirror("completeness", due_date=date(2026, 6, 29))
    mirror("register", ask="Send the serial number.")
    waiting = ServiceRequest.objects.get()
    mirror("engineering", due_date=date(2026, 7, 6))
    mirror("permission", ended=RequestStatus.DONE)
    mirror("permission", ended=RequestStatus.DONE)

    assert (waiting.status, waiting.ask, waiting.due_date) == (
        "waiting",
        "Send the serial number.",
        None,
    )
    request = ServiceRequest.objects.get()
    assert request.status == "done"
    assert [one.step for one in request.passages.order_by("pk")] == [
        "tariff", "register", "completeness", "register", "engineering", "done",
    ]  # fmt: skip
    assert not Notice.objects.exists()


def test_a_mirrored_request_is_moved_on_the_pages_of_its_application_only(
    ada_point: UsagePoint, at: datetime
) -> None:
    with pytest.raises(Refused, match="begins with an application"):
        services.open_request(
            kind="connect_der",
            customer=ada_point.customer,
            usage_point=ada_point,
            answers={},
            at=at,
            by="ada",
        )


def test_the_timeline_shows_the_customer_no_internal_note(
    ada_point: UsagePoint, at: datetime
) -> None:
    request = asked(ada_point, at)
    request.notes.create(at=at, by="cleo", text="Owes two months.", is_internal=True)
    request.notes.create(at=at, by="cleo", text="Called back.", is_internal=False)

    def lines(*, with_internal: bool) -> list[str]:
        shown = selectors.request_timeline(
            request, with_internal=with_internal, names={"cleo": "Cleo"}
        )
        return [f"{one.who}: {one.what}" for one in shown if one.what.endswith("ote")]

    assert lines(with_internal=False) == ["Cleo: Note"]
    assert sorted(lines(with_internal=True)) == ["Cleo: Internal note", "Cleo: Note"]


def test_days_are_the_utilitys_own(ada_point: UsagePoint) -> None:
    late_evening = datetime(2026, 6, 15, 23, 59, tzinfo=UTC)

    with timezone.override("Pacific/Auckland"):
        assert asked(ada_point, late_evening).due_date == date(2026, 6, 19)
