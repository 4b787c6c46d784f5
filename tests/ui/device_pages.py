"""Pages of devices and gateways as a browser gets them, drawn from rows that are rolled back."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from derms.accounts.models import User
from derms.accounts.roles import Role
from devices.models import (
    CommandRehearsal,
    Device,
    DeviceCondition,
    LatestReading,
    PointsReading,
    Zone,
)
from devices.services import record_alarm
from interconnection.models import DER
from interconnection.statuses import ApplicationStatus, Technology
from tests.devices import scenes
from tests.factories import (
    connect,
    make_agreement,
    make_application,
    make_customer,
    make_der,
    make_device,
    make_feeder,
    make_person,
    make_tariff_version,
    make_transformer,
    make_unit,
    make_usage_point,
)

SCENES = ("inverter", "battery", "meter", "silent", "drifted", "never")


class Town:
    """One customer's premise with a device for each scene."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        owner = make_person("ada")
        self.point = make_usage_point(make_customer(user=owner))
        connect(self.point, make_transformer(make_feeder("F12")))
        self.agreement = make_agreement(self.point, make_tariff_version(), accepted_by=owner)
        self.application = make_application(
            self.point, agreement=self.agreement, status=ApplicationStatus.PERMITTED
        )

    def device(self, technology: str = Technology.PHOTOVOLTAIC, *, zone: str = "f12") -> Device:
        der: DER = make_der(self.point, self.agreement, technology=technology)
        der.unit = make_unit(self.application, technology=technology)
        der.save()
        device = make_device(der, zone=zone)
        device.registered_by = "enzo"
        device.active_from = self.at - timedelta(days=40)
        device.save()
        return device

    def meter(self) -> Device:
        return Device.objects.create(
            kind="meter", usage_point=self.point, zone=Zone.objects.get(name="f12"),
            host="10.20.0.9", port=502, manufacturer="Landis", model="E650", version="2.1",
            serial_number="LG-771204", active_from=self.at - timedelta(days=40),
        )  # fmt: skip


def make_scenes(at: datetime) -> dict[str, Device]:
    town = Town(at)
    inverter = scenes.discovered(town.device())
    scenes.serve(inverter, at, lease_s=600)
    _healthy(inverter, at)
    old = scenes.ask(inverter, at - timedelta(hours=3), key="hand-0", reason="Test of the limit")
    scenes.carry(old, at - timedelta(hours=3), until="completed")
    scenes.carry(scenes.ask(inverter, at - timedelta(minutes=4)), at - timedelta(minutes=4))
    scenes.find(inverter, at, "limit_active_power", value_w=3_000.0)
    record_alarm(kind="device_fault", device=inverter, priority=3, message="Fan stands", at=at)
    _points(inverter, at)
    battery = scenes.discovered(town.device(Technology.BATTERY), power_w=5_000, battery=True)
    _healthy(battery, at, active_power_w=-2_310.0, state_of_charge_pct=61.2)
    meter = town.meter()
    scenes.answer(meter, at, active_power_w=1_204.0, energy_absorbed_wh=9_301_200.0,
                  operating_state="unknown")  # fmt: skip
    scenes.talk(meter, at, is_local=None, clock_offset_s=None, heartbeat_at=None)
    silent = scenes.discovered(town.device())
    _healthy(silent, at)
    scenes.answer(silent, at, age_s=742, quality="stale",
                  reason="no reply within 2 s from 10.20.0.7:502, unit 1")  # fmt: skip
    scenes.talk(silent, at, failures=39, failures_in_row=27, round_trip_ms=None,
                last_fault="no reply within 2 s from 10.20.0.7:502, unit 1",
                last_fault_at=at - timedelta(seconds=31),
                open_since=at - timedelta(seconds=730),
                retry_at=at + timedelta(seconds=24))  # fmt: skip
    record_alarm(
        kind="lost_communication", device=silent, priority=2,
        message="No answer for 12 min", at=at - timedelta(seconds=700),
    )  # fmt: skip
    drifted = scenes.discovered(town.device())
    _healthy(drifted, at)
    scenes.drifted(drifted, at)
    scenes.talk(drifted, at, is_local=True, clock_offset_s=412.0)
    never = town.device(zone="harbour")
    return {
        "inverter": inverter, "battery": battery, "meter": meter, "silent": silent,
        "drifted": drifted, "never": never,
    }  # fmt: skip


def _healthy(device: Device, at: datetime, **values: float) -> None:
    scenes.answer(device, at, **values)
    scenes.talk(device, at)
    scenes.settings_in_order(device, at)
    scenes.a_past(device, at)


def _points(device: Device, at: datetime) -> None:
    PointsReading.objects.create(
        device=device, asked_at=at - timedelta(minutes=2), asked_by="olga", taken_at=at,
        ended_at=at - timedelta(minutes=2),
        flags=["Model 701 is 2 registers shorter than its definition."],
        points=[
            {"model": 1, "title": "Common", "address": 40_002, "points": [
                ["Mn", "Helios", ""], ["Md", "H8", ""], ["SN", device.serial_number, ""],
                ["DA", None, ""]]},
            {"model": 701, "title": "DER AC Measurement", "address": 40_070, "points": [
                ["ACType", 0, ""], ["St", 1, ""], ["W", 4321, "W"], ["VA", 4396, "VA"],
                ["Var", -812, "Var"], ["PF", 0.983, "Pct"], ["LNV", 124.6, "V"],
                ["Hz", 60.012, "Hz"], ["TotWhInj", 12_345_678, "Wh"], ["TmpSw", None, "C"]]},
        ],
    )  # fmt: skip


def a_fleet(at: datetime, count: int) -> None:
    """Many devices of one zone, several behind each address, some of them in trouble."""
    like = Device.objects.filter(kind="meter").first()
    assert like is not None
    zone, _ = Zone.objects.get_or_create(name="millbrook")
    devices = Device.objects.bulk_create(
        Device(
            kind="meter", usage_point=like.usage_point, zone=zone,
            host=f"10.30.{n // 200}.{n % 200 // 5}",
            port=502, unit=1 + n % 5, manufacturer="Landis", model="E650",
            serial_number=f"LG-9{n:05}", active_from=at - timedelta(days=3),
        )
        for n in range(count)
    )  # fmt: skip
    scenes.serve(devices[0], at, late_ms=31.0, lease_s=600)
    heard = [(n, device) for n, device in enumerate(devices) if n % 97 != 5]
    LatestReading.objects.bulk_create(
        LatestReading(
            device=device, active_power_w=900.0, operating_state="unknown", received_at=at,
            measured_at=at - timedelta(minutes=15 if n % 41 == 7 else 0),
            quality="stale" if n % 41 == 7 else "bad" if n % 29 == 3 else "good",
        )
        for n, device in heard
    )  # fmt: skip
    DeviceCondition.objects.bulk_create(
        DeviceCondition(
            device=device, updated_at=at, round_trip_ms=4.0 + n * 37 % 130, polls=80_000,
            failures=n % 60, open_since=at - timedelta(minutes=9) if n % 41 == 7 else None,
            retry_at=at + timedelta(seconds=20) if n % 41 == 7 else None,
            last_fault="connection refused" if n % 41 == 7 else "",
            last_fault_at=at - timedelta(minutes=9) if n % 41 == 7 else None,
        )
        for n, device in heard
    )  # fmt: skip


@contextmanager
def rolled_back() -> Iterator[None]:
    """Whatever happens to the tables inside did not happen."""
    with transaction.atomic():
        try:
            with connection.cursor() as cursor:
                cursor.execute("delete from devices_reading")
            yield
        finally:
            transaction.set_rollback(True)


def drawn_pages() -> Mapping[str, str]:
    """HTML by path: every scene in both themes, the command's steps, the lists, the gateways."""
    at = timezone.now()
    found: dict[str, str] = {}
    # Drawing takes longer than values stay fresh.
    with override_settings(READING_STALE_S=600), rolled_back():
        olga = make_person("olga", Role.OPERATOR)
        devices = make_scenes(at)
        for theme in ("dark", "day"):
            client = _client(olga, theme)
            for name, device in devices.items():
                found[f"/{theme}/{name}"] = _get(client, "operations_device", device.pk)
            found |= _inverter_pages(client, theme, devices["inverter"])
            found |= _command_pages(client, theme, devices["inverter"], devices["battery"])
            found[f"/{theme}/gateways"] = _get(client, "operations_gateways")
        found["/rehearsal"] = _rehearsal(client)
        a_fleet(timezone.now(), 600)
        for theme in ("dark", "day"):
            client = _client(olga, theme)
            found[f"/{theme}/gateways/busy"] = _get(client, "operations_gateways")
            found[f"/{theme}/endpoints"] = _get(client, "operations_gateway_endpoints", "millbrook")
    return found


def _inverter_pages(client: Client, theme: str, device: Device) -> dict[str, str]:
    newest = device.commands.order_by("-pk").first()
    assert newest is not None
    return {
        f"/{theme}/commands": _get(client, "operations_device_commands", device.pk),
        f"/{theme}/command-log": _get(
            client, "operations_device_command_log", device.pk, newest.pk
        ),
        f"/{theme}/points": _get(client, "operations_device_points", device.pk),
    }


def _command_pages(client: Client, theme: str, inverter: Device, battery: Device) -> dict[str, str]:
    url = reverse("operations_device_command", args=[inverter.pk])
    limit = {"value": "2.5", "duration": "20", "ramp_s": "30", "reason": "Voltage on the lateral"}
    stored = reverse("operations_device_command", args=[battery.pk])
    return {
        f"/{theme}/command/idle": client.get(url).content.decode(),
        f"/{theme}/command/limit": client.get(
            f"{url}?function=limit_active_power"
        ).content.decode(),
        f"/{theme}/command/wrong": client.post(
            f"{url}?function=limit_active_power", limit | {"value": "99"}
        ).content.decode(),
        f"/{theme}/command/curve": client.get(f"{url}?function=volt_var").content.decode(),
        f"/{theme}/command/check": client.post(
            f"{url}?function=limit_active_power", limit
        ).content.decode(),
        f"/{theme}/command/refused": client.get(
            f"{stored}?function=limit_active_power&release=1"
        ).content.decode(),
    }


def _rehearsal(client: Client) -> str:
    """What takes the place of the waiting line in the review."""
    row = CommandRehearsal.objects.order_by("-pk").first()
    assert row is not None
    CommandRehearsal.objects.filter(pk=row.pk).update(
        ended_at=timezone.now(), value_w=2_500.0, reverts_in_device=True,
        writes=[{"address": 40_310, "registers": [1, 3_125, 10_000, 0, 0, 600]}],
        notes=["the device has no ramp time for this: it moves at its own rate"],
    )  # fmt: skip
    return _get(client, "operations_device_rehearsal", row.device_id, row.pk)


def _client(person: User, theme: str) -> Client:
    client = Client()
    client.force_login(person)
    client.cookies["theme"] = theme
    return client


def _get(client: Client, name: str, *args: object) -> str:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200, (name, answer.status_code)
    return answer.content.decode()
