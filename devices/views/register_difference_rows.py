"""One difference, as the list, its picture and its file show it."""

from typing import Any

from derms.lib.csv_export import Column
from devices.models import RegisterDifference
from devices.register.nameplates import BY_KEY
from devices.services.differences import mark_of
from devices.statuses import DIFFERENCE_KINDS, DIFFERENCE_STANDING, DifferenceStatus

# The width of the little gauge: half of what is registered to both sides.
GAUGE_SHARE = 0.5
Row = RegisterDifference
Cell = Column[Row]


def difference_line(row: Row, ticked: set[int]) -> dict[str, Any]:
    rule = BY_KEY[row.attribute]
    return {
        "row": row,
        "unit": rule.unit,
        "mark": mark_of(row),
        "is_ticked": row.pk in ticked,
        "kind": DIFFERENCE_KINDS[DifferenceStatus(row.status)],
        "is_standing": row.status in DIFFERENCE_STANDING,
        "apart_pct": apart_pct(row),
        "tolerance_pct": tolerance_pct(row),
        "gauge": _gauge(row),
        "approved_w": _approved(row),
    }


def apart_pct(row: Row) -> float | None:
    if row.registered_value is None or row.said_value is None or row.registered_value == 0:
        return None
    return 100 * (row.said_value - row.registered_value) / row.registered_value


def tolerance_pct(row: Row) -> float | None:
    tolerance = BY_KEY[row.attribute].tolerance
    return None if tolerance is None else 100 * tolerance


def _gauge(row: Row) -> dict[str, float] | None:
    """What is registered in the middle with its tolerance, and where the device's figure lies."""
    apart, tolerance = apart_pct(row), BY_KEY[row.attribute].tolerance
    if apart is None or tolerance is None:
        return None
    band = 50 * tolerance / GAUGE_SHARE
    place = 50 + 50 * apart / 100 / GAUGE_SHARE
    return {"from": 50 - band, "to": 50 + band, "x": min(100.0, max(0.0, place))}


def _approved(row: Row) -> float | None:
    """What the application was approved for, when the device says more than that."""
    unit = row.device.der.unit if row.device.der else None
    rule = BY_KEY[row.attribute]
    if unit is None or row.said_value is None or rule.key not in ("active_power", "apparent_power"):
        return None
    approved = float(getattr(unit, rule.registered))
    return approved if row.said_value > approved * (1 + (rule.tolerance or 0)) else None


def _figure(value: float | None, words: str) -> object:
    return words if value is None else value


def words_of(row: Row) -> str:
    unit = BY_KEY[row.attribute].unit
    return (
        f"{row.device.serial_number}, {row.get_attribute_display().lower()}: registered "
        f"{row.registered} {unit}, device says {row.said} {unit}"
    )


CELLS: tuple[Cell, ...] = (
    Cell("Number", lambda row: row.pk),
    Cell("Device number", lambda row: row.device_id),
    Cell("Serial number", lambda row: row.device.serial_number),
    Cell("Manufacturer", lambda row: row.device.manufacturer),
    Cell("Model", lambda row: row.device.model),
    Cell("Kind", lambda row: row.device.kind),
    Cell("Zone", lambda row: row.device.zone.name),
    Cell("Meter number", lambda row: row.device.usage_point.meter_number),
    Cell("What", lambda row: row.get_attribute_display()),
    Cell("Unit", lambda row: BY_KEY[row.attribute].unit),
    Cell("Registered", lambda row: _figure(row.registered_value, row.registered)),
    Cell("Device says", lambda row: _figure(row.said_value, row.said)),
    Cell("Apart, %", apart_pct),
    Cell("Tolerance, %", tolerance_pct),
    Cell("Since", lambda row: row.found_at),
    Cell("Decision", lambda row: row.get_status_display()),
    Cell("Decided at", lambda row: row.decided_at),
    Cell("Decided by", lambda row: row.decided_by),
    Cell("Reason", lambda row: row.decision_reason),
    Cell("Ignored until", lambda row: row.ignored_until_date),
    Cell("Order", lambda row: row.service_order.number if row.service_order else ""),
)
