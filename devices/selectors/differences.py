"""What is registered and what devices say, side by side, and the differences that stand (DV-6)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import NullIf

from devices.models import Device, RegisterDifference
from devices.register.nameplates import RULES, DeviceFacts
from devices.statuses import DIFFERENCE_STANDING, DifferenceStatus

RATINGS = tuple(sorted({rule.registered for rule in RULES if rule.is_rating}))
IDENTITY = ("manufacturer", "model", "serial_number", "version")
ORDERS: Mapping[str, tuple[str, ...]] = {
    "device": ("device__manufacturer", "device__model", "device__serial_number"),
    "attribute": ("attribute",),
    "registered": ("registered_value", "registered"),
    "said": ("said_value", "said"),
    "apart": ("apart",),
    "found": ("found_at",),
    "status": ("status",),
}
SEARCHED = (
    "device__serial_number", "device__manufacturer", "device__model", "device__zone__name",
    "device__der__name", "device__usage_point__meter_number",
    "device__usage_point__location__street", "device__usage_point__customer__name",
)  # fmt: skip
STANDING, ALL = "standing", "all"


@dataclass(frozen=True, slots=True)
class DifferencesWanted:
    """Which differences to list; an empty word does not narrow, an empty status is the open."""

    status: str = ""
    attribute: str = ""
    kind: str = ""
    zone: str = ""
    text: str = ""
    sort: str = ""


def device_facts() -> Iterator[DeviceFacts]:
    """Every device in service as it is registered and as it last said, in one query."""
    rows = (
        Device.objects.filter(active_to__isnull=True)
        .order_by()
        .annotate(identity=KeyTransform("identity", "discovery"))
        .values_list(
            "pk", "kind", *IDENTITY, "identity", "reported_nameplate", "condition__firmware",
            *(f"der__{name}" for name in RATINGS),
        )
    )  # fmt: skip
    for row in rows.iterator(chunk_size=2000):
        pk, kind, *rest = row
        registered = dict(zip(IDENTITY, rest, strict=False))
        identity, nameplate, firmware = rest[len(IDENTITY) : len(IDENTITY) + 3]
        registered |= dict(zip(RATINGS, rest[len(IDENTITY) + 3 :], strict=True))
        said = dict(identity) if isinstance(identity, dict) else {}
        if firmware:
            said["version"] = firmware
        if isinstance(nameplate, dict):
            said |= nameplate
        yield DeviceFacts(pk, kind, registered, said)


def differences(wanted: DifferencesWanted) -> "QuerySet[RegisterDifference, Any]":
    """With what a list shows of their devices; `apart` is the share that the device says more."""
    found = RegisterDifference.objects.select_related(
        "device__zone", "device__der__unit__application", "device__usage_point__location",
        "service_order",
    ).annotate(
        apart=(F("said_value") - F("registered_value")) / NullIf("registered_value", Value(0.0))
    )  # fmt: skip
    if wanted.status == STANDING:
        found = found.filter(status__in=DIFFERENCE_STANDING)
    elif wanted.status != ALL:
        found = found.filter(status=wanted.status or DifferenceStatus.OPEN)
    equal = {
        "attribute": wanted.attribute,
        "device__kind": wanted.kind,
        "device__zone__name": wanted.zone,
    }
    found = found.filter(**{name: value for name, value in equal.items() if value})
    for word in wanted.text.split():
        holding = Q()
        for name in SEARCHED:
            holding |= Q(**{f"{name}__icontains": word})
        found = found.filter(holding)
    return found.order_by(*_order(wanted.sort), "device__zone__name", "device", "pk")


def difference_counts() -> dict[str, int]:
    """How many there are of each status."""
    rows = RegisterDifference.objects.values("status").annotate(count=Count("pk")).order_by()
    found = {row["status"]: row["count"] for row in rows}
    return {status.value: found.get(status.value, 0) for status in DifferenceStatus}


def _order(sort: str) -> list[Any]:
    fields = ORDERS.get(sort.removeprefix("-"), ())
    if sort.startswith("-"):
        return [F(name).desc(nulls_last=True) for name in fields]
    return [F(name).asc(nulls_last=True) for name in fields]
