"""Anybody may ask what fits at a place, and learns nothing of the people there (portal, IC-1)."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import settings
from django.test import Client
from django.urls import reverse

from customers.models import ServiceArea, UsagePoint
from derms.accounts.models import User
from interconnection.models import DistributionTransformer, LineSection
from interconnection.selectors.room import Room, Standing, room_at
from interconnection.views.connecting import MOST_A_MINUTE
from tests.devices.walking import walking
from tests.factories import (
    make_agreement,
    make_der,
    make_person,
    make_tariff_version,
)

pytestmark = pytest.mark.django_db
URL = "/portal/connect"


@pytest.fixture(autouse=True)
def unhurried() -> Iterator[None]:
    def forget() -> None:
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            for key in client.scan_iter("derms.pace.*"):
                client.delete(key)

    forget()
    yield
    forget()


def ask(client: Client, **words: str) -> str:
    return client.get(URL, words).content.decode().replace("\N{NO-BREAK SPACE}", " ")


def test_the_quick_screens_say_how_much_fits(ada_point: UsagePoint) -> None:
    """A transformer of 50 kVA decides; the section and the feeder have more room."""
    assert room_at(ada_point) == Room(Standing.ROOM, 50_000)


def test_what_is_connected_takes_room(ada_point: UsagePoint) -> None:
    owner = make_person("owner")
    agreement = make_agreement(ada_point, make_tariff_version("OTHER"), accepted_by=owner)
    make_der(ada_point, agreement, apparent_power_max_rating_va=8_300)

    assert room_at(ada_point) == Room(Standing.ROOM, 41_500)


def test_a_missing_figure_is_never_room(ada_point: UsagePoint) -> None:
    LineSection.objects.update(minimum_daytime_load_w=None)

    assert room_at(ada_point).standing is Standing.UNKNOWN


def test_a_full_transformer_needs_a_study(ada_point: UsagePoint) -> None:
    DistributionTransformer.objects.update(rated_va=100)

    assert room_at(ada_point).standing is Standing.STUDY


def test_nobody_has_to_sign_in_and_nobody_is_named(client: Client, ada_point: UsagePoint) -> None:
    page = ask(client, meter=ada_point.meter_number.lower())

    assert "Up to 50.0 kW fits" in page
    assert ada_point.customer.name not in page
    assert ada_point.location.street not in page


def test_an_address_and_a_size_are_understood(client: Client, ada_point: UsagePoint) -> None:
    place = ada_point.location
    words = {"street": f"  {place.street.upper()} ", "postcode": place.postcode}

    assert "8.5 kW fits as things stand" in ask(client, **words, size="8,5")
    assert "55.0 kW needs a study" in ask(client, **words, size="55")


def test_a_place_we_do_not_know_gets_the_next_step(client: Client) -> None:
    ServiceArea.objects.create(postcode="12345", locality="Millbrook")

    assert "no meter with this number" in ask(client, meter="NOT-THERE")
    assert "do not know this street" in ask(client, street="Nowhere 1", postcode="12345")
    assert "not in our area" in ask(client, street="Nowhere 1", postcode="99999")


@pytest.mark.parametrize(
    "words",
    [
        {"meter": ""},
        {"street": "Mill Lane 1"},
        {"postcode": "12345"},
        {"meter": "A\x00B"},
        {"meter": "1", "size": "much"},
        {"meter": "1", "size": "-3"},
        {"meter": "1" * 400},
    ],
)
def test_what_cannot_be_asked_is_refused_beside_its_field(
    client: Client, words: dict[str, str]
) -> None:
    answer = client.get(URL, words)

    assert answer.status_code == 422
    assert "aria-invalid" in answer.content.decode()


def test_collecting_answers_is_stopped(client: Client, ada_point: UsagePoint) -> None:
    for _ in range(MOST_A_MINUTE):
        assert client.get(URL, {"meter": ada_point.meter_number}).status_code == 200

    assert client.get(URL, {"meter": ada_point.meter_number}).status_code == 429
    assert client.get(URL).status_code == 200


def test_an_application_shows_what_fits_while_units_are_listed(
    client: Client, ada_point: UsagePoint
) -> None:
    assert reverse("can_i_connect") == URL
    assert "Can I connect" in client.get("/account/login/").content.decode()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_page_is_accessible_and_fits_a_phone(
    ada_point: UsagePoint, ada: User, live_server: Any
) -> None:
    with walking(live_server.url, ada) as walker:
        for asked in ("", f"?meter={ada_point.meter_number}", "?meter=1&size=much"):
            assert walker.look(f"{URL}{asked}") == {}
            walker.picture(f"can-i-connect-{len(asked)}")
        assert walker.complaints == []
