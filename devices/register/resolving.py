"""What the words of a row mean in the register: which service point, DER, zone and address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devices.register.image import (
    Place,
    RegisteredDER,
    RegisteredDevice,
    RegisteredPoint,
    RegisterImage,
)
from devices.register.spelling import maker_key, serial_key, words_key
from devices.register.values import Entry, Finding, Level

PORT, UNIT, POLL_PERIOD_S = 502, 1, 1.0
METER = "meter"


@dataclass(frozen=True, slots=True)
class Resolved:
    """The row in the register's own terms; None where it could not be found."""

    place: Place | None
    usage_point_id: int | None
    der_id: int | None
    zone: str
    poll_period_s: float


class _Words:
    """Adds findings to a row in few words."""

    def __init__(self, findings: list[Finding]) -> None:
        self._findings = findings

    def error(self, column: str, what: str, advice: str) -> None:
        self._findings.append(Finding(Level.ERROR, column, what, advice))

    def warning(self, column: str, what: str, advice: str) -> None:
        self._findings.append(Finding(Level.WARNING, column, what, advice))


def resolve(
    entry: Entry, device: RegisteredDevice | None, image: RegisterImage, findings: list[Finding]
) -> Resolved | None:
    """Look everything up and add what is the matter; None when the row is refused already."""
    if any(finding.level == Level.ERROR for finding in findings):
        return None
    words = _Words(findings)
    if device is not None:
        return _known(entry, device, image, words)
    return _new(entry, image, words)


def _known(entry: Entry, device: RegisteredDevice, image: RegisterImage, words: _Words) -> Resolved:
    """A registered device keeps its kind, its service point and its DER."""
    if entry.kind and entry.kind != device.kind:
        words.error(
            "kind",
            f"The register has it as a {device.kind}, not a {entry.kind}.",
            "A device does not change its kind: check the serial number.",
        )
    if entry.meter_number and entry.meter_number.upper() != device.meter_number.upper():
        words.error(
            "meter_number",
            f"The register has it at meter {device.meter_number}, not at {entry.meter_number}.",
            "If it was moved, take it out of service there, then import it at its new place.",
        )
    point = image.points.get(device.meter_number.upper())
    if entry.der and point is not None:
        named = _named(entry.der, point.ders)
        if device.der_id not in {der.id for der in named}:
            words.error(
                "der",
                f"The register has it for another DER than “{entry.der}”.",
                "Leave the cell empty, or take the device out of service first.",
            )
    _look_at_zone(entry.zone, image, words)
    port = device.port if entry.port is None else entry.port
    unit = device.unit if entry.unit is None else entry.unit
    return Resolved(
        place=(entry.host or device.host, port, unit),
        usage_point_id=device.usage_point_id,
        der_id=device.der_id,
        zone=entry.zone or device.zone,
        poll_period_s=entry.poll_period_s or device.poll_period_s,
    )


def _new(entry: Entry, image: RegisterImage, words: _Words) -> Resolved:
    for column, what in (
        ("kind", entry.kind),
        ("meter_number", entry.meter_number),
        ("host", entry.host),
    ):
        if not what:
            words.error(
                column,
                "It is empty, and the device is not registered yet.",
                "A new device needs its kind, its meter and its address.",
            )
    point = image.points.get(entry.meter_number.upper()) if entry.meter_number else None
    if point is None and entry.meter_number:
        words.error(
            "meter_number",
            f"No service point has the meter {entry.meter_number}.",
            "Check the number on the meter, or register the service point first.",
        )
    der = _der_of(entry, point, image, words) if point is not None else None
    zone = entry.zone or (point.zone if point else "")
    if not zone and point is not None:
        words.error(
            "zone",
            "It is empty, and the meter is on no feeder of the network model.",
            "Write the communication zone.",
        )
    _look_at_zone(zone, image, words)
    place = (
        entry.host,
        PORT if entry.port is None else entry.port,
        UNIT if entry.unit is None else entry.unit,
    )
    return Resolved(
        place=place if entry.host else None,
        usage_point_id=point.id if point else None,
        der_id=der.id if der else None,
        zone=zone,
        poll_period_s=entry.poll_period_s or POLL_PERIOD_S,
    )


def _der_of(
    entry: Entry, point: RegisteredPoint, image: RegisterImage, words: _Words
) -> RegisteredDER | None:
    if entry.kind == METER:
        if entry.der:
            words.warning(
                "der", "A meter belongs to no DER; the cell was not used.", "Leave it empty."
            )
        return None
    if not entry.kind:
        return None
    fitting = [der for der in point.ders if der.kind == entry.kind]
    if entry.der:
        found = [der for der in _named(entry.der, point.ders) if der.kind == entry.kind]
        problem = f"The meter {point.meter_number} has no {entry.kind} called “{entry.der}”."
    else:
        found = [der for der in fitting if der.id not in image.device_of_der]
        problem = f"The meter {point.meter_number} has no {entry.kind} without a device."
    if len(found) == 1:
        _compare_plates(entry, found[0], words)
        return found[0]
    if found:
        named = ", ".join(f"{der.name} ({der.mrid})" for der in found)
        words.error("der", f"It can be any of {named}.", "Write the mRID of the one it is.")
    else:
        there = ", ".join(der.name for der in point.ders) or "none"
        words.error(
            "der",
            f"{problem} It has: {there}.",
            "Check meter and kind. Without permission to operate there is no DER yet.",
        )
    return None


def _compare_plates(entry: Entry, der: RegisteredDER, words: _Words) -> None:
    if serial_key(entry.serial_number) != serial_key(der.serial_number):
        words.warning(
            "serial_number",
            f"{der.name} was permitted with serial number {der.serial_number}.",
            "Check the type plate before you apply.",
        )
    if maker_key(entry.manufacturer) != maker_key(der.manufacturer):
        words.warning(
            "manufacturer",
            f"{der.name} was permitted as made by {der.manufacturer}.",
            "Check the type plate before you apply.",
        )


def _named(said: str, ders: Sequence[RegisteredDER]) -> list[RegisteredDER]:
    """By mRID, by application, by name: the first of these that fits anything."""
    wanted = words_key(said)
    for names in ("mrid", "reference", "name"):
        found = [der for der in ders if words_key(getattr(der, names)) == wanted]
        if found:
            return found
    return []


def _look_at_zone(zone: str, image: RegisterImage, words: _Words) -> None:
    if zone and zone not in image.zones:
        words.warning(
            "zone",
            f"There is no zone {zone} yet; it will be made.",
            "Start a gateway worker for it, or correct the name.",
        )
