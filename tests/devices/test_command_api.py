"""A program asks one device for something, once (IX-2, DV-3)."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from derms.accounts.models import User
from devices.models import Device, DeviceCommand

PF = {"power_factor": 0.95, "excitation": "absorbing"}


@pytest.fixture
def operator(olga: User) -> Client:
    client = Client()
    client.force_login(olga)
    return client


def ask(client: Client, device: Device | int, key: str = "k1", /, **body: Any) -> Any:
    pk = device if isinstance(device, int) else device.pk
    body = {"function": "limit_active_power", "duration_s": 900, "reason": "test"} | body
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(
        reverse("api_device_commands", args=[pk]), body, "application/json", headers=headers
    )


def test_an_operator_asks_and_the_row_says_all_of_it(operator: Client, inverter: Device) -> None:
    answer = ask(operator, inverter, function="fixed_power_factor", parameters=PF)

    assert answer.status_code == 201
    command = DeviceCommand.objects.get(pk=answer.json()["id"])
    assert command.parameters == PF
    assert (command.reversion_s, command.requested_by) == (600, "olga")
    assert (command.expires_at - command.not_before).total_seconds() == 900
    assert answer.json()["parameters"] == PF


def test_sent_twice_it_is_one_command(operator: Client, inverter: Device) -> None:
    first, again = ask(operator, inverter, value_w=3000), ask(operator, inverter, value_w=3000)
    other = ask(operator, inverter, value_w=2000)

    assert first.json() == again.json()
    assert other.status_code == 409
    assert other.json()["code"] == "key_used_for_another_order"
    assert DeviceCommand.objects.count() == 1


def test_a_release_needs_neither_value_nor_parameters(operator: Client, inverter: Device) -> None:
    answer = ask(operator, inverter, is_release=True, function="volt_var", duration_s=60)

    assert answer.status_code == 201
    assert answer.json()["is_release"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 422, "needs a value"),
        ({"value_w": 10**30}, 422, "more than any device"),
        ({"value_w": 1, "reversion_s": 0}, 422, "reversion time"),
        ({"value_w": 1, "ramp_s": 10**30}, 422, "ramp time"),
        ({"value_w": 1, "duration_s": 0}, 400, "duration_s"),
        ({"value_w": 1, "parameters": PF}, 422, "no parameters"),
        ({"function": "connect", "value_w": 2}, 422, "1 .connected. or 0"),
        ({"function": "explode"}, 400, "function"),
        ({"function": "volt_var"}, 422, "needs its parameters: points, response_s"),
        ({"function": "volt_var", "value_w": 5}, 422, "no value in W"),
        ({"function": "volt_var", "parameters": {"points": [[1, 2], [0, 1]]}}, 422, "fall"),
        ({"function": "fixed_power_factor", "parameters": PF | {"x": 1}}, 422, "has no x"),
        ({"function": "ramp_rate", "parameters": {"ramp_pct_per_s": "fast"}}, 422, "a number"),
        ({"function": "ramp_rate", "parameters": []}, 400, "parameters"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    operator: Client, inverter: Device, body: dict[str, Any], status: int, words: str
) -> None:
    answer = ask(operator, inverter, **body)

    assert answer.status_code == status, answer.content
    assert re.search(words, answer.content.decode())
    assert not DeviceCommand.objects.exists()


def test_no_key_no_device_and_no_operator_are_refused(
    operator: Client, inverter: Device, enzo: User
) -> None:
    assert ask(operator, inverter, "", value_w=1).status_code == 400
    assert ask(operator, 0, value_w=1).status_code == 404
    engineer = Client()
    engineer.force_login(enzo)
    assert ask(engineer, inverter, value_w=1).status_code == 403
    assert Client().post(reverse("api_device_commands", args=[inverter.pk])).status_code in {
        401, 403,
    }  # fmt: skip
    assert not DeviceCommand.objects.exists()
