"""What a device was approved to hold: who, when, and until when (DV-3)."""

from datetime import timedelta

import pytest

from derms.lib.errors import NotFound
from devices.models import ApprovedSetting, Device, FoundSetting
from devices.services import Setting, approve_settings
from devices.services.registration import retire_device
from devices.services.settings import SettingRefused, settings_found
from tests.factories import AT

LIMIT = Setting(function="limit_active_power", is_enabled=True, value_w=5000)
VOLT_VAR = Setting(
    function="volt_var",
    is_enabled=True,
    parameters={"points": [[92, 44], [98, 0], [102, 0], [108, -44]], "response_s": 5},
)


def approve(device: Device, *settings: Setting, by: str = "enzo") -> list[ApprovedSetting]:
    return approve_settings(
        device_id=device.pk, settings=settings, at=AT, by=by, source="application A-7"
    )


def in_force(device: Device) -> dict[str, ApprovedSetting]:
    rows = ApprovedSetting.objects.filter(device=device, ended_at__isnull=True)
    return {row.function: row for row in rows}


def test_a_setting_says_who_approved_it_and_where_it_comes_from(inverter: Device) -> None:
    approve(inverter, LIMIT, VOLT_VAR)

    held = in_force(inverter)["volt_var"]
    assert (held.approved_by, held.approved_at, held.source) == ("enzo", AT, "application A-7")
    assert held.parameters["points"][0] == [92.0, 44.0]


def test_a_new_approval_ends_the_old_one_of_its_function_only(inverter: Device) -> None:
    approve(inverter, LIMIT, VOLT_VAR)

    approve(inverter, Setting(function="limit_active_power", is_enabled=False), by="eva")

    assert in_force(inverter)["limit_active_power"].approved_by == "eva"
    assert in_force(inverter)["volt_var"].approved_by == "enzo"
    assert ApprovedSetting.objects.filter(ended_at=AT).get().value_w == 5000


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        (Setting(function="explode", is_enabled=True), "no function"),
        (Setting(function="limit_active_power", is_enabled=True), "with a value in W"),
        (Setting(function="volt_var", is_enabled=True), "with its parameters"),
        (
            Setting(function="volt_var", is_enabled=True, parameters={"points": [[1, 2]]}),
            "2 to 20 points",
        ),
    ],
)
def test_an_impossible_setting_changes_nothing(
    inverter: Device, setting: Setting, words: str
) -> None:
    approve(inverter, LIMIT)

    with pytest.raises(SettingRefused, match=words):
        approve(inverter, Setting(function="limit_active_power", is_enabled=False), setting)

    assert in_force(inverter)["limit_active_power"].is_enabled


def test_one_function_twice_is_refused(inverter: Device) -> None:
    with pytest.raises(SettingRefused, match="given twice"):
        approve(inverter, LIMIT, LIMIT)


def test_only_devices_in_service_have_approved_settings(inverter: Device) -> None:
    approve(inverter, LIMIT)
    FoundSetting.objects.create(
        device=inverter, function="limit_active_power", read_at=AT, is_enabled=False,
        differs_since=AT, difference="It is off.",
    )  # fmt: skip

    retire_device(device=inverter, at=AT + timedelta(days=1))

    assert not in_force(inverter)
    assert FoundSetting.objects.get().differs_since is None
    with pytest.raises(NotFound, match="no active device"):
        approve(inverter, LIMIT)


def test_a_live_test_gives_settings_and_no_operation() -> None:
    kept = [
        {"function": "limit_active_power", "is_enabled": False, "value_w": 8000.0},
        {"function": "connect", "is_enabled": True, "value_w": 0},
        {"function": "set_active_power", "is_enabled": True, "value_w": 100},
        {"function": "volt_var", "is_enabled": True, "parameters": {"points": "none"}},
        {"is_enabled": True},
        "nonsense",
    ]

    assert settings_found(kept) == [Setting(function="limit_active_power", is_enabled=False)]
    assert settings_found(None) == []
