"""A person asks one device: reviewed first, executed as reviewed, refused in words (DV-3, OP-1)."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from devices.models import Device, DeviceCommand
from devices.services import retire_device
from devices.services.by_hand import (
    CommandRefused,
    NotYourReview,
    Review,
    ReviewExpired,
    ReviewOutdated,
    execute_review,
    review_command,
)
from devices.services.commands import Wish
from tests.devices import scenes


@pytest.fixture
def at(db: None) -> datetime:
    return timezone.now()


@pytest.fixture
def device(inverter: Device, at: datetime) -> Device:
    """An inverter that answers, served, with everything found."""
    scenes.serve(inverter, at)
    scenes.discovered(inverter)
    scenes.answer(inverter, at)
    scenes.talk(inverter, at)
    scenes.settings_in_order(inverter, at)
    return inverter


def wish_for(device: Device, function: str = "limit_active_power", **values: object) -> Wish:
    facts: dict[str, object] = {"value_w": 3_000, "duration_s": 1_800, "reason": "test"} | values
    return Wish(device_id=device.pk, function=function, **facts)  # type: ignore[arg-type]  # tests


def review(
    device: Device, at: datetime, function: str = "limit_active_power", **values: object
) -> Review:
    return review_command(wish=wish_for(device, function, **values), at=at, by="olga")


def execute(device: Device, reviewed: Review, at: datetime, *, by: str = "olga") -> DeviceCommand:
    return execute_review(device_id=device.pk, token=reviewed.token, at=at, by=by)


def after(reviewed: Review, label: str) -> str:
    return next(effect.after for effect in reviewed.effects if effect.label == label)


def test_what_is_executed_is_what_was_reviewed(device: Device, at: datetime) -> None:
    reviewed = review(device, at, ramp_s=30)

    command = execute(device, reviewed, at + timedelta(seconds=59))

    assert (command.function, command.value_w, command.ramp_s) == ("limit_active_power", 3_000, 30)
    assert command.expires_at == at + timedelta(minutes=30)
    assert command.reversion_s == 600
    assert (command.requested_by, command.reason) == ("olga", "test")
    assert after(reviewed, "Active power limit") == "at most 3.00\xa0kW (37.5 % of its rating)"
    assert after(reviewed, "Active power") == "3.00\xa0kW"
    assert "model 704" in after(reviewed, "Carried by")


def test_pressing_twice_asks_once_even_when_the_review_has_ended(
    device: Device, at: datetime
) -> None:
    reviewed = review(device, at)

    first = execute(device, reviewed, at)
    second = execute(device, reviewed, at + timedelta(minutes=5))

    assert first.pk == second.pk
    assert DeviceCommand.objects.count() == 1


def test_a_review_lasts_a_minute(device: Device, at: datetime) -> None:
    reviewed = review(device, at)

    with pytest.raises(ReviewExpired):
        execute(device, reviewed, at + timedelta(seconds=61))
    assert not DeviceCommand.objects.exists()


def test_nobody_executes_what_another_reviewed(device: Device, at: datetime) -> None:
    reviewed = review(device, at)

    with pytest.raises(NotYourReview):
        execute(device, reviewed, at, by="otto")
    assert not DeviceCommand.objects.exists()


def test_a_token_that_was_changed_or_is_for_another_device_does_nothing(
    device: Device, battery: Device, at: datetime
) -> None:
    reviewed = review(device, at)

    for device_id, token in (
        (device.pk, reviewed.token[:-3] + "abc"),
        (device.pk, ""),
        (device.pk, "nonsense"),
        (battery.pk, reviewed.token),
    ):
        with pytest.raises(NotYourReview):
            execute_review(device_id=device_id, token=token, at=at, by="olga")
    assert not DeviceCommand.objects.exists()


def test_a_command_that_came_in_between_makes_the_review_outdated(
    device: Device, at: datetime
) -> None:
    reviewed = review(device, at)
    scenes.ask(device, at, by="otto", key="api-1")

    with pytest.raises(ReviewOutdated):
        execute(device, reviewed, at)
    assert DeviceCommand.objects.count() == 1


def test_a_switch_to_local_in_between_makes_the_review_outdated(
    device: Device, at: datetime
) -> None:
    reviewed = review(device, at)
    scenes.talk(device, at, is_local=True)

    with pytest.raises(ReviewOutdated):
        execute(device, reviewed, at)


def test_local_control_is_refused_in_words(device: Device, at: datetime) -> None:
    scenes.talk(device, at, is_local=True)

    with pytest.raises(CommandRefused, match=r"local control.*set it to remote"):
        review(device, at)


def test_a_function_it_has_not_is_refused_with_what_is_missing(
    device: Device, at: datetime
) -> None:
    with pytest.raises(CommandRefused, match="no frequency-watt: it has neither model 134"):
        review(
            device, at, "frequency_watt", value_w=None, parameters={"points": [[60, 100], [62, 0]]}
        )


def test_a_meter_and_a_device_out_of_service_are_refused(device: Device, at: datetime) -> None:
    retire_device(device=device, at=at)
    with pytest.raises(CommandRefused, match="out of service"):
        review(device, at)

    Device.objects.filter(pk=device.pk).update(active_to=None, kind="meter")
    with pytest.raises(CommandRefused, match="meter"):
        review(device, at)


def test_a_dispatch_in_force_refuses_and_says_what_holds_it(device: Device, at: datetime) -> None:
    held = scenes.ask(device, at, key="dispatch-7-der-1-set", reason="Dispatch 7: heat")
    scenes.carry(held, at)

    with pytest.raises(
        CommandRefused, match=rf"Command {held.pk} of olga.*Dispatch 7: heat.*Release"
    ):
        review(device, at, value_w=2_000)
    with pytest.raises(CommandRefused, match="Dispatch 7"):
        review(device, at, "set_active_power", value_w=2_000)
    with pytest.raises(CommandRefused, match="Dispatch 7"):
        review(device, at, is_release=True, value_w=None)


def test_cutting_off_does_not_wait_for_a_dispatch_and_says_what_it_breaks(
    device: Device, at: datetime
) -> None:
    scenes.carry(scenes.ask(device, at, key="dispatch-7-der-1-set", reason="Dispatch 7"), at)

    reviewed = review(device, at, "connect", value_w=0)

    assert any("miss what is expected" in words for words in reviewed.findings)
    with pytest.raises(CommandRefused, match="Dispatch 7"):
        review(device, at, "connect", value_w=1)


def test_a_curve_is_not_refused_by_a_dispatch_of_power(device: Device, at: datetime) -> None:
    scenes.carry(scenes.ask(device, at, key="dispatch-7-der-1-set"), at)

    reviewed = review(device, at, "volt_var", value_w=None, parameters=scenes.VOLT_VAR)
    command = execute(device, reviewed, at)

    assert command.parameters["points"] == scenes.VOLT_VAR["points"]


def test_a_release_names_what_it_ends_and_where_the_function_goes(
    device: Device, at: datetime
) -> None:
    scenes.carry(scenes.ask(device, at, "volt_var", value_w=None, parameters=scenes.VOLT_VAR), at)

    reviewed = review(device, at, "volt_var", is_release=True, value_w=None, duration_s=600)
    command = execute(device, reviewed, at)

    assert after(reviewed, "Volt-var").startswith("released; approved is 92:44")
    assert any("Ends command" in words for words in reviewed.findings)
    assert command.is_release


def test_nothing_in_force_is_nothing_to_release(device: Device, at: datetime) -> None:
    with pytest.raises(CommandRefused, match="nothing to release"):
        review(device, at, is_release=True, value_w=None)


def test_findings_tell_what_a_careful_person_wants_to_know(device: Device, at: datetime) -> None:
    scenes.carry(scenes.ask(device, at, "set_active_power", by="otto", value_w=1_000), at)
    scenes.find(device, at, "limit_active_power", differs_since=at - timedelta(minutes=3),
                difference="Found at most 5 kW.")  # fmt: skip
    scenes.serve(device, at, age_s=300)

    words = " ".join(review(device, at).findings)

    assert "nobody has served zone f12" in words
    assert "holds it to “active power set-point: inject 1.00\xa0kW”" in words
    assert "Found at most 5 kW." in words


def test_a_full_battery_is_said_to_be_full(battery: Device, at: datetime) -> None:
    scenes.discovered(battery, battery=True)
    scenes.answer(battery, at, state_of_charge_pct=99.8)

    words = " ".join(review(battery, at, "set_active_power", value_w=-2_000).findings)

    assert "full" in words
