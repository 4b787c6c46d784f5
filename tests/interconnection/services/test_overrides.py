"""A screen set aside: a reason, two engineers, and people who are quicker than others (IC-3)."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from customers.models import TariffVersion, UsagePoint
from derms.accounts.models import User
from derms.accounts.roles import Role
from derms.lib.errors import DermsError, InvalidInput
from interconnection.models import (
    Feeder,
    InterconnectionApplication,
    ScreeningResult,
    ScreenOverride,
    ScreenOverrideStatusChange,
)
from interconnection.services.overrides import (
    NotOverridable,
    OverriddenMeanwhile,
    OverrideTakesTwoPeople,
    ask_override,
    confirm_override,
    decline_override,
)
from interconnection.services.screening import run_screens
from tests.factories import make_person
from tests.interconnection.engineering import application_in_review, proposed

pytestmark = pytest.mark.django_db


@pytest.fixture
def eva(db: None) -> User:
    return make_person("eva", Role.ENGINEER)


@pytest.fixture
def application(
    ada: User, ada_point: UsagePoint, f12: Feeder, tariff_version: TariffVersion
) -> InterconnectionApplication:
    """One whose section has too little load."""
    f12.sections.update(peak_load_w=10_000)
    return application_in_review(ada, ada_point, tariff_version)


@pytest.fixture
def failed(application: InterconnectionApplication) -> ScreeningResult:
    return ScreeningResult.objects.get(run__application=application, code="section_peak")


def test_two_engineers_set_a_result_aside_and_approval_needs_no_other_excuse(
    application: InterconnectionApplication,
    failed: ScreeningResult,
    enzo: User,
    eva: User,
    at: datetime,
) -> None:
    asked = ask_override(result=failed, reason="New houses draw 80 kW.", at=at, by=enzo)
    with pytest.raises(InvalidInput):
        proposed(application, enzo)

    confirmed = confirm_override(override=asked, note="Seen the plans.", at=at, by=eva)

    assert (confirmed.status, confirmed.answered_by) == ("confirmed", eva)
    assert proposed(application, enzo).override_reason == ""
    failed.refresh_from_db()
    assert failed.outcome == "fail"  # what the screen said stays as it was


def test_every_step_is_kept_for_the_auditor(
    failed: ScreeningResult, enzo: User, eva: User, at: datetime
) -> None:
    asked = ask_override(result=failed, reason="Why.", at=at, by=enzo)
    decline_override(override=asked, note="Not so.", at=at, by=eva)

    kept = ScreenOverrideStatusChange.objects.order_by("pk").values_list("new_status", "by")
    assert list(kept) == [("asked", "enzo"), ("declined", "eva")]


def test_who_asks_does_not_answer(failed: ScreeningResult, enzo: User, at: datetime) -> None:
    asked = ask_override(result=failed, reason="Why.", at=at, by=enzo)

    with pytest.raises(OverrideTakesTwoPeople, match="Another engineer"):
        confirm_override(override=asked, at=at, by=enzo)


def test_the_database_refuses_one_person_even_from_raw_sql(
    failed: ScreeningResult, enzo: User, at: datetime
) -> None:
    asked = ask_override(result=failed, reason="Why.", at=at, by=enzo)

    with (
        pytest.raises(DatabaseError, match="override_takes_two_people"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "update interconnection_screenoverride set status = 'confirmed', answered_by_id = %s "
            "where id = %s",
            [enzo.pk, asked.pk],
        )


def test_reasons_are_needed_to_ask_and_to_decline(
    failed: ScreeningResult, enzo: User, eva: User, at: datetime
) -> None:
    with pytest.raises(InvalidInput):
        ask_override(result=failed, reason="  ", at=at, by=enzo)
    asked = ask_override(result=failed, reason="Why.", at=at, by=enzo)
    with pytest.raises(InvalidInput):
        decline_override(override=asked, note="", at=at, by=eva)


def test_what_passes_is_not_overridden(
    application: InterconnectionApplication, enzo: User, at: datetime
) -> None:
    passed = ScreeningResult.objects.get(run__application=application, code="fast_track")

    with pytest.raises(NotOverridable, match="did not fail"):
        ask_override(result=passed, reason="Why.", at=at, by=enzo)


def test_screens_that_run_again_begin_without_it(
    application: InterconnectionApplication,
    failed: ScreeningResult,
    enzo: User,
    eva: User,
    at: datetime,
) -> None:
    asked = ask_override(result=failed, reason="Why.", at=at, by=enzo)
    run_screens(application=application, at=at + timedelta(minutes=1), by="enzo")

    with pytest.raises(OverriddenMeanwhile, match="run again since"):
        confirm_override(override=asked, at=at, by=eva)
    with pytest.raises(InvalidInput):
        proposed(application, enzo)


def test_a_declined_override_may_be_asked_again(
    failed: ScreeningResult, enzo: User, eva: User, at: datetime
) -> None:
    asked = ask_override(result=failed, reason="Why.", at=at, by=enzo)
    with pytest.raises(OverriddenMeanwhile, match="enzo has already asked"):
        ask_override(result=failed, reason="Me too.", at=at, by=eva)
    decline_override(override=asked, note="No.", at=at, by=eva)

    again = ask_override(result=failed, reason="Better reason.", at=at, by=enzo)

    assert again.status == "asked"


@pytest.mark.django_db(transaction=True)
def test_of_two_engineers_at_once_one_answer_counts(
    failed: ScreeningResult, enzo: User, eva: User, at: datetime
) -> None:
    asked = ask_override(result=failed, reason="Why.", at=at, by=enzo)
    third = make_person("egon", Role.ENGINEER)
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def answer(person: User) -> None:
        start.wait(timeout=10)
        try:
            confirm_override(override=asked, at=at, by=person)
            outcomes.append("recorded")
        except DermsError as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    people = [threading.Thread(target=answer, args=(person,)) for person in (eva, third)]
    for person in people:
        person.start()
    for person in people:
        person.join(timeout=30)

    assert sorted(outcomes) == ["overridden_meanwhile", "recorded"]


def test_the_page_asks_confirms_and_shows_it(
    application: InterconnectionApplication, failed: ScreeningResult, enzo: User, eva: User
) -> None:
    first, second = Client(), Client()
    first.force_login(enzo)
    second.force_login(eva)
    ask = reverse("engineering_override", args=[application.reference, failed.pk])

    empty = first.post(ask, {"reason": " "})
    asked = first.post(ask, {"reason": "New houses draw 80 kW."}, follow=True).content.decode()
    answer = reverse(
        "engineering_override_answer",
        args=[application.reference, ScreenOverride.objects.get().pk],
    )
    own = first.post(answer, {"answer": "confirm"})
    confirmed = second.post(answer, {"answer": "confirm"}, follow=True).content.decode()

    assert empty.status_code == 422
    assert "Another engineer confirms or declines it" in asked
    assert own.status_code == 409
    assert "Override: confirmed" in confirmed
    assert "New houses draw 80 kW." in confirmed
    missing = reverse("engineering_override", args=[application.reference, 0])
    assert first.post(missing, {"reason": "x"}).status_code == 404
