"""The limits that devices hold for their flexible connections, by what each can do (IC-5, DI-1)."""

from collections.abc import Collection
from dataclasses import replace

from devices.models import Device
from interconnection.screening.export import UnitLimits
from interconnection.selectors.export_limits import flexible_limits

# Its limit has a value for after the timer; that of the older model 123 is off then.
FALLS_BACK = 704


def limits_by_der(der_ids: Collection[int] | None = None) -> dict[int, UnitLimits]:
    """Of all DER in service under a flexible connection, or of these.

    What cannot fall back by itself, or was never read, is limited to the lowest at all hours.
    """
    limits = flexible_limits(der_ids)
    falling = _falling(limits)
    return {
        der_id: one if der_id in falling else replace(one, is_always_lowest=True)
        for der_id, one in limits.items()
    }


def _falling(der_ids: Collection[int]) -> set[int]:
    """The DER whose device can fall back by itself."""
    if not der_ids:
        return set()
    found = Device.objects.filter(active_to__isnull=True, der__in=der_ids)
    return {
        der_id
        for der_id, discovery in found.values_list("der", "discovery")
        if _has_fall_back(discovery)
    }


def _has_fall_back(discovery: object) -> bool:
    models = discovery.get("models") if isinstance(discovery, dict) else None
    return any(isinstance(model, dict) and model.get("id") == FALLS_BACK for model in models or ())
