"""Live tests against real Modbus servers, and devices put into service (IC-6, DV-1)."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import TariffVersion, UsagePoint
from derms.accounts.models import User
from devices.models import ApprovedSetting, Device
from devices.services.commissioning import NotInNetworkModel, commission_devices
from interconnection.models import (
    DER,
    ApplicationUnit,
    CommissioningOrder,
    CommissioningTest,
    ServiceConnection,
)
from interconnection.models import InterconnectionApplication as Application
from interconnection.selectors.commissioning import latest_tests, order_of
from interconnection.services.commissioning import finish_commissioning
from interconnection.statuses import ApplicationStatus
from interconnection.statuses import TestOutcome as Outcome
from tests.devices.sunspec import maps
from tests.devices.sunspec.maps import Registers
from tests.devices.sunspec.peers import serving
from tests.interconnection.commissioning import ordered, started, tick_all
from tests.ports import free_port

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order(
    ada: User,
    ada_point: UsagePoint,
    tariff_version: TariffVersion,
    enzo: User,
    olga: User,
    tess: User,
) -> CommissioningOrder:
    """Ada's 8 kW inverter, approved; the technician has begun and ticked everything."""
    order = ordered(ada, ada_point, tariff_version, engineer=enzo, operator=olga)
    started(order, tess)
    tick_all(order, tess)
    return order


@pytest.fixture
def unit(order: CommissioningOrder) -> ApplicationUnit:
    return order.application.units.get()


@pytest.fixture
def technician(tess: User) -> Client:
    client = Client()
    client.force_login(tess)
    return client


@pytest.fixture
def engineer(enzo: User) -> Client:
    client = Client()
    client.force_login(enzo)
    return client


def inverter(unit: ApplicationUnit, *, rated_w: int = 8_000, **identity: str) -> Registers:
    """A newer inverter that says what was registered, unless told otherwise."""
    says = {"Mn": unit.manufacturer, "Md": unit.model, "SN": unit.serial_number} | identity
    rating = rated_w // 10
    return maps.chain(
        maps.common(**says),
        maps.ac_measurement(),
        maps.capacity(
            WMaxRtg=rating, VAMaxRtg=rating, VarMaxInjRtg=rating * 44 // 100,
            VarMaxAbsRtg=rating * 44 // 100, WMax=rating, VAMax=rating,
        ),
        maps.ac_controls(),
    )  # fmt: skip


def live_test(order: CommissioningOrder, unit: ApplicationUnit | None) -> str:
    args = [order.service_order.number, unit.pk if unit else 0]
    return reverse("field_live_test", args=args)


def ask(
    technician: Client, order: CommissioningOrder, unit: ApplicationUnit | None, port: int
) -> CommissioningTest:
    response = technician.post(
        live_test(order, unit), {"host": "127.0.0.1", "port": port, "unit": 1}
    )
    assert response.status_code == 302, response.content.decode()
    return CommissioningTest.objects.latest("pk")


def test_the_approved_inverter_passes_and_is_kept_as_evidence(
    technician: Client, order: CommissioningOrder, unit: ApplicationUnit
) -> None:
    with serving(inverter(unit)) as peer:
        test = ask(technician, order, unit, peer.port)

    assert (test.outcome, test.reason) == (Outcome.PASSED, "")
    assert test.discovery["discovery"]["base"] == 40_000
    assert test.discovery["measured"]["active_power_w"] == 5_000
    body = technician.get(live_test(order, unit)).content.decode()
    assert "the one that was approved" in body
    assert "5.00" in body


def test_ten_kilowatts_in_place_of_eight_are_a_mismatch_in_words(
    technician: Client, order: CommissioningOrder, unit: ApplicationUnit
) -> None:
    with serving(inverter(unit, rated_w=10_000)) as peer:
        test = ask(technician, order, unit, peer.port)

    body = technician.get(live_test(order, unit)).content.decode()
    assert test.outcome == Outcome.MISMATCH
    assert "registered 8 kW, the device reports 10 kW" in body
    assert "ask customer service to change the application" in body


def test_another_serial_number_is_a_mismatch(
    technician: Client, order: CommissioningOrder, unit: ApplicationUnit
) -> None:
    with serving(inverter(unit, SN="SN-OTHER")) as peer:
        test = ask(technician, order, unit, peer.port)

    assert test.outcome == Outcome.MISMATCH
    assert "SN-OTHER" in test.reason


def test_an_inverter_that_cannot_be_limited_does_not_meet_a_tariff_with_control(
    technician: Client, order: CommissioningOrder, unit: ApplicationUnit
) -> None:
    says = {"Mn": unit.manufacturer, "Md": unit.model, "SN": unit.serial_number}
    capacity = maps.capacity(WMaxRtg=800, VAMaxRtg=800, WMax=800)
    with serving(maps.chain(maps.common(**says), maps.ac_measurement(), capacity)) as peer:
        test = ask(technician, order, unit, peer.port)

    assert test.outcome == Outcome.MISMATCH
    assert "offers no power limit" in test.reason


def test_nothing_at_the_address_is_unreachable_with_what_to_do(
    technician: Client, order: CommissioningOrder, unit: ApplicationUnit
) -> None:
    test = ask(technician, order, unit, free_port())

    assert test.outcome == Outcome.UNREACHABLE
    assert "Nothing answers at 127.0.0.1" in test.reason
    assert "then test again" in test.reason


def test_a_device_without_the_sunspec_marker_is_named_so(
    technician: Client, order: CommissioningOrder, unit: ApplicationUnit
) -> None:
    with serving(dict.fromkeys(range(200), 7)) as peer:
        test = ask(technician, order, unit, peer.port)

    assert test.outcome == Outcome.NOT_SUNSPEC
    assert "no SunSpec map" in test.reason


def test_a_map_that_breaks_off_is_a_mismatch_and_no_crash(
    technician: Client, order: CommissioningOrder, unit: ApplicationUnit
) -> None:
    with serving(maps.chain(maps.vendor(64_001, 12))) as peer:
        test = ask(technician, order, unit, peer.port)

    assert test.outcome in {Outcome.MISMATCH, Outcome.NOT_SUNSPEC}
    assert test.reason


def test_an_inverter_at_the_meters_address_is_a_mismatch(
    technician: Client, order: CommissioningOrder, unit: ApplicationUnit
) -> None:
    with serving(inverter(unit)) as peer:
        test = ask(technician, order, None, peer.port)

    assert test.outcome == Outcome.MISMATCH
    assert "not a meter" in test.reason


@pytest.mark.parametrize(
    ("entered", "words"),
    [
        ({"host": "http://10.0.0.1", "port": "502", "unit": "1"}, "This is no address"),
        ({"host": "10.0.0.1", "port": "0", "unit": "1"}, "greater than or equal to 1"),
        ({"host": "10.0.0.1", "port": "502", "unit": "300"}, "less than or equal to 247"),
        ({"host": "", "port": "502", "unit": "1"}, "required"),
    ],
)
def test_a_wrong_address_is_refused_beside_the_field(
    technician: Client,
    order: CommissioningOrder,
    unit: ApplicationUnit,
    entered: dict[str, str],
    words: str,
) -> None:
    response = technician.post(live_test(order, unit), entered)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert CommissioningTest.objects.count() == 0


def test_only_technicians_test_and_only_units_of_the_order(
    technician: Client, engineer: Client, order: CommissioningOrder, unit: ApplicationUnit
) -> None:
    assert engineer.get(live_test(order, unit)).status_code == 403
    assert technician.get(live_test(order, unit)).status_code == 200
    strange = reverse("field_live_test", args=[order.service_order.number, unit.pk + 1])
    assert technician.get(strange).status_code == 404
    assert technician.get(reverse("field_live_test", args=["S-0", 0])).status_code == 404


def after_live_tests(technician: Client, order: CommissioningOrder, at: datetime) -> Application:
    """Live tests passed with an inverter and a meter, and the order finished."""
    unit = order.application.units.get()
    with serving(inverter(unit)) as peer:
        ask(technician, order, unit, peer.port)
    meter = maps.chain(maps.common(Mn="Gauge", Md="G1", SN="G-77"), maps.meter())
    with serving(meter) as peer:
        # Both are served at one port here: the meter answers as another Modbus unit.
        technician.post(live_test(order, None), {"host": "127.0.0.1", "port": peer.port, "unit": 2})
    finish_commissioning(order=order, at=at, by="tess")
    return order.application


def test_permission_puts_inverter_and_meter_into_service_on_the_feeders_zone(
    technician: Client, engineer: Client, order: CommissioningOrder, at: datetime
) -> None:
    application = after_live_tests(technician, order, at)

    response = engineer.post(
        reverse("engineering_permission", args=[application.reference]), follow=True
    )

    devices = {device.kind: device for device in Device.objects.select_related("zone")}
    der = DER.objects.get()
    assert b"2 devices are being polled" in response.content
    assert set(devices) == {"inverter", "meter"}
    assert devices["inverter"].der == der
    assert devices["inverter"].serial_number == der.serial_number
    assert devices["inverter"].zone.name == "f12"
    assert devices["inverter"].discovery["base"] == 40_000
    assert devices["meter"].serial_number == "G-77"
    assert devices["meter"].unit == 2
    application.refresh_from_db()
    assert application.status == ApplicationStatus.PERMITTED


def test_permission_approves_what_the_inverter_held_when_it_was_tested(
    technician: Client, engineer: Client, order: CommissioningOrder, enzo: User, at: datetime
) -> None:
    application = after_live_tests(technician, order, at)

    page = engineer.get(reverse("engineering_application", args=[application.reference]))
    assert b"Permission to operate approves it" in page.content
    assert b"<li>limit: off</li>" in page.content
    assert b"set-point" not in page.content
    commission_devices(application=application, at=at, by=enzo)

    held = ApprovedSetting.objects.get(
        device__kind="inverter", function="limit_active_power", ended_at__isnull=True
    )
    assert not held.is_enabled
    assert (held.approved_by, held.approved_at) == ("enzo", at)
    assert held.source.startswith(f"application {application.reference}, live test of ")
    assert not ApprovedSetting.objects.filter(device__kind="meter").exists()


def test_permission_is_all_or_nothing(
    technician: Client, order: CommissioningOrder, enzo: User, at: datetime
) -> None:
    application = after_live_tests(technician, order, at)
    ServiceConnection.objects.all().delete()

    with pytest.raises(NotInNetworkModel):
        commission_devices(application=application, at=at, by=enzo)

    application.refresh_from_db()
    assert application.status == ApplicationStatus.COMMISSIONING
    assert DER.objects.count() == Device.objects.count() == 0


def test_an_address_that_is_in_service_is_not_taken_twice(
    technician: Client,
    order: CommissioningOrder,
    ben: User,
    ben_point: UsagePoint,
    tariff_version: TariffVersion,
    enzo: User,
    olga: User,
    tess: User,
    at: datetime,
) -> None:
    commission_devices(application=after_live_tests(technician, order, at), at=at, by=enzo)
    second = ordered(ben, ben_point, tariff_version, engineer=enzo, operator=olga)
    started(second, tess)
    unit = second.application.units.get()

    with serving(inverter(unit)) as peer:
        test = ask(technician, second, unit, peer.port)

    assert test.outcome == Outcome.MISMATCH
    assert "already in service at this address" in test.reason


def test_permission_before_the_technician_is_refused_in_words(
    engineer: Client, order: CommissioningOrder
) -> None:
    response = engineer.post(
        reverse("engineering_permission", args=[order.application.reference]), follow=True
    )

    assert b"is not finished" in response.content
    assert DER.objects.count() == 0


def test_only_engineers_grant(technician: Client, order: CommissioningOrder) -> None:
    url = reverse("engineering_permission", args=[order.application.reference])

    assert technician.post(url).status_code == 403


def test_permission_for_nothing_is_not_found(engineer: Client, db: None) -> None:
    assert engineer.post(reverse("engineering_permission", args=["A-0"])).status_code == 404


def test_the_last_test_of_each_device_counts(
    technician: Client, order: CommissioningOrder, unit: ApplicationUnit
) -> None:
    with serving(inverter(unit)) as peer:
        ask(technician, order, unit, peer.port)
    ask(technician, order, unit, free_port())

    found = order_of(order.application)
    assert found is not None
    assert latest_tests(found)[unit.pk].outcome == Outcome.UNREACHABLE


@pytest.mark.parametrize("host", ["8.8.8.8", "169.254.169.254", "no-such-host.invalid"])
def test_a_test_calls_nobody_outside_of_the_allowed_networks(
    technician: Client, order: CommissioningOrder, unit: ApplicationUnit, host: str
) -> None:
    entered = {"host": host, "port": 502, "unit": 1}

    answer = technician.post(live_test(order, unit), entered)

    assert answer.status_code == 422
    assert "host" in answer.context["form"].errors
    assert not CommissioningTest.objects.exists()


def test_loopback_is_refused_where_it_is_not_in_the_list(
    technician: Client, order: CommissioningOrder, unit: ApplicationUnit, settings: Any
) -> None:
    settings.LIVE_TEST_NETWORKS = ("10.0.0.0/8",)
    with serving(inverter(unit)) as peer:
        entered = {"host": "localhost", "port": peer.port, "unit": 1}
        answer = technician.post(live_test(order, unit), entered)

    assert "outside of the networks where devices are tested" in answer.content.decode()
    assert not CommissioningTest.objects.exists()
