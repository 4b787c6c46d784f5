"""What the form asks beside the nameplates, and what the screens make of it (IC-1, IC-3)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer, TariffVersion, UsagePoint
from derms.accounts.models import User
from interconnection.models import Feeder, InterconnectionApplication
from interconnection.screening.rules import RULE_SETS
from interconnection.screening.screens import evaluate
from interconnection.selectors.network import connection_of
from interconnection.selectors.screening import screening_case
from interconnection.selectors.studies import phases_of
from interconnection.statuses import Technology
from tests.factories import (
    connect,
    make_application,
    make_transformer,
    make_unit,
    make_usage_point,
)


@pytest.fixture
def browser(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


@pytest.fixture
def draft(ada_point: UsagePoint, tariff_version: TariffVersion) -> InterconnectionApplication:
    """Ada's 8 kW array on one phase."""
    application = make_application(ada_point)
    make_unit(application)
    return application


@pytest.fixture
def on_three_phases(ada_customer: Customer, f12: Feeder) -> InterconnectionApplication:
    point = make_usage_point(ada_customer, phases="ABC")
    connect(point, make_transformer(f12, phases="ABC"))
    application = make_application(point)
    make_unit(application, technology=Technology.BATTERY)
    return application


def plan(browser: Client, draft: InterconnectionApplication, **answers: str) -> Any:
    day = datetime.now(UTC).date() + timedelta(days=60)
    entered = {"planned_in_service_date": day.isoformat(), **answers}
    answer = browser.post(reverse("portal_apply_date", args=[draft.reference]), entered)
    draft.refresh_from_db()
    return answer


def result(draft: InterconnectionApplication, code: str) -> str:
    rules = next(one for one in RULE_SETS.values() if "21" in one.name)
    answers = {one.words.code: one for one in evaluate(screening_case(draft), rules)}
    return answers[code].outcome.value


def test_only_what_is_not_known_is_asked(
    browser: Client,
    draft: InterconnectionApplication,
    on_three_phases: InterconnectionApplication,
) -> None:
    page = reverse("portal_apply_date", args=[draft.reference])
    other = reverse("portal_apply_date", args=[on_three_phases.reference])

    asked = set(browser.get(page).context["form"].fields)
    asked_there = set(browser.get(other).context["form"].fields)

    assert "phases_used" not in asked
    assert "tracks_sun" in asked
    assert "phases_used" in asked_there
    assert "tracks_sun" not in asked_there


def test_who_answers_nothing_exports_everything_under_the_tariff(
    browser: Client, draft: InterconnectionApplication
) -> None:
    assert plan(browser, draft).status_code == 302

    case = screening_case(draft)
    assert case.proposed.non_export is None
    assert case.proposed.is_net_metered is False
    assert case.proposed.tracks_sun is False


def test_nothing_fed_in_by_a_certified_controller_ends_the_review_at_screen_i(
    browser: Client, draft: InterconnectionApplication
) -> None:
    plan(browser, draft, export_choice="full")
    assert result(draft, "non_export") == "not_applicable"

    plan(browser, draft, export_choice="none", non_export_by="7")

    assert result(draft, "non_export") == "pass"
    assert draft.get_export_choice_display() == "Nothing"


def test_a_limit_on_export_reaches_the_screens(
    browser: Client, draft: InterconnectionApplication
) -> None:
    plan(browser, draft, export_choice="limited", export_limit_w="3")

    assert screening_case(draft).proposed.export_w == 3_000

    plan(browser, draft, export_choice="full")

    assert screening_case(draft).proposed.export_w is None


def test_net_metering_and_trackers_reach_the_screens(
    browser: Client, draft: InterconnectionApplication, f12: Feeder
) -> None:
    f12.sections.update(minimum_tracking_load_w=700_000)

    plan(browser, draft, compensation="net_metering", tracks_sun="yes")

    case = screening_case(draft)
    assert case.proposed.is_net_metered is True
    assert case.proposed.tracks_sun is True
    assert case.sections[0].minimum_tracking_load_w == 700_000


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"export_choice": "limited"}, "export_limit_w"),
        ({"export_choice": "limited", "export_limit_w": "8"}, "export_limit_w"),
        ({"export_choice": "none"}, "non_export_by"),
        ({"export_choice": "some"}, "export_choice"),
        ({"non_export_by": "3"}, "non_export_by"),
    ],
)
def test_answers_that_do_not_fit_are_told_beside_the_field(
    browser: Client, draft: InterconnectionApplication, answers: dict[str, str], field: str
) -> None:
    answer = plan(browser, draft, **answers)

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert draft.planned_in_service_date is None


def test_a_limit_is_kept_and_shown_before_sending(
    browser: Client, draft: InterconnectionApplication
) -> None:
    plan(browser, draft, export_choice="limited", export_limit_w="5", non_export_by="1")

    assert (draft.export_limit_w, draft.non_export_by) == (5_000, None)
    review = browser.get(reverse("portal_apply_review", args=[draft.reference]))
    said = review.content.decode().replace("\xa0", " ").replace("&nbsp;", " ")
    assert "Up to a limit that a controller keeps: 5.0" in said


def test_one_phase_of_three_is_studied_on_one(
    browser: Client, on_three_phases: InterconnectionApplication
) -> None:
    connection = connection_of(on_three_phases.usage_point)
    assert connection is not None
    plan(browser, on_three_phases, phases_used="three")
    assert phases_of(on_three_phases, connection) == "ABC"

    plan(browser, on_three_phases, phases_used="single")

    assert phases_of(on_three_phases, connection) == "A"
