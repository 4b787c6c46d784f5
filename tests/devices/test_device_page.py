"""A device's page: values, settings, curves, talking, and who sees what (DV-2, DV-3)."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from derms.accounts.models import User
from devices.models import Device
from devices.services import record_alarm
from tests.devices import scenes

pytestmark = pytest.mark.usefixtures("empty_history")


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def operator(olga: User) -> Client:
    return client_of(olga)


def page_of(client: Client, device: Device) -> str:
    answer = client.get(reverse("operations_device", args=[device.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_of_an_inverter_shows_everything_about_it(
    operator: Client, inverter: Device, now: datetime
) -> None:
    scenes.serve(inverter, now)
    scenes.discovered(inverter)
    scenes.answer(inverter, now)
    scenes.talk(inverter, now)
    scenes.settings_in_order(inverter, now)
    scenes.carry(scenes.ask(inverter, now), now)
    record_alarm(kind="device_fault", device=inverter, priority=2, message="Fan stands", at=now)

    page = page_of(operator, inverter)

    for words in (
        inverter.serial_number, "Communicating", "4.32", "held to 3.00\xa0kW", "Fan stands",
        "at most 3.00\xa0kW", "92:44, 98:0, 102:0, 108:−44", "DER volt-var",
        "Model 64001 is unknown", "18.4 ms", "behind ours", "Verified",
    ):  # fmt: skip
        assert words in page, words


def test_the_page_needs_fewer_than_fifteen_questions(
    operator: Client, inverter: Device, now: datetime, django_assert_max_num_queries: object
) -> None:
    scenes.serve(inverter, now)
    scenes.discovered(inverter)
    scenes.answer(inverter, now)
    scenes.talk(inverter, now)
    scenes.settings_in_order(inverter, now)
    for number in range(6):
        scenes.carry(scenes.ask(inverter, now, key=f"hand-{number}"), now)
    assert callable(django_assert_max_num_queries)

    with django_assert_max_num_queries(14):
        page_of(operator, inverter)


def test_a_silent_device_keeps_its_values_struck_through_with_the_reason(
    operator: Client, inverter: Device, now: datetime
) -> None:
    scenes.serve(inverter, now)
    scenes.answer(inverter, now, age_s=300, quality="stale", reason="no reply within 2 s")

    page = page_of(operator, inverter)

    assert "Not answering" in page
    assert "no reply within 2 s" in page
    assert 'class="num old"' in page


def test_a_device_that_never_answered_gets_a_checklist_instead_of_zeros(
    operator: Client, inverter: Device
) -> None:
    page = page_of(operator, inverter)

    assert "It has never answered. What to check:" in page
    assert f"A gateway serves zone {inverter.zone}" in page
    assert "DERMS_ZONES=f12" in page
    assert "0.00" not in page


def test_a_zone_without_a_gateway_is_told_with_what_to_do(
    operator: Client, inverter: Device, now: datetime
) -> None:
    scenes.serve(inverter, now, age_s=120)
    scenes.answer(inverter, now)

    page = page_of(operator, inverter)

    assert "For 2\xa0min nobody has served zone f12" in page


def test_a_drifted_setting_says_who_approved_what(
    operator: Client, inverter: Device, now: datetime
) -> None:
    scenes.answer(inverter, now)
    scenes.settings_in_order(inverter, now)
    scenes.drifted(inverter, now)

    page = page_of(operator, inverter)

    assert "1 setting differs" in page
    assert "approved by enzo on 4 May 2026" in page
    assert "what the device holds differs from what it should hold" in page


def test_a_setting_read_before_the_command_does_not_agree_yet(
    operator: Client, inverter: Device, now: datetime
) -> None:
    scenes.answer(inverter, now)
    scenes.find(inverter, now, "limit_active_power", value_w=8_000)
    scenes.carry(scenes.ask(inverter, now), now)

    assert "Not read since" in page_of(operator, inverter)


def test_links_follow_the_reader(
    inverter: Device, now: datetime, olga: User, cleo: User, audrey: User
) -> None:
    scenes.answer(inverter, now)
    scenes.discovered(inverter)
    customer = reverse("service_customer", args=[inverter.usage_point.customer_id])

    assert customer in page_of(client_of(cleo), inverter)
    assert customer not in page_of(client_of(olga), inverter)
    assert "Choose what to ask for" in page_of(client_of(olga), inverter)
    for reader in (cleo, audrey):
        assert "Choose what to ask for" not in page_of(client_of(reader), inverter)


@pytest.mark.parametrize("name", ["operations_device", "operations_device_commands"])
def test_a_device_that_is_not_there_is_not_found(operator: Client, name: str) -> None:
    assert operator.get(reverse(name, args=[0])).status_code == 404


def test_every_trend_has_its_columns_and_shows_its_gaps(
    operator: Client, battery: Device, now: datetime
) -> None:
    scenes.a_past(battery, now)
    url = reverse("operations_device_trend", args=[battery.pk])

    for of, unit in (("power", "kW, kvar"), ("voltage", "V"), ("charge", "%"), ("odd", "kW, kvar")):
        found = operator.get(url, {"of": of, "range": "15m"}).json()
        assert found["unit"] == unit
        values = found["series"][0]["values"]
        assert values.count(None) == 1, of
        assert len(values) > 100
        assert found["now"] - found["from"] == 900


@pytest.mark.parametrize("span", ["1h", "1d", "30d", "odd"])
def test_longer_spans_answer_too(
    operator: Client, inverter: Device, now: datetime, span: str
) -> None:
    scenes.a_past(inverter, now)

    answer = operator.get(
        reverse("operations_device_trend", args=[inverter.pk]), {"range": span, "of": "voltage"}
    )

    assert any(value is not None for value in answer.json()["series"][0]["values"])


def test_a_trend_shows_what_it_was_held_to_and_comes_as_a_file(
    operator: Client, inverter: Device, now: datetime
) -> None:
    scenes.a_past(inverter, now)
    scenes.carry(scenes.ask(inverter, now - timedelta(minutes=2)), now - timedelta(minutes=2))
    url = reverse("operations_device_trend", args=[inverter.pk])

    held = operator.get(url).json()["series"][-1]
    answer = operator.get(url, {"format": "csv"})
    lines = answer.getvalue().decode("utf-8-sig").splitlines()

    assert held["key"] == "held"
    assert held["values"][0] is None
    assert held["values"][-1] == 3.0
    assert lines[0] == 'at,"Active power, kW","Reactive power, kvar","Held to, kW"'
    assert len(lines) > 100


def test_the_log_of_commands_pages_and_comes_as_a_file(
    operator: Client, inverter: Device, now: datetime
) -> None:
    scenes.carry(scenes.ask(inverter, now), now)
    url = reverse("operations_device_commands", args=[inverter.pk])

    page = operator.get(url).content.decode()
    answer = operator.get(url, {"format": "csv"})
    lines = answer.getvalue().decode("utf-8-sig").splitlines()

    assert "0001 0177 03E8" in page
    assert len(lines) == 2
    assert "limit_active_power" in lines[1]
    assert "verified" in lines[1]


def test_the_log_needs_the_same_number_of_questions_for_one_and_for_fifty(
    operator: Client, inverter: Device, now: datetime, django_assert_max_num_queries: object
) -> None:
    for number in range(50):
        scenes.ask(inverter, now, key=f"hand-{number}")
    assert callable(django_assert_max_num_queries)

    with django_assert_max_num_queries(12):
        operator.get(reverse("operations_device_commands", args=[inverter.pk]))


def test_one_command_shows_its_course_and_its_proof(
    operator: Client, inverter: Device, now: datetime
) -> None:
    command = scenes.carry(scenes.ask(inverter, now), now)

    page = operator.get(
        reverse("operations_device_command_log", args=[inverter.pk, command.pk])
    ).content.decode()

    for words in ("Taken by a gateway", "0001 0177 03E8 0000 0000 0258", "from 40301", "+0.28"):
        assert words in page, words
    missing = reverse("operations_device_command_log", args=[inverter.pk, 0])
    assert operator.get(missing).status_code == 404
