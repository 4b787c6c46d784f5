"""Planned start and finish; what a delay does to the feeder's forecast (IC-8)."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from customers.models import Notice, TariffVersion, UsagePoint
from derms.accounts.models import User
from derms.lib.errors import Conflict, InvalidInput
from interconnection.models import (
    ConstructionPlan,
    Feeder,
    ForecastShift,
    InterconnectionApplication,
)
from interconnection.selectors.forecast import feeder_forecasts, unseen_shifts
from interconnection.services.applications import withdraw_application
from interconnection.services.construction import (
    Dates,
    NotBeingBuilt,
    mark_shifts_seen,
    note_overdue,
    state_dates,
)
from interconnection.statuses import ShiftCause
from tests.factories import AT, make_agreement, make_application, make_der
from tests.interconnection.building import TODAY, approved, day, stated

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, enzo: User, olga: User
) -> InterconnectionApplication:
    return approved(ada, ada_point, tariff_version, enzo=enzo, olga=olga)


def at_horizons(feeder: Feeder, *, on: int = 0) -> tuple[int, int]:
    (found,) = feeder_forecasts(day(on), [feeder])
    return found.forecast.after[30].total_w, found.forecast.after[60].total_w


def test_today_of_these_tests_is_the_day_of_the_fixed_moment() -> None:
    assert timezone.localdate(AT) == TODAY


def test_the_first_dates_are_kept_and_the_customer_is_told(
    project: InterconnectionApplication, f12: Feeder
) -> None:
    plan = stated(project, 5, 20)

    assert (plan.starts_on, plan.finishes_on, plan.stated_by) == (day(5), day(20), "ada")
    assert at_horizons(f12) == (8_000, 8_000)
    assert "5 July 2026" in Notice.objects.get(template="construction_dates").body
    assert not ForecastShift.objects.exists()


def test_a_later_finish_keeps_the_history_and_notes_what_it_does_to_the_feeder(
    project: InterconnectionApplication, f12: Feeder
) -> None:
    stated(project, 5, 20)

    stated(project, 5, 45, reason="The inverter comes late.", on=1)

    finishes = ConstructionPlan.objects.order_by("pk").values_list("finishes_on", flat=True)
    assert list(finishes) == [day(20), day(45)]
    shift = ForecastShift.objects.get()
    assert (shift.feeder, shift.cause, shift.reason) == (f12, "later", "The inverter comes late.")
    assert (shift.was_on, shift.now_on) == (day(20), day(45))
    assert (shift.before_30_w, shift.after_30_w) == (8_000, 0)
    assert (shift.before_60_w, shift.after_60_w) == (8_000, 8_000)
    assert Notice.objects.filter(template="construction_dates").count() == 2


def test_what_is_connected_already_is_in_every_figure(
    project: InterconnectionApplication,
    ben: User,
    ben_point: UsagePoint,
    tariff_version: TariffVersion,
) -> None:
    make_der(ben_point, make_agreement(ben_point, tariff_version, accepted_by=ben))
    stated(project, 5, 20)

    stated(project, 5, 90, reason="No crew.")

    shift = ForecastShift.objects.get()
    assert shift.before_30_w - shift.after_30_w == 8_000
    assert shift.after_60_w > 0


def test_until_dates_are_stated_the_date_applied_for_is_expected(
    project: InterconnectionApplication, f12: Feeder
) -> None:
    InterconnectionApplication.objects.filter(pk=project.pk).update(planned_in_service_date=day(40))

    assert at_horizons(f12) == (0, 8_000)

    stated(project, 30, 70)

    assert ForecastShift.objects.get().was_on == day(40)


@pytest.mark.parametrize(
    ("start", "finish", "field"),
    [(9, 8, "finishes_on"), (-9, -1, "finishes_on"), (9, 2_200, "finishes_on")],
)
def test_impossible_dates_are_refused_beside_their_field(
    project: InterconnectionApplication, start: int, finish: int, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        stated(project, start, finish)

    assert list(refused.value.fields) == [field]


def test_a_move_needs_a_reason_and_the_same_dates_again_are_no_move(
    project: InterconnectionApplication,
) -> None:
    first = stated(project, 5, 20)

    assert stated(project, 5, 20) == first
    with pytest.raises(InvalidInput, match="Say why"):
        stated(project, 5, 21)


def test_dates_belong_to_what_is_being_built(ada_point: UsagePoint) -> None:
    with pytest.raises(NotBeingBuilt, match="once it is approved"):
        stated(make_application(ada_point), 5, 20)


def test_who_read_older_dates_does_not_overwrite_newer_ones(
    project: InterconnectionApplication,
) -> None:
    seen = stated(project, 5, 20).pk
    stated(project, 6, 22, reason="Weather.", by="cleo")

    with pytest.raises(Conflict, match="cleo stated other dates"):
        state_dates(
            application=project,
            dates=Dates(starts_on=day(5), finishes_on=day(30), reason="Late."),
            at=AT,
            by="ada",
            seen=seen,
        )


def test_a_day_that_passed_is_noted_once_and_the_customer_is_asked_for_another(
    project: InterconnectionApplication, f12: Feeder
) -> None:
    stated(project, 5, 20)

    assert note_overdue(at=AT + timedelta(days=20)) == 0
    assert note_overdue(at=AT + timedelta(days=21)) == 1
    assert note_overdue(at=AT + timedelta(days=22)) == 0

    shift = ForecastShift.objects.get()
    assert (shift.cause, shift.was_on, shift.now_on) == (ShiftCause.OVERDUE, day(20), None)
    assert (shift.before_30_w, shift.after_30_w) == (8_000, 0)
    assert at_horizons(f12, on=21) == (0, 0)
    assert Notice.objects.filter(template="construction_overdue").count() == 1


def test_a_new_date_after_the_old_one_passed_brings_it_back_and_may_pass_again(
    project: InterconnectionApplication, f12: Feeder
) -> None:
    stated(project, 5, 20)
    note_overdue(at=AT + timedelta(days=21))

    stated(project, 5, 30, reason="The roof is done.", on=22)

    assert ForecastShift.objects.latest("pk").cause == ShiftCause.DATED
    assert at_horizons(f12, on=22) == (8_000, 8_000)
    assert note_overdue(at=AT + timedelta(days=31)) == 1


def test_a_withdrawn_application_is_expected_no_more(
    project: InterconnectionApplication, f12: Feeder
) -> None:
    stated(project, 5, 20)
    withdraw_application(application=project, reason="Moved away.", at=AT, by="cleo")

    assert at_horizons(f12) == (0, 0)
    assert note_overdue(at=AT + timedelta(days=30)) == 0


def test_an_operator_marks_a_change_as_seen_and_nobody_rewrites_it(
    project: InterconnectionApplication,
) -> None:
    stated(project, 5, 20)
    stated(project, 5, 45, reason="Late.")
    shift = ForecastShift.objects.get()

    assert mark_shifts_seen(ids=[shift.pk], at=AT, by="olga") == 1
    assert mark_shifts_seen(ids=[shift.pk], at=AT, by="otto") == 0

    assert not unseen_shifts().exists()
    assert ForecastShift.objects.get().seen_by == "olga"
    with pytest.raises(DatabaseError), transaction.atomic():
        ForecastShift.objects.update(after_30_w=1)
    with pytest.raises(DatabaseError), transaction.atomic():
        ConstructionPlan.objects.update(finishes_on=day(1))
