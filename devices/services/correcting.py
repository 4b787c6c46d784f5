"""The register corrected to what devices say: their rows, and the nameplates of DER (DV-6)."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pghistory
from django.db import IntegrityError, connection, transaction

from derms.lib.errors import InvalidInput
from devices.models import Device, RegisterDifference
from devices.register.nameplates import BY_KEY
from devices.register.spelling import words_key
from devices.services.registration import DeviceInvalid, tell_gateway
from interconnection.services.nameplates import correct_nameplate

# What stands at the device and at its DER alike.
SHARED = frozenset({"manufacturer", "model", "serial_number"})
LENGTHS = {"manufacturer": 64, "model": 64, "serial_number": 64, "version": 32}


def correct_register(rows: Sequence[RegisterDifference], *, reason: str, by: str) -> None:
    """Write what the devices say; inside the caller's transaction, all or nothing.

    Raises InvalidInput in words when a device or DER cannot be like that.
    """
    by_device: dict[int, list[RegisterDifference]] = defaultdict(list)
    for row in rows:
        by_device[row.device_id].append(row)
    for theirs in by_device.values():
        _correct(theirs[0].device, theirs, reason=reason, by=by)


def _correct(device: Device, rows: Sequence[RegisterDifference], *, reason: str, by: str) -> None:
    ratings: dict[str, Any] = {}
    identity: dict[str, str] = {}
    for row in rows:
        rule = BY_KEY[row.attribute]
        if not rule.is_rating:
            identity[rule.registered] = row.said[: LENGTHS[rule.registered]]
        elif row.said_value is not None:
            ratings[rule.registered] = _agreed(ratings, rule.registered, row)
    ratings |= _shared_with_der(device, identity)
    if ratings and device.der_id is not None:
        correct_nameplate(der_id=device.der_id, values=ratings, by=by, reason=reason)
    if identity:
        _correct_device(device, identity, reason=reason, by=by)


def _agreed(ratings: dict[str, Any], name: str, row: RegisterDifference) -> int:
    """Two attributes may stand in one field of the register, and say different things."""
    value = round(row.said_value or 0)
    if ratings.get(name, value) != value:
        words = (
            f"{row.device}: the device says two different values for what is registered as one "
            f"({ratings[name]:,} and {value:,}). Accept one of them."
        )
        raise InvalidInput(words, fields={"chosen": [words]})
    return value


def _shared_with_der(device: Device, identity: dict[str, str]) -> dict[str, str]:
    """What the DER has in common with the device, where it had the same until now."""
    if device.der is None:
        return {}
    return {
        name: value
        for name, value in identity.items()
        if name in SHARED
        and words_key(getattr(device.der, name)) == words_key(getattr(device, name))
    }


def _correct_device(device: Device, identity: dict[str, str], *, reason: str, by: str) -> None:
    for name, value in identity.items():
        setattr(device, name, value)
    with pghistory.context(by=by, reason=reason), connection.cursor() as cursor:
        # One statement sets them for the rest of the transaction.
        cursor.execute("values (1)")
    try:
        with transaction.atomic():
            device.save(update_fields=sorted(identity))
    except IntegrityError as error:
        words = (
            f"Serial number {device.serial_number} of {device.manufacturer} belongs to another "
            "device in service. Take that one out of service first, or send somebody."
        )
        raise DeviceInvalid(words, fields={"serial_number": [words]}) from error
    tell_gateway(device.zone)
