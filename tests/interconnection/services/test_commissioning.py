"""From the order to the field to permission to operate (IC-6, IC-7, CS-6)."""

from dataclasses import replace
from datetime import datetime

import pytest
from django.db import DatabaseError

from customers.models import Notice, TariffVersion, UsagePoint
from customers.services import block_service_order, end_agreement
from derms.accounts.models import User
from derms.lib.errors import Conflict, NotFound, Refused
from derms.lib.lifecycle import MoveNotAllowed
from interconnection.models import DER, CommissioningOrder, CommissioningTest
from interconnection.selectors.commissioning import (
    is_ready_for_permission,
    left_to_do,
    open_orders,
    order_of,
    site_checks,
)
from interconnection.services.commissioning import (
    CommissioningNotFinished,
    PermissionTakesTwoPeople,
    TariffNotAccepted,
    finish_commissioning,
    grant_permission_to_operate,
    order_commissioning,
    record_commissioning_test,
    tick_checklist,
)
from interconnection.services.judging import Seen
from interconnection.statuses import ApplicationStatus
from interconnection.statuses import TestOutcome as Outcome
from tests.factories import make_agreement, make_application, make_unit
from tests.interconnection.commissioning import (
    as_registered,
    ordered,
    pass_live_tests,
    started,
    tick_all,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, enzo: User, olga: User
) -> CommissioningOrder:
    return ordered(ada, ada_point, tariff_version, engineer=enzo, operator=olga, with_battery=True)


def fresh(order: CommissioningOrder) -> CommissioningOrder:
    found = order_of(order.application)
    assert found is not None
    return found


def test_the_order_moves_the_application_and_tells_the_customer(
    order: CommissioningOrder,
) -> None:
    order.application.refresh_from_db()

    assert order.application.status == ApplicationStatus.COMMISSIONING
    assert Notice.objects.filter(template="commissioning_planned").count() == 1
    assert [one.pk for one in open_orders()] == [order.pk]
    labels = [check.label for check in site_checks(fresh(order))]
    assert "Condition met: Export at most 5 kW" in labels
    assert sum(label.startswith("Live test") for label in labels) == 2


def test_only_an_approved_application_is_ordered(
    ben: User, ben_point: UsagePoint, tariff_version: TariffVersion, enzo: User, olga: User
) -> None:
    first = ordered(ben, ben_point, tariff_version, engineer=enzo, operator=olga)

    with pytest.raises(Refused, match="only an approved application"):
        order_commissioning(
            application=first.application,
            planned_from=first.service_order.planned_from,
            planned_to=first.service_order.planned_to,
            at=first.service_order.planned_from,
            by="cleo",
        )


def test_nothing_is_ticked_before_the_work_begins(
    order: CommissioningOrder, tess: User, at: datetime
) -> None:
    with pytest.raises(Conflict, match="Start the work first"):
        tick_checklist(order=order, key="meter", is_done=True, at=at, by="tess")


def test_a_tick_says_who_and_when_and_can_be_taken_back(
    order: CommissioningOrder, tess: User, at: datetime
) -> None:
    started(order, tess)

    tick_checklist(order=order, key="meter", is_done=True, at=at, by="tess")
    ticked = site_checks(fresh(order))[0]
    tick_checklist(order=order, key="meter", is_done=False, at=at, by="tess")

    assert (ticked.is_done, ticked.done_by, ticked.done_at) == (True, "tess", at)
    assert not site_checks(fresh(order))[0].is_done


def test_a_live_test_cannot_be_ticked_and_a_strange_line_is_refused(
    order: CommissioningOrder, tess: User, at: datetime
) -> None:
    started(order, tess)
    live = next(check for check in site_checks(fresh(order)) if check.is_live_test)

    with pytest.raises(Refused, match="by testing"):
        tick_checklist(order=order, key=live.key, is_done=True, at=at, by="tess")
    with pytest.raises(NotFound):
        tick_checklist(order=order, key="nothing", is_done=True, at=at, by="tess")


def test_the_order_is_finished_only_when_everything_is_verified(
    order: CommissioningOrder, tess: User, at: datetime
) -> None:
    started(order, tess)
    tick_all(order, tess)

    with pytest.raises(CommissioningNotFinished, match="not tested yet"):
        finish_commissioning(order=order, at=at, by="tess")
    pass_live_tests(order, tess)
    finish_commissioning(order=order, at=at, by="tess")

    assert is_ready_for_permission(fresh(order))
    assert not open_orders().exists()


def test_a_mismatch_blocks_until_a_later_test_passes(
    order: CommissioningOrder, tess: User, at: datetime
) -> None:
    started(order, tess)
    tick_all(order, tess)
    pass_live_tests(order, tess)
    unit = order.application.units.order_by("pk")[0]
    wrong = replace(as_registered(unit), active_power_w=10_000.0)

    test = record_commissioning_test(
        order=order, unit=unit, seen=Seen("127.0.0.1", 15_600, 1, wrong), at=at, by=tess
    )

    assert test.outcome == Outcome.MISMATCH
    assert "registered 8 kW, the device reports 10 kW" in test.reason
    assert len(left_to_do(fresh(order))) == 1
    with pytest.raises(CommissioningNotFinished, match="reports 10 kW"):
        finish_commissioning(order=order, at=at, by="tess")
    pass_live_tests(order, tess)
    assert left_to_do(fresh(order)) == []


@pytest.mark.parametrize("outcome", [Outcome.UNREACHABLE, Outcome.NOT_SUNSPEC])
def test_a_device_that_does_not_answer_properly_blocks_with_the_reason(
    order: CommissioningOrder, tess: User, at: datetime, outcome: Outcome
) -> None:
    started(order, tess)
    unit = order.application.units.order_by("pk")[0]
    seen = Seen("127.0.0.1", 15_502, 1, outcome=outcome, words="Check the cable.")

    test = record_commissioning_test(order=order, unit=unit, seen=seen, at=at, by=tess)

    assert (test.outcome, test.reason) == (outcome, "Check the cable.")
    assert any("Check the cable." in line for line in left_to_do(fresh(order)))


def test_two_units_at_one_address_are_refused(
    order: CommissioningOrder, tess: User, at: datetime
) -> None:
    started(order, tess)
    first, second = order.application.units.order_by("pk")
    for unit in (first, second):
        seen = Seen("127.0.0.1", 15_502, 1, as_registered(unit))
        test = record_commissioning_test(order=order, unit=unit, seen=seen, at=at, by=tess)

    assert test.outcome == Outcome.MISMATCH
    assert "own address" in test.reason


def test_a_unit_of_another_application_is_not_tested_here(
    order: CommissioningOrder, ben_point: UsagePoint, tess: User, at: datetime
) -> None:
    started(order, tess)
    other = make_unit(make_application(ben_point))

    with pytest.raises(NotFound):
        record_commissioning_test(
            order=order, unit=other, seen=Seen("127.0.0.1", 1502, 1), at=at, by=tess
        )


def test_a_blocked_order_takes_no_tests(
    order: CommissioningOrder, tess: User, at: datetime
) -> None:
    started(order, tess)
    block_service_order(order=order.service_order, reason="No key.", at=at, by="tess")

    with pytest.raises(Conflict, match="blocked"):
        pass_live_tests(order, tess)


def finished(order: CommissioningOrder, tess: User, at: datetime) -> CommissioningOrder:
    started(order, tess)
    tick_all(order, tess)
    pass_live_tests(order, tess)
    return finish_commissioning(order=order, at=at, by="tess")


def test_permission_makes_each_unit_a_der_and_tells_the_customer(
    order: CommissioningOrder, tess: User, enzo: User, at: datetime
) -> None:
    finished(order, tess, at)

    ders = grant_permission_to_operate(application=order.application, at=at, by=enzo)

    order.application.refresh_from_db()
    assert order.application.status == ApplicationStatus.PERMITTED
    assert [der.unit for der in ders] == list(order.application.units.order_by("pk"))
    assert all(der.agreement == order.application.agreement for der in ders)
    assert {der.permitted_by for der in ders} == {"enzo"}
    assert ders[1].energy_capacity_wh == 10_000
    assert Notice.objects.filter(template="permission_to_operate").count() == 1


def test_permission_waits_for_the_technician(
    order: CommissioningOrder, enzo: User, at: datetime
) -> None:
    with pytest.raises(CommissioningNotFinished, match="not finished"):
        grant_permission_to_operate(application=order.application, at=at, by=enzo)

    assert DER.objects.count() == 0


def test_the_technician_who_finished_cannot_grant(
    order: CommissioningOrder, tess: User, at: datetime
) -> None:
    finished(order, tess, at)

    with pytest.raises(PermissionTakesTwoPeople, match="Another person"):
        grant_permission_to_operate(application=order.application, at=at, by=tess)


def test_nothing_is_connected_under_a_tariff_that_was_not_accepted(
    order: CommissioningOrder, ben_point: UsagePoint, tess: User, enzo: User, at: datetime
) -> None:
    finished(order, tess, at)
    application = order.application
    accepted = application.agreement
    assert accepted is not None
    elsewhere = make_agreement(ben_point, accepted.tariff_version, accepted_by=tess)
    application.agreement = elsewhere
    application.save()

    with pytest.raises(TariffNotAccepted, match="accepted for another service point"):
        grant_permission_to_operate(application=application, at=at, by=enzo)

    application.agreement = accepted
    application.save()
    end_agreement(agreement=accepted, at=at)
    with pytest.raises(TariffNotAccepted, match="has ended"):
        grant_permission_to_operate(application=application, at=at, by=enzo)

    accepted.pk, accepted.ended_at, accepted.text_sha256 = None, None, "0" * 64
    accepted.save()
    application.agreement = accepted
    application.save()
    with pytest.raises(TariffNotAccepted, match="Another text of"):
        grant_permission_to_operate(application=application, at=at, by=enzo)
    assert DER.objects.count() == 0


def test_permission_is_granted_once(
    order: CommissioningOrder, tess: User, enzo: User, at: datetime
) -> None:
    finished(order, tess, at)
    grant_permission_to_operate(application=order.application, at=at, by=enzo)

    with pytest.raises(MoveNotAllowed):
        grant_permission_to_operate(application=order.application, at=at, by=enzo)

    assert DER.objects.count() == 2


def test_tests_are_evidence(order: CommissioningOrder, tess: User) -> None:
    started(order, tess)
    pass_live_tests(order, tess)

    with pytest.raises(DatabaseError, match="Cannot update"):
        CommissioningTest.objects.update(outcome="mismatch")
