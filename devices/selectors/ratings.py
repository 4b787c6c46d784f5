"""What a device is rated for: by its own words, else as registered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from derms.ui.formats import scaled
from devices.models import Device

FREQUENCIES_HZ = (50.0, 60.0)
# Label, column of the DER, name in the device's own words, unit.
PLATE = (
    ("Active power", "active_power_rating_at_unity_power_factor_w", "active_power_max_w", "W"),
    ("Active power setting", "", "active_power_setting_w", "W"),
    ("Apparent power", "apparent_power_max_rating_va", "apparent_power_max_va", "VA"),
    (
        "Reactive power injected",
        "reactive_power_injected_max_rating_var",
        "reactive_power_injected_max_var",
        "var",
    ),
    (
        "Reactive power absorbed",
        "reactive_power_absorbed_max_rating_var",
        "reactive_power_absorbed_max_var",
        "var",
    ),
    ("Charge", "active_power_charge_max_rating_w", "charge_max_w", "W"),
    ("Discharge", "", "discharge_max_w", "W"),
    ("Energy capacity", "energy_capacity_wh", "energy_capacity_wh", "Wh"),
    ("Voltage", "ac_voltage_nominal_rating_v", "voltage_nominal_v", "V"),
)


@dataclass(frozen=True, slots=True)
class Ratings:
    """Ratings that gauges, curves and forms refer to; None where nobody says."""

    active_power_w: float | None
    apparent_power_va: float | None
    reactive_injected_var: float | None
    reactive_absorbed_var: float | None
    charge_w: float | None
    discharge_w: float | None
    energy_wh: float | None
    nominal_voltage_v: float | None

    @property
    def lowest_w(self) -> float:
        """The most it can absorb, as a negative power; 0 for what only produces."""
        return -(self.charge_w or 0.0)

    @property
    def highest_w(self) -> float | None:
        return self.discharge_w if self.charge_w and self.discharge_w else self.active_power_w


def ratings_of(device: Device) -> Ratings:
    said: Mapping[str, Any] = device.reported_nameplate
    der = device.der

    def best(registered: str, *reported: str) -> float | None:
        for name in reported:
            if said.get(name):
                return float(said[name])
        value = getattr(der, registered, None) if der else None
        return float(value) if value else None

    return Ratings(
        active_power_w=best(
            "active_power_rating_at_unity_power_factor_w",
            "active_power_setting_w",
            "active_power_max_w",
        ),
        apparent_power_va=best("apparent_power_max_rating_va", "apparent_power_max_va"),
        reactive_injected_var=best(
            "reactive_power_injected_max_rating_var", "reactive_power_injected_max_var"
        ),
        reactive_absorbed_var=best(
            "reactive_power_absorbed_max_rating_var", "reactive_power_absorbed_max_var"
        ),
        charge_w=best("active_power_charge_max_rating_w", "charge_max_w"),
        discharge_w=best("", "discharge_max_w"),
        energy_wh=best("energy_capacity_wh", "energy_capacity_wh"),
        nominal_voltage_v=float(device.usage_point.nominal_voltage_v) or None,
    )


def nameplate_rows(device: Device) -> list[tuple[str, str, str]]:
    """Each rating as registered and as the device says it, where one of them is known."""
    rows = []
    for label, registered, reported, unit in PLATE:
        theirs = device.reported_nameplate.get(reported)
        ours = getattr(device.der, registered, None) if device.der and registered else None
        if theirs or ours:
            rows.append((label, scaled(ours, unit=unit), scaled(theirs, unit=unit)))
    return rows


def nominal_frequency_hz(measured_hz: float | None) -> float:
    """50 or 60 Hz, whichever is nearer to what is measured."""
    if measured_hz is None:
        return FREQUENCIES_HZ[-1]
    return min(FREQUENCIES_HZ, key=lambda nominal: abs(nominal - measured_hz))
