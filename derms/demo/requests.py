"""Service requests of every kind, brought to different steps by the product's own services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

from django.utils import timezone

from customers.flows.checklists import NUMBER, WORDS, checklist_of
from customers.models import ServiceRequest, UsagePoint, WorkRequest
from customers.services import open_request, start_service_order, take_way
from customers.services.files import write_note
from customers.services.holidays import keep_holiday
from customers.services.sending import Visit
from customers.services.visits import Report, record_visit
from customers.services.works import Plan, plan_crew, plan_work
from derms.accounts.models import User

DESK = frozenset({"customer_service"})
CUSTOMER = frozenset({"customer"})
ENGINEERING = frozenset({"engineering"})
MEASURED = {"reading": "18240", "voltage": "121.4"}
TYPED = {"seal": "S-20417", "label": "as registered"}


@dataclass(frozen=True)
class Desk:
    """Who acts, and when today is."""

    people: Mapping[str, User]
    at: datetime

    def ago(self, days: float) -> datetime:
        return self.at - timedelta(days=days)

    def visit(self, days: int, hour: int = 9) -> Visit:
        """A window of two hours so many days from now, by the town's clock."""
        day = timezone.localdate(self.at) + timedelta(days=days)
        begins = timezone.make_aware(datetime.combine(day, time(hour)))
        return Visit(
            planned_from=begins,
            planned_to=begins + timedelta(hours=2),
            assigned_to=self.people["tess"],
        )


def seed_requests(
    points: Sequence[UsagePoint], ada: UsagePoint, people: Mapping[str, User], *, at: datetime
) -> None:
    """A few of each kind; `points` are those of at least eight other customers."""
    desk = Desk(people, at)
    _holidays(at)
    _turning(desk, points)
    _new_services(desk, points, ada)
    _questions(desk, points)


def _turning(desk: Desk, points: Sequence[UsagePoint]) -> None:
    _asked(desk, points[0], "turn_on", 1, reason="move_in", access="Key with the neighbour.")
    waiting = _asked(desk, points[1], "turn_on", 4, reason="season")
    _take(desk, waiting, "ask", 3, words="Which of the two meters in the house is yours?")
    note = "Two meters hang side by side in this house."
    write_note(request=waiting, text=note, is_internal=True, at=desk.ago(3), by="cleo")
    access = "Bell 2, dog in the garden."
    planned = _asked(desk, points[3], "turn_on", 2, reason="other", access=access)
    _take(desk, planned, "order", 1, visit=desk.visit(1))
    done = _asked(desk, points[2], "turn_off", 9, reason="move_out")
    _take(desk, done, "order", 8, visit=desk.visit(-7))
    _finish(desk, done, 7, "Service is off, meter sealed.")


def _new_services(desk: Desk, points: Sequence[UsagePoint], ada: UsagePoint) -> None:
    facts = {"what": "extension", "amperes": "60"}
    garage = {**facts, "place": "The garage behind the house", "load": "A car charger, 7 kW."}
    _take(desk, _asked(desk, points[3], "new_service", 6, **garage), "design", 5)
    offered = _asked(desk, ada, "new_service", 12, **garage)
    _take(desk, offered, "design", 11)
    plan = Plan(
        text="30 m of cable from the meter to the garage, and a sub-panel of 60 A.",
        cost=Decimal("1840.00"),
        ready_date=timezone.localdate(desk.at) + timedelta(days=30),
    )
    _plan(offered, plan, desk.ago(6))
    building = _asked(desk, points[4], "new_service", 25, **garage | {"what": "upgrade"})
    _take(desk, building, "design", 24)
    _plan(building, plan, desk.ago(18))
    _take(desk, building, "accept", 16, actors=CUSTOMER, by=points[4].customer.name)
    work = WorkRequest.objects.get(request=building)
    plan_crew(work=work, visit=desk.visit(3, hour=8), at=desk.ago(10), by="enzo")


def _questions(desk: Desk, points: Sequence[UsagePoint]) -> None:
    flicker = {"what": "flicker", "when": "Each evening since last week"}
    measured = _asked(desk, points[5], "power_quality", 8, **flicker)
    _take(desk, measured, "order", 7, visit=desk.visit(-5))
    _finish(desk, measured, 5, "Loose neutral at the service drop, tightened. Voltage steady now.")
    _asked(desk, points[6], "power_quality", 2, what="low", when="At noon on sunny days")
    _asked(desk, points[6], "enrol", 1, programme="Peak saver")
    left = _asked(desk, points[7], "leave", 6, programme="Peak saver")
    _take(desk, left, "left", 5, words="From the first of next month. Your tariff stays.")
    answered = _asked(
        desk, points[7], "account", 10, what="billing", story="What is “curtailment”?"
    )
    words = "What we pay when we ask your equipment to produce less. The statement shows each hour."
    _take(desk, answered, "answered", 9, words=words)
    high = _asked(desk, points[0], "account", 3, what="high_bill", story="Twice as much as in May.")
    _take(desk, high, "order", 2, visit=desk.visit(2, hour=13))


def _holidays(at: datetime) -> None:
    today = timezone.localdate(at)
    for year in (today.year, today.year + 1):
        keep_holiday(day=date(year, 1, 1), name="New Year", at=at)
        keep_holiday(day=date(year, 12, 25), name="Christmas", at=at)


def _asked(
    desk: Desk, point: UsagePoint, kind: str, days_ago: float, **answers: str
) -> ServiceRequest:
    opened_at = desk.ago(days_ago)
    wish = timezone.localdate(opened_at) + timedelta(days=7)
    days = {"day": wish.isoformat()} if kind in {"turn_on", "turn_off", "leave"} else {}
    return open_request(
        kind=kind,
        customer=point.customer,
        usage_point=point,
        answers={**days, **answers},
        at=opened_at,
        by=point.customer.name,
    )


def _take(
    desk: Desk,
    request: ServiceRequest,
    way: str,
    days_ago: float,
    *,
    words: str = "",
    visit: Visit | None = None,
    actors: frozenset[str] = DESK,
    by: str = "cleo",
) -> None:
    at = desk.ago(days_ago)
    take_way(request=request, way=way, actors=actors, words=words, visit=visit, at=at, by=by)


def _plan(request: ServiceRequest, plan: Plan, at: datetime) -> None:
    plan_work(work=WorkRequest.objects.get(request=request), plan=plan, at=at, by="enzo")


def _finish(desk: Desk, request: ServiceRequest, days_ago: float, result: str) -> None:
    order = request.orders.get()
    at = desk.ago(days_ago)
    start_service_order(order=order, at=at, by="tess")
    answers = {}
    for line in checklist_of(order.kind):
        by_kind = {NUMBER: MEASURED.get(line.key, "121"), WORDS: TYPED.get(line.key, "none")}
        answers[line.key] = by_kind.get(line.kind, "yes")
    key = uuid5(NAMESPACE_URL, order.number)
    report = Report(key=key, answers=answers, result=result, is_final=True)
    record_visit(order=order, report=report, at=at + timedelta(hours=1), by="tess")
