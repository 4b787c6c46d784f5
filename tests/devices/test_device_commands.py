"""Choosing, reviewing, executing and following on the page, with and without a script (DV-3)."""

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from derms.accounts.models import User
from devices.models import Device, DeviceCommand
from tests.devices import scenes

LIMIT = {"value": "2.5", "duration": "20", "ramp_s": "", "reason": "Voltage"}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def operator(olga: User) -> Client:
    client = Client()
    client.force_login(olga)
    return client


@pytest.fixture
def device(inverter: Device) -> Device:
    now = timezone.now()
    scenes.serve(inverter, now)
    scenes.discovered(inverter)
    scenes.answer(inverter, now)
    scenes.talk(inverter, now)
    scenes.settings_in_order(inverter, now)
    for function in ("set_reactive_power", "ramp_rate", "watt_var", "frequency_watt"):
        scenes.find(inverter, now, function, is_enabled=False)
    return inverter


def url_of(device: Device, function: str = "limit_active_power", *, release: bool = False) -> str:
    base = reverse("operations_device_command", args=[device.pk])
    return f"{base}?function={function}{'&release=1' if release else ''}"


def token_in(page: str) -> str:
    return page.split('name="token" value="')[1].split('"', maxsplit=1)[0]


def execute(client: Client, device: Device, token: str, **headers: str) -> object:
    return client.post(
        reverse("operations_device_execute", args=[device.pk]),
        {"token": token, "function": "limit_active_power"},
        headers=headers,
    )


def test_without_a_script_one_chooses_reviews_executes_and_follows(
    operator: Client, device: Device
) -> None:
    chosen = operator.get(url_of(device))
    reviewed = operator.post(url_of(device), LIMIT)
    answer = operator.post(
        reverse("operations_device_execute", args=[device.pk]),
        {"token": token_in(reviewed.content.decode())},
        follow=True,
    )

    command = DeviceCommand.objects.get()
    assert "At most, kW" in chosen.content.decode()
    assert "at most 2.50\xa0kW (31.2 % of its rating)" in reviewed.content.decode()
    assert command.value_w == 2_500
    assert answer.redirect_chain[-1][0] == reverse(
        "operations_device_command_log", args=[device.pk, command.pk]
    )
    assert "Waits for a gateway" in answer.content.decode()


def test_with_htmx_only_the_panel_is_swapped_and_follows_the_command(
    operator: Client, device: Device
) -> None:
    reviewed = operator.post(url_of(device), LIMIT, headers=HTMX).content.decode()
    sent = operator.post(
        reverse("operations_device_execute", args=[device.pk]),
        {"token": token_in(reviewed)}, headers=HTMX,
    ).content.decode()  # fmt: skip

    command = DeviceCommand.objects.get()
    followed = reverse("operations_device_command_log", args=[device.pk, command.pk])
    for panel in (reviewed, sent):
        assert panel.lstrip().startswith('<section id="command"')
    assert f'hx-get="{followed}?panel=1" hx-trigger="every 1s"' in sent
    assert "Proof and course" in operator.get(followed, {"panel": "1"}).content.decode()


def test_the_panel_stops_asking_when_the_command_is_verified(
    operator: Client, device: Device
) -> None:
    now = timezone.now()
    command = scenes.carry(scenes.ask(device, now), now)
    url = reverse("operations_device_command_log", args=[device.pk, command.pk])

    page = operator.get(url).content.decode()

    assert "every 1s" not in page
    assert "Written and read back" in page
    assert url_of(device, release=True).replace("&", "&amp;") in page


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"value": "8.1"}, "It can do at most 8.00\xa0kW."),
        ({"value": "-1"}, "greater than or equal to 0"),
        ({"value": "much"}, "Enter a number"),
        ({"value": ""}, "required"),
        ({"duration": "0"}, "greater than or equal to 1"),
        ({"duration": "99999"}, "less than or equal to 1440"),
        ({"reason": ""}, "required"),
        ({"reason": "x" * 300}, "at most 200"),
        ({"ramp_s": "-5"}, "greater than or equal to 0"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_nothing_typed_is_lost(
    operator: Client, device: Device, typed: dict[str, str], words: str
) -> None:
    answer = operator.post(url_of(device), LIMIT | typed)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    for kept in (LIMIT | typed).values():
        assert f'value="{kept}"' in page or not kept
    assert not DeviceCommand.objects.exists()


POINTS = {
    "x0": "92",
    "y0": "44",
    "x1": "98",
    "y1": "0",
    "x2": "102",
    "y2": "0",
    "x3": "108",
    "y3": "-44",
}


@pytest.mark.parametrize(
    ("function", "typed", "kept"),
    [
        ("set_active_power", {"value": "1.25"}, {"value_w": 1_250}),
        ("connect", {"value": "0"}, {"value_w": 0}),
        ("fixed_power_factor", {"power_factor": "0.95", "excitation": "absorbing"},
         {"parameters": {"power_factor": 0.95, "excitation": "absorbing"}}),
        ("set_reactive_power", {"value": "-1.5"},
         {"parameters": {"reactive_power_var": -1_500.0}}),
        ("volt_var", POINTS | {"response_s": "5"}, {"parameters": scenes.VOLT_VAR}),
        ("volt_watt", {"x0": "106", "y0": "100", "x1": "110", "y1": "0"},
         {"parameters": {"points": [[106.0, 100.0], [110.0, 0.0]], "response_s": None}}),
        ("watt_var", {"x0": "50", "y0": "0", "x1": "100", "y1": "-44"},
         {"parameters": {"points": [[50.0, 0.0], [100.0, -44.0]], "response_s": None}}),
        ("frequency_watt", {"x0": "60.5", "y0": "100", "x1": "62", "y1": "0"},
         {"parameters": {"points": [[60.5, 100.0], [62.0, 0.0]], "response_s": None}}),
        ("frequency_droop",
         {"dead_band_over_hz": "0.036", "droop_over_pct": "5", "dead_band_under_hz": "0.036",
          "droop_under_pct": "5", "response_s": "5"}, {"parameters": scenes.DROOP}),
        ("ramp_rate", {"ramp_pct_per_s": "2"}, {"parameters": {"ramp_pct_per_s": 2.0}}),
        ("enter_service",
         {"voltage_low_pct": "91.7", "voltage_high_pct": "105", "frequency_low_hz": "59.5",
          "frequency_high_hz": "60.1", "delay_s": "300", "random_delay_s": "0",
          "ramp_up_s": "300"}, {"parameters": scenes.ENTER}),
    ],
)  # fmt: skip
def test_every_function_has_a_form_and_keeps_what_was_typed(
    operator: Client, device: Device, function: str, typed: dict[str, str], kept: dict[str, object]
) -> None:
    url = url_of(device, function)

    assert operator.get(url).status_code == 200
    reviewed = operator.post(url, typed | {"duration": "20", "reason": "test"})
    assert reviewed.status_code == 200, reviewed.content.decode()
    execute(operator, device, token_in(reviewed.content.decode()))

    command = DeviceCommand.objects.get()
    assert command.function == function
    for name, value in kept.items():
        assert getattr(command, name) == value


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"x0": "92", "y0": "44"}, "at least two points"),
        ({"x0": "92", "y0": "44", "x1": "98"}, "Point 2 needs both values"),
        ({"x0": "98", "y0": "0", "x1": "92", "y1": "44"}, "must not fall"),
        ({"x0": "nan", "y0": "0", "x1": "92", "y1": "44"}, "Enter a number"),
    ],
)
def test_a_curve_that_is_none_is_refused_in_words(
    operator: Client, device: Device, typed: dict[str, str], words: str
) -> None:
    answer = operator.post(url_of(device, "volt_var"), typed | {"duration": "20", "reason": "t"})

    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_curve_begins_from_what_stands(operator: Client, device: Device) -> None:
    page = operator.get(url_of(device, "volt_var")).content.decode()

    for value in ("92", "44", "108", "-44"):
        assert f'value="{value}' in page


def test_a_battery_is_told_how_far_it_can_charge(operator: Client, battery: Device) -> None:
    scenes.discovered(battery, power_w=5_000, battery=True)
    scenes.answer(battery, timezone.now(), state_of_charge_pct=50.0)
    url = url_of(battery, "set_active_power")

    page = operator.get(url).content.decode()
    refused = operator.post(url, LIMIT | {"value": "-5.1"})

    assert "−5.00\xa0kW to 5.00\xa0kW" in page
    assert "It cannot go below −5.00\xa0kW." in refused.content.decode()


def test_an_expired_or_foreign_token_is_refused_and_offers_to_begin_again(
    operator: Client, device: Device, otto: User
) -> None:
    other = Client()
    other.force_login(otto)
    token = token_in(other.post(url_of(device), LIMIT).content.decode())

    answer = operator.post(
        reverse("operations_device_execute", args=[device.pk]),
        {"token": token, "function": "limit_active_power"},
    )

    assert answer.status_code == 409
    assert "You have not reviewed this" in answer.content.decode()
    assert "Try again" in answer.content.decode()
    assert not DeviceCommand.objects.exists()


@pytest.mark.parametrize("token", ["", "x", "a:b:c", "\0", "…" * 50])
def test_a_mangled_token_is_no_error_of_ours(operator: Client, device: Device, token: str) -> None:
    answer = operator.post(reverse("operations_device_execute", args=[device.pk]), {"token": token})

    assert answer.status_code == 409


def test_refusals_show_the_rule(operator: Client, device: Device) -> None:
    scenes.talk(device, timezone.now(), is_local=True)

    for function, words in (
        ("limit_active_power", "local control"),
        ("volt_var", "local control"),
    ):
        answer = operator.get(url_of(device, function))
        assert answer.status_code == 409
        assert words in answer.content.decode()
    assert operator.get(url_of(device, "toaster")).status_code == 404
    assert operator.get(reverse("operations_device_command", args=[0])).status_code == 404


def test_releasing_asks_only_why(operator: Client, device: Device) -> None:
    now: datetime = timezone.now()
    held = scenes.carry(scenes.ask(device, now), now)
    url = url_of(device, release=True)

    form = operator.get(url).content.decode()
    reviewed = operator.post(url, {"reason": "over"}).content.decode()
    execute(operator, device, token_in(reviewed))

    release = DeviceCommand.objects.exclude(pk=held.pk).get()
    assert "For, minutes" not in form
    assert f"Ends command {held.pk}" in reviewed
    assert release.is_release
    assert release.reason == "over"
