"""The columns of the fleet list: what each is called, and what an export says in its place."""

from dataclasses import dataclass
from typing import Any

from derms.lib.csv_export import Column
from devices.models import DeviceCondition
from devices.selectors import Face

Cell = Column[Face]


@dataclass(frozen=True, slots=True)
class FleetColumn:
    """One column; its key is also what the list can be ordered by."""

    key: str
    label: str
    cells: tuple[Cell, ...]
    is_right: bool = False
    # Shown when nobody has chosen columns.
    is_usual: bool = False


def _of_device(header: str, path: str) -> Cell:
    return Cell(header, lambda face: _along(face.device, path))


def _of_latest(header: str, name: str) -> Cell:
    return Cell(header, lambda face: getattr(face.latest, name, None))


def _of_condition(header: str, name: str) -> Cell:
    return Cell(header, lambda face: getattr(condition_of(face), name, None))


def _along(start: Any, path: str) -> Any:  # noqa: ANN401  any column's value
    for name in path.split("."):
        start = getattr(start, name, None)
    return start


def condition_of(face: Face) -> DeviceCondition | None:
    return getattr(face.device, "condition", None)


def _control(face: Face) -> str:
    condition = condition_of(face)
    if condition is None or condition.is_local is None:
        return ""
    return "local" if condition.is_local else "remote"


IDENTITY: tuple[Cell, ...] = (
    _of_device("Device number", "pk"),
    _of_device("Serial number", "serial_number"),
    _of_device("Manufacturer", "manufacturer"),
    _of_device("Model", "model"),
)
COLUMNS: tuple[FleetColumn, ...] = (
    FleetColumn("kind", "Kind", (_of_device("Kind", "kind"),), is_usual=True),
    FleetColumn("zone", "Zone", (_of_device("Zone", "zone.name"),), is_usual=True),
    FleetColumn("feeder", "Feeder", (_of_device("Feeder", "feeder_name"),)),
    FleetColumn(
        "address",
        "Address",
        (_of_device("Host", "host"), _of_device("Port", "port"), _of_device("Unit", "unit")),
        is_usual=True,
    ),
    FleetColumn("meter", "Meter", (_of_device("Meter number", "usage_point.meter_number"),)),
    FleetColumn("place", "Street", (_of_device("Street", "usage_point.location.street"),)),
    FleetColumn("customer", "Customer", (_of_device("Customer", "usage_point.customer.name"),)),
    FleetColumn("der", "DER", (_of_device("DER", "der.name"),)),
    FleetColumn(
        "communication",
        "Communication",
        (
            Cell("Communication", lambda face: face.word),
            Cell("Quality", lambda face: face.quality),
            Cell("Reason", lambda face: face.reason),
            _of_latest("Measured at", "measured_at"),
        ),
        is_usual=True,
    ),
    FleetColumn(
        "power",
        "Power, kW",
        (_of_latest("Active power, W", "active_power_w"),),
        is_right=True,
        is_usual=True,
    ),
    FleetColumn(
        "reactive",
        "Reactive, kvar",
        (_of_latest("Reactive power, var", "reactive_power_var"),),
        is_right=True,
    ),
    FleetColumn("voltage", "Voltage, V", (_of_latest("Voltage, V", "voltage_v"),), is_right=True),
    FleetColumn(
        "charge",
        "Charge, %",
        (_of_latest("State of charge, %", "state_of_charge_pct"),),
        is_right=True,
        is_usual=True,
    ),
    FleetColumn(
        "alarm",
        "Alarm",
        (_of_device("Alarm priority", "alarm_priority"), _of_device("Alarm", "alarm_message")),
        is_usual=True,
    ),
    FleetColumn("control", "Control", (Cell("Control", _control),), is_usual=True),
    FleetColumn(
        "drift", "Drifted since", (_of_device("Drifted since", "drifts_since"),), is_usual=True
    ),
    FleetColumn("differences", "Differences", (_of_device("Differences", "differences_open"),)),
    FleetColumn("firmware", "Firmware", (_of_device("Firmware", "version"),)),
    FleetColumn(
        "round_trip",
        "Round trip, ms",
        (_of_condition("Round trip, ms", "round_trip_ms"),),
        is_right=True,
    ),
    FleetColumn(
        "fault",
        "Last fault",
        (
            _of_condition("Last fault", "last_fault"),
            _of_condition("Last fault at", "last_fault_at"),
        ),
    ),
    FleetColumn(
        "poll", "Polled each, s", (_of_device("Poll period, s", "poll_period_s"),), is_right=True
    ),
    FleetColumn("since", "In service since", (_of_device("In service since", "active_from"),)),
)
# What tells something about a customer; an export with any of it is written down.
ABOUT_CUSTOMERS = frozenset({"meter", "place", "customer", "der"})


def shown(chosen: list[str]) -> list[FleetColumn]:
    """The chosen columns in their own order; the usual ones when none is chosen."""
    if not chosen:
        return [column for column in COLUMNS if column.is_usual]
    return [column for column in COLUMNS if column.key in chosen]


def exported(columns: list[FleetColumn]) -> list[Cell]:
    return [*IDENTITY, *(cell for column in columns for cell in column.cells)]
