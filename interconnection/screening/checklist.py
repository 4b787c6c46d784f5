"""What a technician has to verify on site, from the tariff and the conditions (IC-6)."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UnitOnSite:
    """A unit to verify; `key` names it in the checklist."""

    key: str
    name: str
    is_battery: bool
    category: str


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One line of the checklist; a live test is not ticked by hand."""

    key: str
    label: str
    is_live_test: bool = False


def checklist(
    units: Sequence[UnitOnSite], *, conditions: Sequence[str], requires_communication: bool
) -> tuple[CheckItem, ...]:
    """In the order of the work on site."""
    items = [
        CheckItem("meter", "Meter number at the service point is the registered one"),
        CheckItem("disconnect", "Disconnect switch is labelled, lockable and within reach"),
    ]
    for unit in units:
        items.append(
            CheckItem(f"plate-{unit.key}", f"{unit.name}: type plate and serial number as approved")
        )
        items.append(
            CheckItem(
                f"settings-{unit.key}",
                f"{unit.name}: grid settings are IEEE 1547-2018 {unit.category}",
            )
        )
        if unit.is_battery:
            items.append(
                CheckItem(f"placard-{unit.key}", f"{unit.name}: storage placard is in place")
            )
    items.append(CheckItem("cease", "Ceases to energize within 2 s after the grid is taken away"))
    items.append(CheckItem("return", "Returns no earlier than 300 s after the grid is back"))
    items += [
        CheckItem(f"condition-{number}", f"Condition met: {condition}")
        for number, condition in enumerate(conditions, start=1)
    ]
    if requires_communication:
        items += [
            CheckItem(f"live-{unit.key}", f"Live test: {unit.name}", is_live_test=True)
            for unit in units
        ]
    return tuple(items)
