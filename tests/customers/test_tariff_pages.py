"""Pages of the tariff book, at the desk and in the portal (CS-2, CS-3)."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from customers.models import CustomerAgreement, TariffDraft, TariffVersion, UsagePoint
from customers.services import tariffs as book
from derms.accounts.models import User
from derms.accounts.roles import Role
from tests.customers.tariff_schedules import time_of_use
from tests.customers.test_views import signed_in
from tests.factories import make_agreement, make_person, make_tariff_version

SOON = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=40)


@pytest.fixture
def cora(db: None) -> User:
    return make_person("cora", Role.CUSTOMER_SERVICE)


@pytest.fixture
def by_the_hour(db: None) -> TariffVersion:
    return make_tariff_version("BY-THE-HOUR", prices=time_of_use())


@pytest.fixture
def desk(cleo: User) -> Client:
    return signed_in(cleo)


@pytest.fixture
def draft(by_the_hour: TariffVersion, cleo: User, at: datetime) -> TariffDraft:
    return book.begin_draft(tariff=by_the_hour.tariff, active_from=SOON, at=at, by=cleo)


def shown(client: Client, name: str, *args: object, **query: str) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return str(response.content.decode())


def test_the_list_shows_what_is_in_force_on_a_day(
    desk: Client, by_the_hour: TariffVersion, tariff_version: TariffVersion
) -> None:
    now = shown(desk, "service_tariffs")
    before = shown(desk, "service_tariffs", on="2001-01-01")
    exported = b"".join(desk.get(reverse("service_tariffs"), {"format": "csv"})).decode()

    assert now.count("Monitoring and control") == 2
    assert before.count("not on this day") == 2
    assert "BY-THE-HOUR,By-The-Hour,1," in exported
    assert desk.get(reverse("service_tariffs"), {"on": "2001-13-99"}).status_code == 200


def test_a_tariff_shows_its_prices_as_a_picture_a_table_and_words(
    desk: Client, by_the_hour: TariffVersion
) -> None:
    page = shown(desk, "service_tariff", by_the_hour.tariff_id)

    assert 'style="--from:66.667;--long:20.833;--up:45.2"' in page  # 16:00 to 21:00
    assert '<td class="r num" data-label="Fed in">0.19000</td>' in page
    assert "The utility reads your inverter and may limit it." in page
    assert by_the_hour.text_sha256 in page
    url = reverse("service_tariff", args=[by_the_hour.tariff_id])
    assert desk.get(url, {"version": "9"}).status_code == 404
    assert "No version was in force" in desk.get(url, {"on": "2001-01-01"}).content.decode()


def posted(draft: TariffDraft, **changes: Any) -> dict[str, Any]:
    """What a browser sends for this draft."""
    sent: dict[str, Any] = {
        "revision": draft.revision,
        "active_from": SOON.date().isoformat(),
        "summary_lines": "Cheap nights.\r\nDear evenings.",
        "wording": "Fair hours.",
        "technologies": draft.technologies,
        "apparent_power_max_va": 9_000,
        "phases": draft.phases,
        "required_communication": "monitor",
        "opt_outs_per_month_max": 0,
        "curtailment_price_per_kwh": "0.12",
        "notice_days": 30,
        "minimum_term_months": 0,
        "left_on": "month_end",
        "rejoin_after_days": 0,
        "holidays": "",
    }
    lines = [*draft.prices["lines"], {"days": "every_day"}]
    sent |= {"lines-TOTAL_FORMS": len(lines), "lines-INITIAL_FORMS": len(lines) - 1}
    for number, line in enumerate(lines):
        sent |= {f"lines-{number}-{name}": value or "" for name, value in line.items()}
    return sent | changes


def test_a_draft_is_written_compared_and_published_by_a_second_person(
    desk: Client, cora: User, draft: TariffDraft, by_the_hour: TariffVersion
) -> None:
    edit = reverse("service_tariff_draft", args=[draft.pk])
    preview = reverse("service_tariff_draft_preview", args=[draft.pk])
    publish = reverse("service_tariff_draft_publish", args=[draft.pk])
    assert "Fed in" in desk.get(edit).content.decode()

    saved = desk.post(edit, posted(draft, **{"lines-1-export": "0.25000"}))

    assert saved.headers["Location"] == preview
    page = desk.get(preview).content.decode()
    assert "Somebody else of customer service looks at it" in page
    assert "Peak: fed in 0.25000, used 0.42000" in page
    refused = desk.post(publish, {"revision": 2}, follow=True).content.decode()
    assert "You changed this draft last." in refused
    second = signed_in(cora)
    assert "Publish it" in second.get(preview).content.decode()
    done = second.post(publish, {"revision": 2}, follow=True).content.decode()
    assert "Version 2 is published." in done
    version = by_the_hour.tariff.versions.get(number=2)
    assert (version.left_on, version.required_communication) == ("month_end", "monitor")
    compared = shown(desk, "service_tariff_compare", version.tariff_id, a="1", b="2")
    assert compared.count('class="differs"') >= 5
    url = reverse("service_tariff_compare", args=[version.tariff_id])
    assert desk.get(url, {"a": "1", "b": "9"}).status_code == 404


def test_wrong_prices_and_a_stale_form_are_answered_in_words(
    desk: Client, draft: TariffDraft, cora: User
) -> None:
    edit = reverse("service_tariff_draft", args=[draft.pk])

    holes = desk.post(edit, posted(draft, **{"lines-0-begins": "01:00"}))
    assert holes.status_code == 422
    assert "Summer has no price for a Monday from 00:00." in holes.content.decode()
    assert 'value="01:00"' in holes.content.decode()
    wrong = desk.post(edit, posted(draft, wording="", holidays="4 July"))
    assert wrong.status_code == 422
    signed_in(cora).post(edit, posted(draft))
    stale = desk.post(edit, posted(draft))
    assert "Cora saved this draft meanwhile" in stale.content.decode()
    assert stale.status_code == 422


def test_a_new_tariff_begins_and_can_be_discarded(
    desk: Client, tariff_version: TariffVersion
) -> None:
    new = reverse("service_tariff_new")

    taken = desk.post(new, {"code": "SOLAR-PARTNER", "name": "Again"})
    assert "The code SOLAR-PARTNER is taken." in taken.content.decode()
    desk.post(new, {"code": "NIGHTS", "name": "Nights"})
    draft = TariffDraft.objects.get(tariff__code="NIGHTS")
    assert "Not published yet." in shown(desk, "service_tariff", draft.tariff_id)
    desk.post(reverse("service_tariff_draft_discard", args=[draft.pk]), {"revision": "x"})
    assert TariffDraft.objects.exists()
    desk.post(reverse("service_tariff_draft_discard", args=[draft.pk]), {"revision": 1})
    assert not TariffDraft.objects.exists()


def test_engineers_read_and_do_not_write(enzo: User, draft: TariffDraft) -> None:
    browser = signed_in(enzo)

    assert "A draft is being written" in shown(browser, "service_tariff", draft.tariff_id)
    assert browser.get(reverse("service_tariff_draft", args=[draft.pk])).status_code == 403


def test_the_portal_says_prices_and_rules_in_plain_words(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, by_the_hour: TariffVersion
) -> None:
    make_agreement(ada_point, tariff_version, accepted_by=ada)
    browser = signed_in(ada)

    assert "0.05000 to 0.19000 USD per kWh" in shown(browser, "portal_tariffs")
    page = shown(browser, "portal_tariff", by_the_hour.pk)
    assert "Change to By-The-Hour" in page
    assert "what you pay" in page
    assert browser.get(reverse("portal_tariff", args=[0])).status_code == 404


def test_a_copy_as_pdf_holds_the_exact_text_and_is_ones_own(
    ada: User, ada_point: UsagePoint, cem: User, cleo: User, tariff_version: TariffVersion
) -> None:
    agreement = make_agreement(ada_point, tariff_version, accepted_by=ada)
    url = reverse("portal_agreement_pdf", args=[agreement.pk])

    copy = signed_in(ada).get(url)

    words = "".join(p.extract_text() for p in PdfReader(io.BytesIO(copy.content)).pages)
    assert copy.headers["Content-Type"] == "application/pdf"
    for said in (tariff_version.text, tariff_version.text_sha256, "Ada Lovelace", "MTR-"):
        assert said in words
    assert signed_in(cem).get(url).status_code == 404
    at_desk = reverse("service_agreement_pdf", args=[agreement.pk])
    assert signed_in(cleo).get(at_desk).content[:5] == b"%PDF-"


def test_leaving_in_the_portal_and_taking_it_back(
    ada: User, ada_point: UsagePoint, cem: User
) -> None:
    version = make_tariff_version("SUNSET", notice_days=30, left_on="month_end")
    agreement = make_agreement(ada_point, version, accepted_by=ada)
    browser = signed_in(ada)
    leave = reverse("portal_agreement_leave", args=[agreement.pk])
    assert "30 days&#x27; notice" in browser.get(leave).content.decode()

    early = browser.post(leave, {"last_day": "2026-01-01"})
    assert (early.status_code, "The earliest last day" in early.content.decode()) == (422, True)
    left = browser.post(leave, {}, follow=True).content.decode()

    assert "You leave this tariff. Your last day is" in left
    assert signed_in(cem).post(leave).status_code == 404
    browser.post(reverse("portal_agreement_stay", args=[agreement.pk]))
    agreement.refresh_from_db()
    assert agreement.leaves_at is None


def test_changing_in_the_portal_accepts_the_new_text_and_leaves_the_old(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, by_the_hour: TariffVersion
) -> None:
    agreement = make_agreement(ada_point, tariff_version, accepted_by=ada)
    browser = signed_in(ada)
    change = reverse("portal_agreement_change", args=[agreement.pk, by_the_hour.pk])
    assert "Your last day under Solar-Partner" in browser.get(change).content.decode()

    wrong = browser.post(change, {"accepted_name": "Eve"})
    assert (wrong.status_code, "Ada Lovelace" in wrong.content.decode()) == (422, True)
    browser.post(change, {"accepted_name": "Ada Lovelace"})

    assert CustomerAgreement.objects.get(tariff_version=by_the_hour).accepted_by == ada
    agreement.refresh_from_db()
    assert agreement.leaves_at is not None


def test_the_list_asks_the_same_number_of_questions_for_one_tariff_and_for_ten(
    desk: Client, by_the_hour: TariffVersion, django_assert_max_num_queries: Any
) -> None:
    for number in range(9):
        make_tariff_version(f"T{number}")

    with django_assert_max_num_queries(12):
        shown(desk, "service_tariffs")
