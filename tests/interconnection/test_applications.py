"""An application's way from the first page to Engineering, and out (CS-5, IC-1, CS-9)."""

import threading
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from django.db import connections

from customers.models import CustomerAgreement, Notice, TariffVersion, UsagePoint
from customers.services import TariffNotAccepted
from derms.accounts.models import User
from derms.lib.errors import DermsError, InvalidInput, NotFound
from interconnection.models import ApplicationUnit, InterconnectionApplication
from interconnection.selectors.applications import completeness_of
from interconnection.services import applications
from interconnection.statuses import ApplicationStatus
from tests.factories import (
    make_agreement,
    make_application,
    make_der,
    make_equipment,
    make_tariff_version,
    make_unit,
)
from tests.interconnection.applying import BATTERY, PV, add_unit, fill, send, serve


def told(application: InterconnectionApplication) -> list[str]:
    notices = Notice.objects.filter(about__startswith=application.reference).order_by("pk")
    return list(notices.values_list("template", flat=True))


def test_an_application_goes_to_engineering_and_the_customer_is_told_at_each_step(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime
) -> None:
    sent = send(ada_point, tariff_version, ada, at)
    forwarded = applications.forward_to_engineering(
        application=sent, at=at + timedelta(days=1), by="cleo"
    )

    moves = forwarded.status_changes.order_by("pk").values_list("new_status", "by")
    assert list(moves) == [("draft", "ada"), ("submitted", "ada"), ("in_review", "cleo")]
    assert forwarded.submitted_at == at
    assert forwarded.complete_at == at + timedelta(days=1)
    assert told(forwarded) == ["application_submitted", "application_in_review"]


def test_a_return_carries_the_exact_request_and_the_answer_comes_back(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime
) -> None:
    sent = send(ada_point, tariff_version, ada, at, serial_number="")
    request = completeness_of(sent, today=at.date()).request_text
    with pytest.raises(applications.NotComplete, match="The serial number is missing"):
        applications.forward_to_engineering(application=sent, at=at, by="cleo")

    returned = applications.return_as_incomplete(
        application=sent, request_text=request, at=at, by="cleo"
    )
    assert returned.status == ApplicationStatus.INCOMPLETE
    assert (
        returned.incomplete_reason == "Please give the serial number of Helios H8, "
        "printed on its nameplate."
    )
    assert returned.incomplete_reason in Notice.objects.get(template="application_incomplete").body

    add_unit(returned, PV, at, unit_id=returned.units.get().pk)
    again = applications.submit_application(
        application=returned, at=at + timedelta(days=2), by="ada"
    )
    applications.return_as_incomplete(application=again, request_text="More.", at=at, by="cleo")
    assert again.submitted_at == at
    assert told(again) == [
        "application_submitted",
        "application_incomplete",
        "application_submitted",
        "application_incomplete",
    ]


def test_a_return_without_words_is_refused(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime
) -> None:
    sent = send(ada_point, tariff_version, ada, at)

    with pytest.raises(InvalidInput) as refusal:
        applications.return_as_incomplete(application=sent, request_text="  ", at=at, by="cleo")

    assert "request_text" in refusal.value.fields
    assert told(sent) == ["application_submitted"]


def test_an_address_outside_the_service_area_is_refused(
    ada_point: UsagePoint, at: datetime
) -> None:
    with pytest.raises(applications.OutsideServiceArea, match="do not serve postcode 1001"):
        applications.start_application(usage_point=ada_point, at=at, by="ada")

    assert not InterconnectionApplication.objects.exists()


def test_a_meter_has_one_open_application_at_a_time(ada_point: UsagePoint, at: datetime) -> None:
    serve()
    first = applications.start_application(usage_point=ada_point, at=at, by="ada")

    with pytest.raises(applications.MeterHasApplication, match=first.reference):
        applications.start_application(usage_point=ada_point, at=at, by="ada")

    applications.withdraw_application(application=first, reason="Changed my mind", at=at, by="ada")
    second = applications.start_application(usage_point=ada_point, at=at, by="ada")
    assert second.reference != first.reference
    assert told(first) == []


@pytest.mark.django_db(transaction=True)
def test_two_starts_at_once_make_one_application(ada_point: UsagePoint, at: datetime) -> None:
    serve()
    outcomes: list[str] = []

    def start() -> None:
        try:
            outcomes.append(
                applications.start_application(usage_point=ada_point, at=at, by="ada").reference
            )
        except DermsError as error:
            outcomes.append(error.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["A-2026-0001"] + ["meter_has_application"] * 3


def test_a_number_that_is_taken_is_not_given_again(
    ada_point: UsagePoint, ben_point: UsagePoint, at: datetime
) -> None:
    serve()
    taken = make_application(ben_point)
    InterconnectionApplication.objects.filter(pk=taken.pk).update(reference="A-2026-0001")

    started = applications.start_application(usage_point=ada_point, at=at, by="ada")

    assert started.reference == "A-2026-0002"


def test_what_is_being_checked_cannot_be_changed(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime
) -> None:
    sent = send(ada_point, tariff_version, ada, at)

    for change in (
        lambda: add_unit(sent, BATTERY, at),
        lambda: applications.remove_unit(application=sent, unit_id=sent.units.get().pk),
        lambda: applications.submit_application(application=sent, at=at, by="ada"),
        lambda: applications.save_planned_date(
            application=sent, planned_in_service_date=date(2026, 10, 1), at=at
        ),
    ):
        with pytest.raises(applications.NotTheCustomersTurn, match="cannot be changed now"):
            change()


def test_an_empty_draft_says_all_that_keeps_it_from_being_sent(
    ada_point: UsagePoint, at: datetime
) -> None:
    serve()
    draft = applications.start_application(usage_point=ada_point, at=at, by="ada")

    with pytest.raises(applications.NotComplete) as refusal:
        applications.submit_application(application=draft, at=at, by="ada")

    for words in ("No tariff has been accepted", "No equipment is named", "No date is planned"):
        assert words in refusal.value.message


def test_who_reads_an_old_page_moves_nothing(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime
) -> None:
    sent = send(ada_point, tariff_version, ada, at)
    seen = sent.status_changes.latest("pk").pk
    applications.forward_to_engineering(application=sent, at=at, by="otto", seen=seen)

    with pytest.raises(applications.ChangedMeanwhile) as refusal:
        applications.return_as_incomplete(
            application=sent, request_text="x", at=at, by="cleo", seen=seen
        )

    assert "otto moved it to “In engineering review” on 15 Jun 2026 18:00" in refusal.value.message
    sent.refresh_from_db()
    assert sent.status == ApplicationStatus.IN_REVIEW


@pytest.mark.parametrize(
    ("planned", "words"),
    [(date(2026, 6, 14), "This date is over"), (date(2040, 1, 1), "within the next five years")],
)
def test_a_planned_date_out_of_reach_is_refused(
    ada_point: UsagePoint, at: datetime, planned: date, words: str
) -> None:
    serve()
    draft = applications.start_application(usage_point=ada_point, at=at, by="ada")

    with pytest.raises(InvalidInput) as refusal:
        applications.save_planned_date(application=draft, planned_in_service_date=planned, at=at)

    assert words in refusal.value.fields["planned_in_service_date"][0]


@pytest.fixture
def draft(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime
) -> InterconnectionApplication:
    return fill(ada_point, tariff_version, ada, at)


def refused(application: InterconnectionApplication, at: datetime, **changes: object) -> str:
    """The words beside the only field that is wrong."""
    with pytest.raises(InvalidInput) as refusal:
        add_unit(application, replace(BATTERY, **changes), at)  # type: ignore[arg-type]  # test values
    ((words,),) = refusal.value.fields.values()
    return words


def test_a_serial_number_twice_in_one_application_is_refused(
    draft: InterconnectionApplication, at: datetime
) -> None:
    words = refused(draft, at, manufacturer="helios", serial_number="hx-1")

    assert words.startswith("Serial number hx-1 already belongs to another unit of this")


def test_a_serial_number_of_another_application_is_refused(
    draft: InterconnectionApplication, ben_point: UsagePoint, at: datetime
) -> None:
    make_unit(make_application(ben_point), manufacturer="Voltbox", serial_number="VB-1")

    assert "a unit of another application" in refused(draft, at)


def test_a_serial_number_in_service_is_refused(
    draft: InterconnectionApplication,
    ben: User,
    ben_point: UsagePoint,
    tariff_version: TariffVersion,
    at: datetime,
) -> None:
    agreement = make_agreement(ben_point, tariff_version, accepted_by=ben)
    der = make_der(ben_point, agreement, manufacturer="Voltbox", serial_number="VB-1")

    assert "equipment that is already in service" in refused(draft, at)

    der.retired_at = at
    der.save(update_fields=["retired_at"])
    assert add_unit(draft, BATTERY, at).serial_number == "VB-1"


def test_two_units_are_kept_and_one_changed_in_place(
    draft: InterconnectionApplication, at: datetime
) -> None:
    battery = add_unit(draft, BATTERY, at)

    changed = add_unit(draft, replace(BATTERY, energy_capacity_wh=12_000), at, unit_id=battery.pk)

    assert changed.pk == battery.pk
    assert list(draft.units.order_by("pk").values_list("technology", "energy_capacity_wh")) == [
        ("photovoltaic", None),
        ("battery", 12_000),
    ]
    applications.remove_unit(application=draft, unit_id=battery.pk)
    with pytest.raises(NotFound):
        applications.remove_unit(application=draft, unit_id=battery.pk)


def test_equipment_withdrawn_from_the_list_is_refused(
    draft: InterconnectionApplication, at: datetime
) -> None:
    equipment = make_equipment(technology="battery")
    equipment.withdrawn_on_date = at.date()
    equipment.save(update_fields=["withdrawn_on_date"])

    with pytest.raises(InvalidInput) as refusal:
        add_unit(draft, BATTERY, at, equipment=equipment)

    assert "was withdrawn from the list" in refusal.value.fields["equipment"][0]


def test_equipment_of_another_technology_is_refused(
    draft: InterconnectionApplication, at: datetime
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        add_unit(draft, BATTERY, at, equipment=make_equipment())

    assert "is photovoltaic" in refusal.value.fields["equipment"][0]


def test_a_unit_that_the_accepted_tariff_does_not_admit_is_refused(
    draft: InterconnectionApplication, at: datetime
) -> None:
    words = refused(draft, at, apparent_power_max_rating_va=22_001)

    assert "admits at most 30 kVA at one service point" in words
    assert ApplicationUnit.objects.count() == 1


def test_a_tariff_that_does_not_admit_the_units_cannot_be_accepted(
    draft: InterconnectionApplication, ada: User, at: datetime
) -> None:
    batteries_only = make_tariff_version("STORAGE", technologies=["battery"])

    with pytest.raises(TariffNotAccepted, match="does not admit photovoltaic"):
        applications.save_tariff_choice(
            application=draft,
            tariff_version=batteries_only,
            accepted_name="Ada Lovelace",
            accepted_by=ada,
            from_address=None,
            at=at,
        )

    assert CustomerAgreement.objects.get().ended_at is None


def test_another_choice_ends_the_acceptance_it_replaces(
    draft: InterconnectionApplication, ada: User, at: datetime
) -> None:
    former = draft.agreement
    other = make_tariff_version("SECOND")

    changed = applications.save_tariff_choice(
        application=draft,
        tariff_version=other,
        accepted_name="Ada Lovelace",
        accepted_by=ada,
        from_address=None,
        at=at,
    )

    assert former is not None
    former.refresh_from_db()
    assert former.ended_at == at
    assert changed.agreement is not None
    assert changed.agreement.tariff_version == other


def test_a_withdrawal_ends_the_agreement_only_when_nothing_runs_under_it(
    ada: User,
    ada_point: UsagePoint,
    ben: User,
    ben_point: UsagePoint,
    tariff_version: TariffVersion,
    at: datetime,
) -> None:
    unused = send(ada_point, tariff_version, ada, at)
    used = send(ben_point, tariff_version, ben, at, serial_number="HX-2")
    assert used.agreement is not None
    make_der(ben_point, used.agreement)

    for application in (unused, used):
        applications.withdraw_application(
            application=application, reason="Sold the house", at=at, by="cleo"
        )

    ended = dict(CustomerAgreement.objects.values_list("usage_point_id", "ended_at"))
    assert ended == {ada_point.pk: at, ben_point.pk: None}
    assert told(unused) == ["application_submitted", "application_withdrawn"]
