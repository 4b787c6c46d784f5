"""A flexible connection is obeyed hour by hour, and nobody asks for more (IC-5, DI-1, DV-3)."""

from datetime import datetime, timedelta

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from customers.models import TariffVersion, UsagePoint
from derms.accounts.models import User
from devices.models import ApprovedSetting, Device, DeviceCommand, FoundSetting
from devices.selectors.connection_limit import ConnectionLimit, connection_limit
from devices.selectors.settings import setting_facts
from devices.services import CommandOrder, Setting, approve_settings, request_commands
from devices.services.connection_limits import keep_connection_limits
from devices.services.orders import OrderRefused
from devices.statuses import CommandStatus
from interconnection.models import DER
from tests.dispatch.gateway import confirm, fail, write
from tests.groups.scenes import battery_beside, device_of, solar
from tests.interconnection.flexible import is_older, make_flexible

pytestmark = pytest.mark.django_db
LIMIT = "limit_active_power"


@pytest.fixture
def roof(
    ada: User,
    ada_point: UsagePoint,
    tariff_version: TariffVersion,
    at: datetime,
    enzo: User,
    olga: User,
) -> DER:
    """8 kW of solar; 3.5 kW from five to eight in summer evenings. It is six."""
    der = solar(ada_point, tariff_version, ada, at=at)
    make_flexible(der, engineer=enzo, operator=olga)
    return der


@pytest.fixture
def device(roof: DER) -> Device:
    return device_of(roof)


def approved(device: Device) -> ApprovedSetting:
    return ApprovedSetting.objects.get(device=device, function=LIMIT, ended_at__isnull=True)


def commands(device: Device) -> list[DeviceCommand]:
    return list(DeviceCommand.objects.filter(device=device).order_by("sequence"))


def order(
    device: Device, at: datetime, value_w: int, *, minutes: int = 30, function: str = LIMIT,
    key: str = "olga-1",
) -> CommandOrder:  # fmt: skip
    return CommandOrder(
        device_id=device.pk,
        function=function,
        value_w=value_w,
        reversion_s=600,
        not_before=at,
        expires_at=at + timedelta(minutes=minutes),
        idempotency_key=key,
    )


def seen(device: Device, at: datetime) -> ConnectionLimit:
    found = connection_limit(device, setting_facts(device.pk), at)
    assert found is not None
    return found


def test_the_limit_of_the_hour_is_approved_and_the_gateway_is_asked_to_write_it(
    device: Device, at: datetime
) -> None:
    assert keep_connection_limits(at=at) == 1

    setting = approved(device)
    assert (setting.value_w, setting.approved_by) == (3_500, "olga")
    assert "Jun-Aug 17-20 h: 3.5 kW" in setting.source
    (release,) = commands(device)
    assert (release.is_release, release.requested_by) == (True, "clock")


def test_the_same_hour_is_asked_once_however_often_the_clock_ticks(
    device: Device, at: datetime
) -> None:
    keep_connection_limits(at=at)
    assert keep_connection_limits(at=at + timedelta(seconds=15)) == 0
    confirm(commands(device), at + timedelta(seconds=20))

    assert keep_connection_limits(at=at + timedelta(minutes=30)) == 0
    assert len(commands(device)) == 1


def test_the_next_hour_has_its_own_limit(device: Device, at: datetime) -> None:
    keep_connection_limits(at=at)
    confirm(commands(device), at)

    assert keep_connection_limits(at=at + timedelta(hours=1, minutes=59)) == 0
    assert keep_connection_limits(at=at + timedelta(hours=2)) == 1

    assert approved(device).value_w == 8_000


def test_a_release_that_failed_is_asked_again_after_a_while(device: Device, at: datetime) -> None:
    keep_connection_limits(at=at)
    (first,) = commands(device)
    write([first], at)
    fail([first], at, "timeout")

    assert keep_connection_limits(at=at + timedelta(minutes=1)) == 0
    assert keep_connection_limits(at=at + timedelta(minutes=6)) == 1


def test_a_device_that_lost_its_limit_is_asked_again(device: Device, at: datetime) -> None:
    keep_connection_limits(at=at)
    confirm(commands(device), at)
    later = at + timedelta(minutes=10)
    FoundSetting.objects.create(
        device=device, function=LIMIT, read_at=later, is_enabled=False, differs_since=later
    )

    assert keep_connection_limits(at=later) == 1


def test_a_lower_command_in_force_is_left_alone_and_its_release_returns_to_the_hour(
    device: Device, at: datetime
) -> None:
    """The lowest wins: Olga's 2 kW stay; what her release writes back is the limit."""
    keep_connection_limits(at=at)
    confirm(commands(device), at)
    (held,) = request_commands([order(device, at, 2_000, minutes=180)], at=at, by="olga")
    confirm([held], at)

    assert keep_connection_limits(at=at + timedelta(hours=2, minutes=5)) == 0
    assert approved(device).value_w == 8_000


def test_a_command_that_ended_by_its_own_timer_leaves_no_device_without_its_limit(
    device: Device, at: datetime
) -> None:
    keep_connection_limits(at=at)
    confirm(commands(device), at)
    (held,) = request_commands([order(device, at, 2_000)], at=at, by="olga")
    confirm([held], at)
    held.refresh_from_db()
    held.move(CommandStatus.REVERTED, at=at, by="gateway", ended_at=at)

    assert keep_connection_limits(at=at + timedelta(minutes=31)) == 1


def test_what_is_approved_says_when_it_falls_and_how_far(device: Device, at: datetime) -> None:
    """So that a device that nobody can reach falls by itself: tomorrow at five."""
    keep_connection_limits(at=at)
    assert (approved(device).holds_until, approved(device).afterwards_w) == (None, 3_500)
    evening = at + timedelta(hours=2)

    keep_connection_limits(at=evening)

    assert approved(device).holds_until == at + timedelta(hours=23)
    assert approved(device).afterwards_w == 3_500


def test_a_device_that_cannot_fall_by_itself_is_held_at_the_lowest_at_all_hours(
    device: Device, roof: DER, at: datetime
) -> None:
    is_older(roof)
    evening = at + timedelta(hours=2)

    keep_connection_limits(at=evening)

    assert (approved(device).value_w, approved(device).holds_until) == (3_500, None)
    assert seen(device, evening).is_always_lowest
    with pytest.raises(OrderRefused, match=r"at most 3\.50"):
        request_commands([order(device, evening, 8_000)], at=evening, by="olga")


def test_a_lower_limit_of_the_device_itself_stays_the_lowest(device: Device, at: datetime) -> None:
    """What was approved at the live test: 3 kW."""
    own = Setting(function=LIMIT, is_enabled=True, value_w=3_000)
    approve_settings(device_id=device.pk, settings=[own], at=at, by="enzo", source="live test")

    keep_connection_limits(at=at)
    keep_connection_limits(at=at + timedelta(hours=2))

    assert approved(device).value_w == 3_000


@pytest.mark.parametrize("function", [LIMIT, "set_active_power"])
def test_no_command_asks_for_more_than_the_hours_it_lasts_allow(
    device: Device, at: datetime, function: str
) -> None:
    with pytest.raises(OrderRefused, match=r"at most 3\.50.kW .* flexible connection of A-"):
        request_commands([order(device, at, 3_501, function=function)], at=at, by="olga")
    evening = at + timedelta(hours=2)

    request_commands([order(device, at, 3_500, function=function)], at=at, by="olga")
    request_commands(
        [order(device, evening, 8_000, function=function, key="olga-2")], at=evening, by="olga"
    )
    assert len(commands(device)) == 2


def test_a_command_into_a_limited_hour_is_held_to_that_hour(device: Device, at: datetime) -> None:
    four = at - timedelta(hours=2)

    request_commands([order(device, four, 8_000, minutes=60)], at=four, by="olga")
    with pytest.raises(OrderRefused):
        request_commands([order(device, four, 8_000, minutes=61, key="longer")], at=four, by="olga")


def test_units_of_one_connection_share_its_limit(
    ada: User,
    ada_point: UsagePoint,
    tariff_version: TariffVersion,
    at: datetime,
    enzo: User,
    olga: User,
) -> None:
    roof = solar(ada_point, tariff_version, ada, at=at)
    battery = battery_beside(roof, at=at)
    make_flexible(roof, battery, engineer=enzo, operator=olga, otherwise_w=13_000)

    keep_connection_limits(at=at)

    shares = [approved(device_of(der)).value_w for der in (roof, battery)]
    assert shares == [3_500 * 8_000 // 13_000, 3_500 * 5_000 // 13_000]


def test_other_devices_are_left_as_they_are(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime
) -> None:
    free = device_of(solar(ada_point, tariff_version, ada, at=at))

    assert keep_connection_limits(at=at) == 0
    request_commands([order(free, at, 8_000)], at=at, by="olga")
    assert not ApprovedSetting.objects.exists()
    assert connection_limit(free, setting_facts(free.pk), at) is None


def test_what_stands_is_seen_to_stand_in_the_same_few_questions_for_many_devices(
    device: Device,
    roof: DER,
    at: datetime,
    enzo: User,
    olga: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    battery = battery_beside(roof, at=at)
    make_flexible(battery, engineer=enzo, operator=olga)
    assert keep_connection_limits(at=at) == 2

    with django_assert_num_queries(8):
        assert keep_connection_limits(at=at) == 0


def test_the_page_says_how_much_why_and_until_when(device: Device, at: datetime) -> None:
    limit = seen(device, at)
    assert (limit.now.limit_w, limit.next_w, limit.word) == (3_500, 8_000, "Not set yet")
    assert limit.next_at == at + timedelta(hours=2)
    assert (limit.falls_at, limit.lowest_w) == (None, 3_500)
    (condition,) = limit.conditions
    assert [(row.own_w, row.is_now) for row in condition.rows] == [(3_500, True), (8_000, False)]

    keep_connection_limits(at=at)
    assert seen(device, at).word == "Not read back yet"
    FoundSetting.objects.create(
        device=device, function=LIMIT, read_at=at, is_enabled=True, value_w=3_500
    )
    assert seen(device, at).word == "The device holds it"
