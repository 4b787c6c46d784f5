"""Proposals, confirmations, holds, and people who are quicker than others (IC-5)."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from customers.models import Notice, TariffVersion, UsagePoint
from derms.accounts.models import User
from derms.lib.errors import DermsError, InvalidInput
from interconnection.models import Decision, InterconnectionApplication, ScreeningRun
from interconnection.services.decisions import (
    DecidedMeanwhile,
    ProposerCannotConfirm,
    confirm_decision,
    decline_decision,
)
from interconnection.services.holds import (
    UpgradeNotInService,
    put_upgrade_in_service,
    return_from_hold,
)
from interconnection.statuses import ApplicationStatus, DecisionStatus, DecisionVerdict
from tests.factories import make_person
from tests.interconnection.engineering import application_in_review, proposed

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion
) -> InterconnectionApplication:
    return application_in_review(ada, ada_point, tariff_version)


def notices() -> list[str]:
    return list(Notice.objects.order_by("pk").values_list("template", flat=True))


def test_a_proposal_goes_to_operations(application: InterconnectionApplication, enzo: User) -> None:
    decision = proposed(application, enzo, conditions=["Export at most 5 kW", " "])

    application.refresh_from_db()
    assert application.status == ApplicationStatus.DECISION_PROPOSED
    assert decision.conditions == ["Export at most 5 kW"]
    assert decision.screening_run is not None
    assert application.status_changes.latest("pk").by == "enzo"


@pytest.mark.parametrize(
    ("verdict", "status", "template"),
    [
        (DecisionVerdict.APPROVE, ApplicationStatus.APPROVED, "application_approved"),
        (DecisionVerdict.HOLD, ApplicationStatus.HELD, "application_held"),
        (DecisionVerdict.REJECT, ApplicationStatus.REJECTED, "application_rejected"),
    ],
)
def test_a_confirmed_verdict_moves_the_application_and_tells_the_customer(
    application: InterconnectionApplication,
    enzo: User,
    olga: User,
    at: datetime,
    verdict: DecisionVerdict,
    status: ApplicationStatus,
    template: str,
) -> None:
    decision = confirm_decision(decision=proposed(application, enzo, verdict), at=at, by=olga)

    application.refresh_from_db()
    assert application.status == status
    assert (decision.status, decision.answered_by) == (DecisionStatus.CONFIRMED, olga)
    assert notices() == [template]


def test_the_customer_reads_conditions_and_upgrade(
    application: InterconnectionApplication, enzo: User, olga: User, at: datetime
) -> None:
    confirm_decision(decision=proposed(application, enzo, DecisionVerdict.HOLD), at=at, by=olga)

    assert "New conductor beyond R1, planned for 1 November 2026" in Notice.objects.get().body


def test_a_declined_proposal_returns_to_engineering_and_tells_nobody_else(
    application: InterconnectionApplication, enzo: User, olga: User, at: datetime
) -> None:
    decline_decision(decision=proposed(application, enzo), note="Look at R1.", at=at, by=olga)

    application.refresh_from_db()
    assert application.status == ApplicationStatus.IN_REVIEW
    assert application.status_changes.latest("pk").reason == "Look at R1."
    assert notices() == []


def test_declining_needs_a_note(
    application: InterconnectionApplication, enzo: User, olga: User, at: datetime
) -> None:
    decision = proposed(application, enzo)

    with pytest.raises(InvalidInput) as refusal:
        decline_decision(decision=decision, note="  ", at=at, by=olga)

    assert "note" in refusal.value.fields


def test_reasons_are_mandatory(application: InterconnectionApplication, enzo: User) -> None:
    with pytest.raises(InvalidInput) as refusal:
        proposed(application, enzo, verdict=DecisionVerdict.HOLD, upgrade=None)

    assert list(refusal.value.fields) == ["upgrade"]
    assert Decision.objects.count() == 0


def test_a_failed_screen_needs_an_override_reason(
    application: InterconnectionApplication, enzo: User, at: datetime
) -> None:
    run = ScreeningRun.objects.create(
        application=application,
        rule_set="SGIP",
        rule_set_version="x",
        inputs={},
        performed_at=at + timedelta(minutes=1),
        performed_by="enzo",
    )
    run.results.create(
        position=1, code="section_peak", title="15 % of peak", outcome="fail", inputs=[]
    )

    with pytest.raises(InvalidInput) as refusal:
        proposed(application, enzo)

    assert "15 % of peak" in refusal.value.fields["override_reason"][0]
    decision = proposed(application, enzo, override_reason="Minimum load is far above.")
    assert decision.override_reason == "Minimum load is far above."


def test_nothing_is_approved_without_screens(
    ben: User, ben_point: UsagePoint, tariff_version: TariffVersion, enzo: User
) -> None:
    application = application_in_review(ben, ben_point, tariff_version, is_screened=False)

    with pytest.raises(InvalidInput) as refusal:
        proposed(application, enzo)

    assert "Run the screens first" in refusal.value.fields["verdict"][0]


def test_the_proposer_cannot_confirm(
    application: InterconnectionApplication, enzo: User, at: datetime
) -> None:
    decision = proposed(application, enzo)

    with pytest.raises(ProposerCannotConfirm, match="Another person in Operations"):
        confirm_decision(decision=decision, at=at, by=enzo)
    with pytest.raises(ProposerCannotConfirm):
        decline_decision(decision=decision, note="no", at=at, by=enzo)


def test_the_database_refuses_the_proposer_even_from_raw_sql(
    application: InterconnectionApplication, enzo: User
) -> None:
    decision = proposed(application, enzo)

    with (
        pytest.raises(DatabaseError, match="decision_takes_two_people"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "update interconnection_decision set status = 'confirmed', answered_by_id = %s "
            "where id = %s",
            [enzo.pk, decision.pk],
        )


def test_the_database_refuses_a_verdict_changed_back(
    application: InterconnectionApplication, enzo: User, olga: User, at: datetime
) -> None:
    decision = confirm_decision(decision=proposed(application, enzo), at=at, by=olga)

    with (
        pytest.raises(DatabaseError, match="Invalid transition"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "update interconnection_decision set status = 'proposed' where id = %s", [decision.pk]
        )


def test_a_second_answer_is_told_who_was_first(
    application: InterconnectionApplication, enzo: User, olga: User, otto: User, at: datetime
) -> None:
    decision = proposed(application, enzo)
    confirm_decision(decision=decision, at=at, by=olga)

    with pytest.raises(DecidedMeanwhile, match="olga has already confirmed"):
        decline_decision(decision=decision, note="no", at=at, by=otto)


def test_a_second_proposal_is_told_who_was_first(
    application: InterconnectionApplication, enzo: User
) -> None:
    eva = make_person("eva")
    proposed(application, enzo)

    with pytest.raises(DecidedMeanwhile, match="by enzo"):
        proposed(application, eva, DecisionVerdict.REJECT)

    assert Decision.objects.count() == 1


def test_a_hold_ends_when_its_upgrade_is_in_service(
    application: InterconnectionApplication, enzo: User, olga: User, at: datetime
) -> None:
    decision = confirm_decision(
        decision=proposed(application, enzo, DecisionVerdict.HOLD), at=at, by=olga
    )
    assert decision.upgrade is not None
    with pytest.raises(UpgradeNotInService, match="not in service yet"):
        return_from_hold(application=application, at=at, by=enzo)

    later = at + timedelta(days=30)
    returned = put_upgrade_in_service(upgrade=decision.upgrade, at=later, by=enzo)

    application.refresh_from_db()
    assert returned == [application]
    assert application.status == ApplicationStatus.IN_REVIEW
    assert application.screening_runs.count() == 2
    assert notices() == ["application_held", "application_resumed"]


@pytest.mark.django_db(transaction=True)
def test_of_two_engineers_at_once_one_is_told_that_the_other_was_first(
    application: InterconnectionApplication, enzo: User
) -> None:
    eva = make_person("eva")
    start = threading.Barrier(2)
    outcomes: dict[str, str] = {}

    def propose(person: User, verdict: DecisionVerdict) -> None:
        start.wait(timeout=10)
        try:
            proposed(application, person, verdict)
            outcomes[person.username] = "recorded"
        except DermsError as error:
            outcomes[person.username] = error.code
        finally:
            connection.close()

    engineers = [
        threading.Thread(target=propose, args=(enzo, DecisionVerdict.APPROVE)),
        threading.Thread(target=propose, args=(eva, DecisionVerdict.REJECT)),
    ]
    for engineer in engineers:
        engineer.start()
    for engineer in engineers:
        engineer.join(timeout=30)

    assert sorted(outcomes.values()) == ["decided_meanwhile", "recorded"]
    assert Decision.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_operators_at_once_one_answer_counts(
    application: InterconnectionApplication, enzo: User, olga: User, otto: User, at: datetime
) -> None:
    decision = proposed(application, enzo)
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def answer(person: User) -> None:
        start.wait(timeout=10)
        try:
            confirm_decision(decision=decision, at=at, by=person)
            outcomes.append("recorded")
        except DermsError as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    operators = [threading.Thread(target=answer, args=(person,)) for person in (olga, otto)]
    for operator in operators:
        operator.start()
    for operator in operators:
        operator.join(timeout=30)

    assert sorted(outcomes) == ["decided_meanwhile", "recorded"]
    assert Notice.objects.count() == 1
