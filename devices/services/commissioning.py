"""From a live test to a device in service: what the device floor does in commissioning (IC-6)."""

from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from derms.accounts.models import User
from derms.lib.errors import Refused
from devices.capabilities import DriverFault, Endpoint, Function, NotSunSpec
from devices.gateway import Inspection, as_setting
from devices.models import Device
from devices.parameters import to_json
from devices.services.connection_limits import keep_connection_limits
from devices.services.registration import DeviceEntry, register_device
from devices.services.settings import NEVER_A_SETTING, approve_settings, settings_found
from interconnection.models import (
    DER,
    ApplicationUnit,
    CommissioningOrder,
    CommissioningTest,
    InterconnectionApplication,
)
from interconnection.screening.commissioning import ReportedDevice
from interconnection.selectors.commissioning import is_accepted, latest_tests, order_of
from interconnection.selectors.network import connection_of
from interconnection.services.commissioning import (
    grant_permission_to_operate,
    record_commissioning_test,
)
from interconnection.services.judging import Seen
from interconnection.statuses import Technology, TestOutcome

KINDS = {
    Technology.PHOTOVOLTAIC.value: Device.Kind.INVERTER,
    Technology.BATTERY.value: Device.Kind.BATTERY,
}
NOT_REACHED = frozenset({"unreachable", "connection_lost", "timeout"})


class NotInNetworkModel(Refused):
    """Without a feeder nobody knows which gateway should talk to the device."""

    code = "not_in_network_model"


def record_live_test(
    *,
    order: CommissioningOrder,
    unit: ApplicationUnit | None,
    endpoint: Endpoint,
    found: Inspection | DriverFault,
    at: datetime,
    by: User,
) -> CommissioningTest:
    """Keep what one look at the device found; `unit` None is the meter of the service point."""
    seen = _seen(endpoint, found, is_meter=unit is None)
    taken = _active_at(endpoint)
    if taken is not None and seen.outcome == TestOutcome.PASSED:
        seen = Seen(
            host=endpoint.host,
            port=endpoint.port,
            modbus_unit=endpoint.unit,
            outcome=TestOutcome.MISMATCH,
            words=f"{taken} is already in service at this address. Enter this device's own.",
            discovery=seen.discovery,
        )
    return record_commissioning_test(order=order, unit=unit, seen=seen, at=at, by=by)


def commission_devices(
    *, application: InterconnectionApplication, at: datetime, by: User
) -> list[Device]:
    """Grant permission to operate and put what was tested into service, all or nothing."""
    with transaction.atomic():
        ders = grant_permission_to_operate(application=application, at=at, by=by)
        order = order_of(application)
        tests = latest_tests(order) if order else {}
        passed = {unit: t for unit, t in tests.items() if is_accepted(t)}
        if not passed:
            return []
        zone = _zone_of(application)
        devices = []
        for der in ders:
            if der.unit_id in passed:
                test = passed[der.unit_id]
                device = register_device(at=at, by=by.username, **_entry(der, test, zone))
                _approve_baseline(device, test, application, at=at, by=by.username)
                devices.append(device)
        if None in passed:
            entry = _meter_entry(application, passed[None], zone)
            devices.append(register_device(at=at, by=by.username, **entry))
        keep_connection_limits(at=at, der_ids=[der.pk for der in ders])
    return devices


def _approve_baseline(
    device: Device,
    test: CommissioningTest,
    application: InterconnectionApplication,
    *,
    at: datetime,
    by: str,
) -> None:
    """What the device held when it passed is what it shall hold: permission approves it."""
    approve_settings(
        device_id=device.pk,
        settings=settings_found(test.discovery.get("settings")),
        at=at,
        by=by,
        source=f"application {application.reference}, live test of {test.performed_at:%d %B %Y}",
    )


def _seen(endpoint: Endpoint, found: Inspection | DriverFault, *, is_meter: bool) -> Seen:
    at_address = partial(Seen, host=endpoint.host, port=endpoint.port, modbus_unit=endpoint.unit)
    if isinstance(found, DriverFault):
        outcome, words = _fault_words(endpoint, found)
        return at_address(outcome=outcome, words=words)
    kept = _kept(found)
    if is_meter != (found.kind == "meter"):
        wanted = "a meter" if is_meter else "an inverter or a battery"
        words = f"The device at this address is a {found.kind}, not {wanted}. Check the address."
        return at_address(outcome=TestOutcome.MISMATCH, words=words, discovery=kept)
    return at_address(reported=_reported(found), discovery=kept)


def _fault_words(endpoint: Endpoint, fault: DriverFault) -> tuple[TestOutcome, str]:
    where = f"{endpoint.host}:{endpoint.port}, unit {endpoint.unit}"
    if isinstance(fault, NotSunSpec):
        return TestOutcome.NOT_SUNSPEC, (
            f"The device at {where} answers Modbus but has no SunSpec map ({fault}). Switch on "
            "SunSpec in its installer menu or try another unit number, then test again. Without "
            "SunSpec it cannot meet this tariff: tell customer service."
        )
    if fault.kind in NOT_REACHED:
        return TestOutcome.UNREACHABLE, (
            f"Nothing answers at {where} ({fault}). Check that the device is on, the network "
            "cable, and that Modbus TCP is switched on with this port; then test again."
        )
    return TestOutcome.NOT_SUNSPEC, (
        f"The device at {where} answers, but not as SunSpec asks ({fault}). Check the unit number "
        "and the firmware; then test again. If it stays so, tell customer service."
    )


def _kept(found: Inspection) -> dict[str, Any]:
    """What stays with the test as evidence, as JSON."""
    measurement = found.measurement
    return {
        "kind": found.kind,
        "discovery": asdict(found.discovery),
        "nameplate": asdict(found.nameplate),
        "functions": sorted(function.value for function in found.functions),
        "flags": list(found.flags),
        "settings": [
            {
                "function": state.function.value,
                "is_enabled": state.enabled,
                "value_w": state.value_w,
                "parameters": to_json(state.parameters),
                "words": as_setting(state) if state.function not in NEVER_A_SETTING else "",
            }
            for state in found.settings
        ],
        "measured": None
        if measurement is None
        else {
            "at": measurement.measured_at.isoformat(),
            "active_power_w": measurement.active_power_w,
            "voltage_v": measurement.voltage_v,
            "frequency_hz": measurement.frequency_hz,
            "state_of_charge_pct": measurement.state_of_charge_pct,
            "state": measurement.operating_state.value,
        },
    }


def _reported(found: Inspection) -> ReportedDevice:
    identity, plate = found.discovery.identity, found.nameplate
    return ReportedDevice(
        manufacturer=identity.manufacturer,
        model=identity.model,
        serial_number=identity.serial_number,
        version=identity.version,
        active_power_w=plate.active_power_max_w,
        apparent_power_va=plate.apparent_power_max_va,
        reactive_power_injected_var=plate.reactive_power_injected_max_var,
        reactive_power_absorbed_var=plate.reactive_power_absorbed_max_var,
        charge_power_w=plate.charge_max_w,
        energy_capacity_wh=plate.energy_capacity_wh,
        is_controllable=Function.LIMIT_ACTIVE_POWER in found.functions,
    )


def _active_at(endpoint: Endpoint) -> Device | None:
    return Device.objects.filter(
        host=endpoint.host, port=endpoint.port, unit=endpoint.unit, active_to__isnull=True
    ).first()


def _zone_of(application: InterconnectionApplication) -> str:
    connection = connection_of(application.usage_point)
    if connection is None:
        raise NotInNetworkModel(
            f"The service point of {application.reference} is on no feeder of the network model. "
            "Connect it to its service transformer first."
        )
    return connection.transformer.bus.feeder.name.lower()


def _entry(der: DER, test: CommissioningTest, zone: str) -> DeviceEntry:
    return {
        "der": der,
        "usage_point": der.usage_point,
        "kind": KINDS[der.technology],
        "zone_name": zone,
        "host": test.host,
        "port": test.port,
        "unit": test.modbus_unit,
        "serial_number": der.serial_number,
        "manufacturer": der.manufacturer,
        "model": der.model,
        "version": test.discovery["discovery"]["identity"]["version"],
        "discovery": test.discovery["discovery"],
        "reported_nameplate": test.discovery["nameplate"],
    }


def _meter_entry(
    application: InterconnectionApplication, test: CommissioningTest, zone: str
) -> DeviceEntry:
    identity = test.discovery["discovery"]["identity"]
    return {
        "der": None,
        "usage_point": application.usage_point,
        "kind": Device.Kind.METER,
        "zone_name": zone,
        "host": test.host,
        "port": test.port,
        "unit": test.modbus_unit,
        "serial_number": identity["serial_number"] or application.usage_point.meter_number,
        "manufacturer": identity["manufacturer"],
        "model": identity["model"],
        "version": identity["version"],
        "discovery": test.discovery["discovery"],
        "reported_nameplate": test.discovery["nameplate"],
    }
