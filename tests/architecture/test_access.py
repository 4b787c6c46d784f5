"""Every URL x every role: who may open what, against a list that is reviewed (OP-1).

`access.json` holds one row per URL: its roles, "anyone", or "checks itself" for the views of the
sign-in library. A URL without a row fails, and so does a row without a URL.
Rewrite it with `UPDATE_ACCESS=1 python3 manage.py test tests/architecture/test_access.py`, then
read the difference.
"""

import json
import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from derms.accounts.access import checks_itself, rule_of
from derms.accounts.models import User
from derms.accounts.roles import ALL_ROLES, Role
from tests.cast import CAST
from tests.factories import make_person

ACCESS_FILE = Path(__file__).with_name("access.json")
SAMPLES: dict[str, str] = {"int": "0", "uuid": str(uuid.UUID(int=0))}
SELF_CHECKING = "checks itself"
ANYONE = "anyone"


@dataclass(frozen=True)
class Route:
    """One URL as the resolver knows it; `path` has sample values in place of its parts."""

    pattern: str
    path: str
    view: Callable[..., Any]

    @property
    def rule(self) -> str | list[str] | None:
        if checks_itself(self.view):
            return SELF_CHECKING
        roles = rule_of(self.view)
        if roles is None:
            return None
        return sorted(roles) if roles else ANYONE


def walk(
    patterns: list[URLPattern | URLResolver], pattern: str = "/", path: str = "/"
) -> Iterator[Route]:
    for entry in patterns:
        part = str(entry.pattern)
        sample = part
        for name, converter in getattr(entry.pattern, "converters", {}).items():
            kind = type(converter).__name__.removesuffix("Converter").lower()
            for written in (f"<{kind}:{name}>", f"<{name}>"):
                sample = sample.replace(written, SAMPLES.get(kind, "none"))
        if isinstance(entry, URLResolver):
            yield from walk(entry.url_patterns, pattern + part, path + sample)
        else:
            yield Route(pattern + part, path + sample, entry.callback)


def all_routes() -> list[Route]:
    return list(walk(get_resolver().url_patterns))


def gated_routes() -> list[Route]:
    return [route for route in all_routes() if isinstance(route.rule, list)]


def test_every_url_has_its_reviewed_row() -> None:
    found = {route.pattern: route.rule for route in all_routes()}
    if os.environ.get("UPDATE_ACCESS"):
        ACCESS_FILE.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")

    assert [pattern for pattern, rule in found.items() if rule is None] == []
    assert found == json.loads(ACCESS_FILE.read_text())


def test_views_that_check_themselves_come_from_known_packages() -> None:
    assert settings.SELF_CHECKING_VIEWS == ("allauth.",)


@pytest.fixture
def people(db: None) -> dict[Role, User]:
    """One person for each role."""
    names = {role: name for name, role in reversed(CAST.items())}
    people = {role: make_person(names[role], role) for role in ALL_ROLES}
    # The back office asks for Django's own flags on top of the role.
    User.objects.filter(pk=people[Role.ADMINISTRATOR].pk).update(is_staff=True, is_superuser=True)
    return people


def test_nobody_opens_a_gated_page_without_signing_in(db: None) -> None:
    client = Client()
    opened = []
    for route in gated_routes():
        response = client.get(route.path)
        is_sent_to_sign_in = (
            response.status_code == 302 and "/account/login/" in response["Location"]
        )
        if not is_sent_to_sign_in and response.status_code not in (401, 403):
            opened.append((route.pattern, response.status_code))

    assert opened == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_every_gated_url_refuses_every_other_role(people: dict[Role, User], method: str) -> None:
    opened = []
    for role, person in people.items():
        client = Client()
        client.force_login(person)
        for route in gated_routes():
            if role in (route.rule or []):
                continue
            response = getattr(client, method)(route.path)
            if response.status_code != 403:
                opened.append((role.value, route.pattern, response.status_code))

    assert opened == []


def test_the_roles_of_a_url_are_not_refused(people: dict[Role, User]) -> None:
    """A page of nothing (an id that is not there) may answer 404 or 405, never 403 or 500.

    The back office refuses odd requests by itself, so only its door is looked at.
    """
    refused = []
    for role, person in people.items():
        client = Client(raise_request_exception=False)
        client.force_login(person)
        for route in gated_routes():
            is_inner_back_office = route.path.startswith("/admin/") and route.path != "/admin/"
            if role not in (route.rule or []) or is_inner_back_office:
                continue
            status = client.get(route.path).status_code
            if status in (401, 403) or status >= 500:
                refused.append((role.value, route.pattern, status))

    assert refused == []


def test_unsafe_requests_need_the_csrf_token(people: dict[Role, User]) -> None:
    accepted = []
    for role, person in people.items():
        client = Client(enforce_csrf_checks=True)
        client.force_login(person)
        for route in gated_routes():
            if role not in (route.rule or []):
                continue
            status = client.post(route.path).status_code
            if status not in (403, 405):
                accepted.append((role.value, route.pattern, status))

    assert accepted == []
