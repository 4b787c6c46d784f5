"""Drafts, the second look, versions that never change (CS-2)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from customers.models import Tariff, TariffDraft, TariffVersion
from customers.selectors.tariffs import said_by, version_in_force
from customers.services import tariffs as book
from derms.accounts.models import User
from derms.accounts.roles import Role
from derms.lib.errors import Conflict, InvalidInput
from tests.customers.tariff_schedules import time_of_use
from tests.factories import make_person, make_tariff_version

NEXT = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.fixture
def cora(db: None) -> User:
    return make_person("cora", Role.CUSTOMER_SERVICE)


def written(draft: TariffDraft, by: User, at: datetime, **values: Any) -> TariffDraft:
    terms = {
        "wording": "Fair hours.",
        "summary_lines": ["Cheap nights."],
        "technologies": ["photovoltaic"],
        "prices": time_of_use(),
        "active_from": NEXT,
        **values,
    }
    return book.save_draft(draft=draft, revision=draft.revision, values=terms, at=at, by=by)


@pytest.fixture
def draft(tariff_version: TariffVersion, cleo: User, at: datetime) -> TariffDraft:
    begun = book.begin_draft(tariff=tariff_version.tariff, active_from=NEXT, at=at, by=cleo)
    return written(begun, cleo, at)


def test_a_draft_begins_as_the_newest_version_and_there_is_one(
    tariff_version: TariffVersion, cleo: User, cora: User, at: datetime
) -> None:
    first = book.begin_draft(tariff=tariff_version.tariff, active_from=NEXT, at=at, by=cleo)
    second = book.begin_draft(tariff=tariff_version.tariff, active_from=NEXT, at=at, by=cora)

    assert first == second
    assert first.prices == tariff_version.prices
    assert first.wording == tariff_version.text


def test_somebody_else_publishes_and_the_versions_follow_one_another(
    draft: TariffDraft, tariff_version: TariffVersion, cleo: User, cora: User, at: datetime
) -> None:
    with pytest.raises(book.SecondLookNeeded, match="Somebody else"):
        book.publish_draft(draft=draft, revision=draft.revision, at=at, by=cleo)

    version = book.publish_draft(draft=draft, revision=draft.revision, at=at, by=cora)

    tariff_version.refresh_from_db()
    assert (version.number, version.drafted_by, version.published_by) == (2, "cleo", "cora")
    assert (tariff_version.active_to, version.active_from) == (NEXT, NEXT)
    assert version_in_force(version.tariff, NEXT - timedelta(seconds=1)) == tariff_version
    assert version_in_force(version.tariff, NEXT) == version
    assert version_in_force(version.tariff, at - timedelta(days=9_999)) is None


def test_the_accepted_text_holds_prices_and_rules(
    draft: TariffDraft, cora: User, at: datetime
) -> None:
    version = book.publish_draft(draft=draft, revision=draft.revision, at=at, by=cora)

    for said in (
        "Fair hours.",
        "Summer, from 1 June:",
        "Monday to Friday 16:00 to 21:00 (Peak): You are paid 0.19000 USD for a kilowatt-hour you"
        " feed in and pay 0.42000 USD for one you use.",
        "Weekend and holidays 00:00 to 24:00 (Off-peak)",
        "Holidays: 3 July 2026, 25 December 2026.",
        "For each kilowatt-hour held back you are paid 0.12000 USD.",
        "You may leave with no notice.",
    ):
        assert said in version.text
    assert said_by(version).prices == said_by(draft).prices


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"wording": " "}, "The wording is empty."),
        ({"summary_lines": []}, "The summary is empty."),
        ({"technologies": []}, "Say which technologies"),
        ({"active_from": datetime(2026, 1, 1, tzinfo=UTC)}, "It must begin in the future."),
    ],
)
def test_an_unready_draft_is_not_published(
    draft: TariffDraft,
    cleo: User,
    cora: User,
    at: datetime,
    values: dict[str, Any],
    words: str,
) -> None:
    changed = written(draft, cleo, at, **values)

    with pytest.raises(book.DraftNotReady, match=words):
        book.publish_draft(draft=changed, revision=changed.revision, at=at, by=cora)


def test_a_later_version_begins_after_the_last(
    draft: TariffDraft, cleo: User, cora: User, at: datetime
) -> None:
    version = book.publish_draft(draft=draft, revision=draft.revision, at=at, by=cora)
    again = book.begin_draft(tariff=version.tariff, active_from=NEXT, at=at, by=cleo)

    with pytest.raises(book.DraftNotReady, match="Version 2 begins on 01 September 2026"):
        book.publish_draft(draft=again, revision=again.revision, at=at, by=cora)
    assert again.wording == "Fair hours."


def test_two_who_edit_do_not_overwrite_one_another(
    draft: TariffDraft, cleo: User, cora: User, at: datetime
) -> None:
    written(draft, cora, at)

    with pytest.raises(Conflict, match="Cora saved this draft meanwhile"):
        written(draft, cleo, at)
    with pytest.raises(Conflict, match="Cora saved"):
        book.publish_draft(draft=draft, revision=draft.revision, at=at, by=cleo)


def test_prices_with_a_hole_are_refused_beside_the_prices(
    draft: TariffDraft, cleo: User, at: datetime
) -> None:
    kept = time_of_use()
    kept["lines"].pop(0)

    with pytest.raises(InvalidInput) as refusal:
        written(draft, cleo, at, prices=kept)

    assert refusal.value.fields["prices"] == ["Summer has no price for a Monday from 00:00."]


def test_a_new_tariff_begins_as_a_draft_and_goes_with_it(cleo: User, at: datetime) -> None:
    draft = book.create_tariff(code="NIGHTS", name="Nights", active_from=NEXT, at=at, by=cleo)

    with pytest.raises(InvalidInput, match="The code NIGHTS is taken"):
        book.create_tariff(code="NIGHTS", name="Other", active_from=NEXT, at=at, by=cleo)
    book.discard_draft(draft=draft, revision=draft.revision)
    assert not Tariff.objects.exists()


@pytest.mark.parametrize("name", ["prices", "notice_days", "text", "published_by", "postcodes"])
def test_the_database_keeps_a_published_version_as_it_is(
    tariff_version: TariffVersion, name: str
) -> None:
    value = {"prices": {}, "notice_days": 9, "postcodes": ["1"]}.get(name, "x")

    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        TariffVersion.objects.filter(pk=tariff_version.pk).update(**{name: value})
    with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic():
        tariff_version.delete()


def test_the_database_refuses_publishing_by_the_writer_and_two_in_force(
    tariff_version: TariffVersion,
) -> None:
    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        make_tariff_version("OTHER", drafted_by="cleo", published_by="cleo")
    with pytest.raises(IntegrityError, match="in_force"), transaction.atomic():
        make_tariff_version("SOLAR-PARTNER")
