"""The shell: where each role can go, what an error says, how a wrong form comes back (OP-1)."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path

from derms.accounts.roles import Role
from derms.ui.navigation import PLACES, places_for
from tests.ui.rendering import Nameplate, page


def _nothing(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def _urls(**addresses: str) -> ModuleType:
    module = ModuleType("urls")
    module.urlpatterns = [  # type: ignore[attr-defined]  # what Django reads
        path(address, _nothing, name=name) for name, address in addresses.items()
    ]
    return module


URLS = _urls(
    operations_console="operations/",
    operations_groups="operations/groups/",
    operations_alarms="operations/alarms/",
    engineering_queue="engineering/",
)


@dataclass(frozen=True)
class Wanted:
    """A path and the place that should be marked as current."""

    path: str
    label: str


@override_settings(ROOT_URLCONF=URLS)
def test_a_role_sees_its_places_that_exist_and_no_others() -> None:
    places = places_for(roles=[Role.OPERATOR], path="/")

    assert [place.label for place in places] == ["Console", "Groups", "Alarms"]


@override_settings(ROOT_URLCONF=URLS)
@pytest.mark.parametrize(
    "wanted",
    [
        Wanted("/operations/", "Console"),
        Wanted("/operations/groups/7", "Groups"),
        Wanted("/engineering/12", "Review queue"),
    ],
)
def test_the_nearest_place_is_current(wanted: Wanted) -> None:
    places = places_for(roles=[Role.OPERATOR, Role.ENGINEER], path=wanted.path)

    assert [place.label for place in places if place.current] == [wanted.label]


def test_the_letters_after_g_are_different() -> None:
    letters = [place.key for place in places_for(roles=list(PLACES), path="/") if place.key]

    assert len(letters) == len(set(letters))


def test_somebody_without_a_role_has_nowhere_to_go() -> None:
    assert places_for(roles=[], path="/") == []


def test_a_refusal_names_the_role_that_is_missing() -> None:
    html = page(
        "403.html",
        {"reason": "This page needs the role: Operator."},
        roles=frozenset({Role.ENGINEER}),
    )

    assert "This page needs the role: Operator." in html
    assert "Engineer" in html


def test_a_fault_gives_a_reference_to_quote() -> None:
    assert "AB12CD34" in page("500.html", {"reference": "AB12CD34"})


@pytest.mark.parametrize(
    ("roles", "cookie", "theme"),
    [
        ({Role.OPERATOR}, "", "dark"),
        ({Role.CUSTOMER_SERVICE}, "", "day"),
        ({Role.OPERATOR}, "day", "day"),
        ({Role.CUSTOMER}, "", "light"),
        ({Role.CUSTOMER}, "dark", "dark"),
        ({Role.OPERATOR}, '"><script>', "dark"),
    ],
)
def test_the_theme_is_the_chosen_one_or_the_role_s(
    roles: set[Role], cookie: str, theme: str
) -> None:
    html = page("404.html", roles=frozenset(roles), theme=cookie)

    assert f'data-theme="{theme}"' in html


def test_only_a_demonstration_says_that_it_is_one() -> None:
    with override_settings(IS_DEMO=True):
        demonstration = page("404.html")
    with override_settings(IS_DEMO=False):
        real = page("404.html")

    assert "DEMONSTRATION" in demonstration
    assert "DEMONSTRATION" not in real


def test_a_wrong_form_keeps_what_was_typed_and_says_what_is_wrong_at_the_field() -> None:
    form = Nameplate({"rating": "-5", "phases": "abc", "kind": "pv", "note": "Roof <south>"})

    html = str(form)

    assert 'value="-5"' in html
    assert "Roof &lt;south&gt;" in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_rating_helptext id_rating_error"' in html
    assert 'id="id_rating_error"' in html
    assert re.search(r'<a\s+href="#id_rating">Active power rating: Ensure', html)


def test_every_form_of_the_sign_in_pages_wears_the_product_s_markup() -> None:
    html = page("account/login.html", {"form": Nameplate({})}, roles=frozenset())

    assert 'class="field invalid"' in html
    assert "data-form-errors" in html


@pytest.mark.parametrize(("is_demo", "shown"), [(True, True), (False, False)])
def test_people_to_sign_in_as_are_shown_only_in_a_demonstration(
    tmp_path: Path, *, is_demo: bool, shown: bool
) -> None:
    people = [{"username": "olga", "role": "Operator", "password": "of-the-demo"}]
    (tmp_path / "demo-accounts.json").write_text(json.dumps(people))

    with override_settings(IS_DEMO=is_demo, VAR_DIR=tmp_path):
        html = page(
            "account/login.html", {"form": Nameplate()}, roles=frozenset(), path="/account/login/"
        )

    assert ("of-the-demo" in html) is shown
