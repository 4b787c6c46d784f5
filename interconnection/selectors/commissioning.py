"""Questions about commissioning: what is done on site, what is left, is it ready."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet

from customers.models.tariff import RequiredCommunication
from customers.statuses import ServiceOrderStatus
from derms.lib.errors import NotFound
from interconnection.models import (
    ApplicationUnit,
    CommissioningOrder,
    CommissioningTest,
    InterconnectionApplication,
    SettingsOverride,
)
from interconnection.statuses import ApplicationStatus, OverrideStatus, TestOutcome

OPEN_ORDERS = (
    ServiceOrderStatus.OPEN,
    ServiceOrderStatus.IN_PROGRESS,
    ServiceOrderStatus.BLOCKED,
)


@dataclass(frozen=True, slots=True)
class SiteCheck:
    """One line of the checklist as it stands; `why` says what is missing or who did it."""

    key: str
    label: str
    is_live_test: bool
    is_done: bool
    is_failed: bool
    done_at: datetime | None
    done_by: str
    why: str


def orders() -> QuerySet[CommissioningOrder]:
    """With everything the field pages show; latest tests last."""
    overrides = SettingsOverride.objects.select_related("asked_by", "answered_by").order_by("pk")
    tests = (
        CommissioningTest.objects.select_related("performed_by")
        .prefetch_related(Prefetch("overrides", queryset=overrides))
        .order_by("pk")
    )
    return CommissioningOrder.objects.select_related(
        "service_order__assigned_to",
        "application__customer",
        "application__usage_point__location",
        "application__agreement__tariff_version__tariff",
    ).prefetch_related(
        Prefetch("tests", queryset=tests),
        Prefetch("application__units", queryset=ApplicationUnit.objects.order_by("pk")),
    )


def open_orders() -> QuerySet[CommissioningOrder]:
    """What technicians still have to do, by time window."""
    return (
        orders()
        .filter(
            service_order__status__in=OPEN_ORDERS,
            application__status=ApplicationStatus.COMMISSIONING,
        )
        .order_by("service_order__planned_from", "pk")
    )


def open_order(number: str) -> CommissioningOrder:
    found = open_orders().filter(service_order__number=number).first()
    if found is None:
        raise NotFound(f"There is no open order {number}. It may be finished or cancelled.")
    return found


def order_of(application: InterconnectionApplication) -> CommissioningOrder | None:
    return orders().filter(application=application).first()


def requires_communication(application: InterconnectionApplication) -> bool:
    agreement = application.agreement
    if agreement is None:
        return False
    needed = agreement.tariff_version.required_communication
    return needed != RequiredCommunication.NONE


def needs_control(application: InterconnectionApplication) -> bool:
    agreement = application.agreement
    if agreement is None:
        return False
    needed = agreement.tariff_version.required_communication
    return needed == RequiredCommunication.MONITOR_AND_CONTROL


def latest_tests(order: CommissioningOrder) -> dict[int | None, CommissioningTest]:
    """The last test of each unit, and of the meter under None; earlier ones do not count."""
    return {test.unit_id: test for test in order.tests.all()}


def is_accepted(test: CommissioningTest) -> bool:
    """Passed, or with settings that differ and that two engineers have accepted."""
    if test.outcome == TestOutcome.PASSED:
        return True
    return test.outcome == TestOutcome.SETTINGS and any(
        one.status == OverrideStatus.CONFIRMED for one in test.overrides.all()
    )


def site_checks(order: CommissioningOrder) -> list[SiteCheck]:
    """The checklist with ticks and with live tests read from the record."""
    tests = latest_tests(order)
    return [_site_check(line, tests) for line in _lines(order)]


def left_to_do(order: CommissioningOrder) -> list[str]:
    """What keeps the order from being finished, in words; empty when nothing does."""
    return [f"{check.label}: {check.why}" for check in site_checks(order) if not check.is_done]


def is_ready_for_permission(order: CommissioningOrder | None) -> bool:
    return (
        order is not None
        and order.application.status == ApplicationStatus.COMMISSIONING
        and order.service_order.status == ServiceOrderStatus.DONE
        and not left_to_do(order)
    )


def finished_by(order: CommissioningOrder) -> str:
    """Username of the technician who finished the order; empty while it is open."""
    change = (
        order.service_order.status_changes.filter(new_status=ServiceOrderStatus.DONE)
        .order_by("-pk")
        .first()
    )
    return change.by if change else ""


def _lines(order: CommissioningOrder) -> Sequence[dict[str, Any]]:
    return order.checklist or []


def _site_check(line: dict[str, Any], tests: dict[int | None, CommissioningTest]) -> SiteCheck:
    if line["is_live_test"]:
        test = tests.get(int(line["key"].removeprefix("live-")))
        is_done = test is not None and is_accepted(test)
        return SiteCheck(
            line["key"],
            line["label"],
            is_live_test=True,
            is_done=is_done,
            is_failed=test is not None and not is_done,
            done_at=test.performed_at if test else None,
            done_by=test.performed_by.username if test else "",
            why="" if is_done else test.reason if test else "not tested yet",
        )
    done_at = line.get("done_at")
    return SiteCheck(
        line["key"],
        line["label"],
        is_live_test=False,
        is_done=bool(done_at),
        is_failed=False,
        done_at=datetime.fromisoformat(done_at) if done_at else None,
        done_by=line.get("done_by", ""),
        why="" if done_at else "not checked yet",
    )
