"""Correcting the nameplate of a DER as built: who, why, and never what cannot be (IC-1, DV-6)."""

from collections.abc import Mapping

import pghistory
from django.db import IntegrityError, connection, transaction

from derms.lib.errors import InvalidInput
from interconnection.models import DER

FIELDS = frozenset(
    {
        "manufacturer",
        "model",
        "serial_number",
        "active_power_rating_at_unity_power_factor_w",
        "apparent_power_max_rating_va",
        "reactive_power_injected_max_rating_var",
        "reactive_power_absorbed_max_rating_var",
        "active_power_charge_max_rating_w",
        "energy_capacity_wh",
    }
)

# What the register has room for: 2 GW.
LARGEST = 2**31 - 1


class NameplateRefused(InvalidInput):
    """The nameplate cannot be corrected like this."""

    code = "nameplate_refused"


def correct_nameplate(*, der_id: int, values: Mapping[str, str | int], by: str, reason: str) -> DER:
    """Write what the unit really is; the row's history keeps who, why and what stood before.

    Raises NameplateRefused when the values cannot belong together, or belong to another DER.
    """
    with transaction.atomic():
        der = DER.objects.select_for_update().get(pk=der_id)
        for name, value in values.items():
            if name not in FIELDS:
                raise NameplateRefused(f"{name} is no part of a nameplate.", fields={})
            setattr(der, name, value)
        _check(der)
        with pghistory.context(by=by, reason=reason), connection.cursor() as cursor:
            # One statement sets them for the rest of the transaction.
            cursor.execute("values (1)")
        try:
            with transaction.atomic():
                der.save(update_fields=sorted(values))
        except IntegrityError as error:
            words = (
                f"Another DER in service is {der.manufacturer} {der.serial_number} already. Send "
                "somebody to read both type plates."
            )
            raise NameplateRefused(words, fields={"serial_number": [words]}) from error
    return der


def _check(der: DER) -> None:
    active_w = der.active_power_rating_at_unity_power_factor_w
    apparent_va = der.apparent_power_max_rating_va
    odd = [
        getattr(der, name)
        for name in FIELDS
        if isinstance(getattr(der, name), int) and not 0 <= getattr(der, name) <= LARGEST
    ]
    if odd or active_w <= 0:
        words = f"{der.name}: a rating of {odd[0] if odd else active_w:,} cannot be. Send somebody."
        raise NameplateRefused(words, fields={"active_power": [words]})
    if apparent_va < active_w:
        words = (
            f"{der.name}: {active_w:,} W would be more than its {apparent_va:,} VA. Accept both "
            "together, or send somebody."
        )
        raise NameplateRefused(words, fields={"apparent_power": [words]})
