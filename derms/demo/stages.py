"""Applications that wait at each step, brought there by the product's own services."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from customers.models import TariffVersion, UsagePoint
from customers.services import start_service_order
from derms.accounts.models import User
from derms.demo.fleet_file import House, Machine
from derms.demo.record import Book
from derms.demo.tariffs import TECHNOLOGY, nameplate_of
from interconnection.models import Feeder, InterconnectionApplication
from interconnection.screening.nameplate import UnitValues
from interconnection.services.applications import (
    forward_to_engineering,
    return_as_incomplete,
    save_planned_date,
    save_tariff_choice,
    start_application,
    submit_application,
    withdraw_application,
)
from interconnection.services.commissioning import order_commissioning
from interconnection.services.construction import Dates, state_dates
from interconnection.services.date_offers import Terms, offer_incentive
from interconnection.services.decisions import (
    NewUpgrade,
    Proposal,
    confirm_decision,
    propose_decision,
)
from interconnection.services.units import save_unit
from interconnection.statuses import DecisionVerdict

Bring = Callable[["Case"], None]


@dataclass(frozen=True)
class Case:
    """One application on its way; `began_at` is the day it was opened."""

    application: InterconnectionApplication
    house: House
    feeder: Feeder
    people: Mapping[str, User]
    began_at: datetime

    def on_day(self, day: float) -> datetime:
        return self.began_at + timedelta(days=day)


def seed_stages(
    houses: Sequence[House],
    points: Mapping[str, UsagePoint],
    feeders: Mapping[str, Feeder],
    book: Book,
    *,
    at: datetime,
) -> None:
    """One application in each state, at the houses whose machines wait to be commissioned."""
    by_key = {house.key: house for house in houses}
    for key, bring, days_ago in _plan():
        house = by_key[key]
        case = _open(house, points[key], feeders[house.feeder], book, at - timedelta(days=days_ago))
        bring(case)


def seed_draft(
    house: House, point: UsagePoint, feeder: Feeder, book: Book, *, at: datetime
) -> None:
    """One that its customer has only begun."""
    began_at = at - timedelta(days=2)
    application = start_application(usage_point=point, at=began_at, by=point.customer.name)
    case = Case(application, house, feeder, book.people, began_at)
    _choose_tariff(case, point, book.tariffs["SOLAR-PARTNER"])


def _plan() -> tuple[tuple[str, Bring, int], ...]:
    return (
        ("mismatch", _to_commissioning, 21),
        ("wrongmap", _to_commissioning, 20),
        ("spare4", _to_building, 18),
        ("spare5", _to_held, 16),
        ("spare3", _to_proposed, 12),
        ("spare2", _to_review, 9),
        ("spare6", _to_incomplete, 7),
        ("spare1", _to_withdrawn, 90),
        ("spare1", _to_rejected, 60),
        ("spare1", _to_submitted, 4),
    )


def _open(house: House, point: UsagePoint, feeder: Feeder, book: Book, began_at: datetime) -> Case:
    application = start_application(usage_point=point, at=began_at, by=point.customer.name)
    case = Case(application, house, feeder, book.people, began_at)
    _choose_tariff(case, point, book.tariffs["SOLAR-PARTNER"])
    for machine in house.machines:
        if machine.kind != "meter":
            save_unit(
                application=application,
                values=_unit_of(machine, house),
                equipment=book.equipment[machine.manufacturer, machine.model],
                unit_id=None,
                at=case.on_day(0.1),
            )
    save_planned_date(
        application=application,
        planned_in_service_date=case.on_day(60).date(),
        at=case.on_day(0.2),
    )
    return case


def _choose_tariff(case: Case, point: UsagePoint, tariff: TariffVersion) -> None:
    save_tariff_choice(
        application=case.application,
        tariff_version=tariff,
        accepted_name=point.customer.name,
        accepted_by=point.customer.user or case.people["cleo"],
        from_address=None,
        at=case.on_day(0.05),
    )


def _unit_of(machine: Machine, house: House) -> UnitValues:
    values = nameplate_of(machine, phases=house.phase)
    return UnitValues(
        technology=TECHNOLOGY[machine.kind],
        serial_number=machine.serial_number,
        version=machine.version,
        dc_rating_w=machine.dc_rated_w or None,
        **values,  # type: ignore[arg-type]  # every value has the type of its field
    )


def _to_submitted(case: Case) -> None:
    submit_application(
        application=case.application, at=case.on_day(1), by=case.application.customer.name
    )


def _to_incomplete(case: Case) -> None:
    _to_submitted(case)
    return_as_incomplete(
        application=case.application,
        request_text="Please send the serial number as it stands on the label of your battery.",
        at=case.on_day(2),
        by="cleo",
    )


def _to_review(case: Case) -> None:
    _to_submitted(case)
    forward_to_engineering(application=case.application, at=case.on_day(2), by="cleo")


def _propose(case: Case, proposal: Proposal) -> None:
    propose_decision(
        application=case.application, proposal=proposal, at=case.on_day(5), by=case.people["enzo"]
    )


def _confirm(case: Case) -> None:
    decision = case.application.decisions.get()
    confirm_decision(decision=decision, at=case.on_day(6), by=case.people["olga"])


APPROVAL = Proposal(
    verdict=DecisionVerdict.APPROVE,
    reasons="All screens were read; the section has room for this size.",
    override_reason="The section is served by a regulator whose settings were checked.",
)


def _to_proposed(case: Case) -> None:
    _to_review(case)
    _propose(case, APPROVAL)


def _to_approved(case: Case) -> None:
    _to_proposed(case)
    _confirm(case)


def _to_building(case: Case) -> None:
    """Its date moved three days ago, and money is offered for keeping the new one."""
    _to_approved(case)
    _state_dates(case, on=7, starts=12, finishes=30)
    _state_dates(case, on=15, starts=20, finishes=90, reason="The inverter is delivered later.")
    terms = Terms(
        amount=Decimal("120.00"),
        keep_by=case.on_day(92).date(),
        valid_until=case.on_day(30).date(),
    )
    offer_incentive(
        application=case.application, terms=terms, at=case.on_day(16), by=case.people["cleo"]
    )


def _state_dates(case: Case, *, on: float, starts: int, finishes: int, reason: str = "") -> None:
    dates = Dates(
        starts_on=case.on_day(starts).date(),
        finishes_on=case.on_day(finishes).date(),
        reason=reason,
    )
    by = case.application.customer.name
    state_dates(application=case.application, dates=dates, at=case.on_day(on), by=by)


def _to_held(case: Case) -> None:
    _to_review(case)
    upgrade = NewUpgrade(
        feeder=case.feeder,
        name="Reconductor the harbour lateral",
        planned_in_service_date=case.on_day(120).date(),
    )
    _propose(
        case,
        Proposal(
            verdict=DecisionVerdict.HOLD,
            reasons="The lateral is too thin for more solar until it is rebuilt.",
            new_upgrade=upgrade,
        ),
    )
    _confirm(case)


def _to_commissioning(case: Case) -> None:
    _to_approved(case)
    _state_dates(case, on=7, starts=10, finishes=24)
    order = order_commissioning(
        application=case.application,
        planned_from=case.on_day(20),
        planned_to=case.on_day(24),
        at=case.on_day(8),
        by="cleo",
        assigned_to=case.people["tess"],
    )
    start_service_order(order=order.service_order, at=case.on_day(19), by="tess")


def _to_withdrawn(case: Case) -> None:
    _to_submitted(case)
    withdraw_application(
        application=case.application,
        reason="The customer chose another installer.",
        at=case.on_day(3),
        by="cleo",
    )


def _to_rejected(case: Case) -> None:
    _to_review(case)
    _propose(
        case,
        Proposal(
            verdict=DecisionVerdict.REJECT,
            reasons="The service transformer cannot carry it before its exchange in spring.",
        ),
    )
    _confirm(case)
