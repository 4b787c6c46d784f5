"""The curves a device holds, drawn with its momentary point of operation on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from derms.ui.curves import Axis, CurvePicture, Points, axes_for, path_of, value_at
from derms.ui.formats import number
from devices.capabilities import Function
from devices.parameters import Curve, Droop
from devices.selectors.faceplate import Readout
from devices.selectors.ratings import Ratings, nominal_frequency_hz
from devices.selectors.settings import SettingRow
from devices.selectors.wording import FunctionSetting

VOLTAGE, POWER, HERTZ = "Voltage, % of nominal", "Active power, %", "Frequency, Hz"
REACTIVE, CHANGE = "Reactive power, %", "Change of active power, %"
# How far from nominal the frequency-droop is drawn.
DROOP_SPAN_HZ = 2.0


@dataclass(frozen=True, slots=True)
class Shape:
    """How one function's curve is drawn; frequencies are relative to nominal."""

    x_label: str
    y_label: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]


SHAPES: Mapping[str, Shape] = {
    Function.VOLT_VAR: Shape(VOLTAGE, REACTIVE, (88, 112), (-60, 60)),
    Function.VOLT_WATT: Shape(VOLTAGE, POWER, (96, 112), (0, 100)),
    Function.WATT_VAR: Shape(POWER, REACTIVE, (0, 100), (-60, 60)),
    Function.FREQUENCY_WATT: Shape(HERTZ, POWER, (-1.5, 2.5), (0, 100)),
    Function.FREQUENCY_DROOP: Shape(HERTZ, CHANGE, (-2.0, 2.0), (-70, 70)),
}


def curve_pictures(
    rows: Sequence[SettingRow], readout: Readout | None, ratings: Ratings, *, is_stale: bool
) -> list[CurvePicture]:
    """One picture for each function that has a curve, found or asked for."""
    pictures = []
    for row in rows:
        shape = SHAPES.get(row.function)
        found = row.found.setting if row.found else None
        asked = row.asked.setting if row.asked else None
        nominal_hz = nominal_frequency_hz(readout.frequency_hz if readout else None)
        active, wanted = _points(found, nominal_hz), _points(asked, nominal_hz)
        if shape is None or not (active or wanted):
            continue
        live = operating_point(row.function, readout, ratings, active or wanted)
        pictures.append(
            _picture(row, shape, (active, wanted), nominal_hz, live=live, is_stale=is_stale)
        )
    return pictures


def operating_point(
    function: str, readout: Readout | None, ratings: Ratings, points: Points
) -> tuple[float, float] | None:
    """Where the device works now, in the curve's own units; None where a value is missing."""
    if readout is None:
        return None
    volts_pct = _share(readout.voltage_v, ratings.nominal_voltage_v)
    power_pct = _share(readout.active_power_w, ratings.active_power_w)
    var_pct = _reactive_share(readout, ratings)
    x, y = {
        Function.VOLT_VAR.value: (volts_pct, var_pct),
        Function.VOLT_WATT.value: (volts_pct, power_pct),
        Function.WATT_VAR.value: (power_pct, var_pct),
        Function.FREQUENCY_WATT.value: (readout.frequency_hz, power_pct),
    }.get(function, (readout.frequency_hz, None))
    if function == Function.FREQUENCY_DROOP and x is not None:
        y = value_at(points, x)
    return None if x is None or y is None else (x, y)


def _points(setting: FunctionSetting | None, nominal_hz: float) -> Points:
    if setting is None:
        return ()
    if isinstance(setting.parameters, Curve):
        return setting.parameters.points
    if isinstance(setting.parameters, Droop):
        return _droop_points(setting.parameters, nominal_hz)
    return ()


def _droop_points(droop: Droop, nominal_hz: float) -> Points:
    """IEEE 1547-2018 6.5.2.7: power falls by the droop once the frequency leaves the dead band."""

    def change_pct(deviation_hz: float) -> float:
        dead, slope = (
            (droop.dead_band_over_hz, droop.droop_over)
            if deviation_hz > 0
            else (droop.dead_band_under_hz, droop.droop_under)
        )
        beyond = max(0.0, abs(deviation_hz) - dead)
        size = min(100.0, 100.0 * beyond / (nominal_hz * slope))
        return -size if deviation_hz > 0 else size

    knees = {-DROOP_SPAN_HZ, DROOP_SPAN_HZ, -droop.dead_band_under_hz, droop.dead_band_over_hz}
    for dead, slope, side in (
        (droop.dead_band_under_hz, droop.droop_under, -1),
        (droop.dead_band_over_hz, droop.droop_over, 1),
    ):
        full = dead + nominal_hz * slope
        knees.add(side * full)
    shown = (at for at in sorted(knees) if abs(at) <= DROOP_SPAN_HZ)
    return tuple((nominal_hz + at, change_pct(at)) for at in shown)


def _picture(
    row: SettingRow,
    shape: Shape,
    curves: tuple[Points, Points],
    nominal_hz: float,
    *,
    live: tuple[float, float] | None,
    is_stale: bool,
) -> CurvePicture:
    active, wanted = curves
    is_frequency = shape.x_label == HERTZ
    shift = nominal_hz if is_frequency else 0.0
    x, y = axes_for(
        [active, wanted, (live,) if live else ()],
        x_label=shape.x_label,
        y_label=shape.y_label,
        x_range=(shape.x_range[0] + shift, shape.x_range[1] + shift),
        y_range=shape.y_range,
    )
    is_on = bool(row.found and row.found.setting.is_enabled)
    is_same = list(active) == list(wanted)
    return CurvePicture(
        key=f"c.{row.function}",
        title=row.label,
        state=row.word,
        is_on=is_on,
        x=x,
        y=y,
        active=path_of(active, x, y),
        asked="" if is_same else path_of(wanted, x, y),
        active_dots=[(x.place(px), y.place(py)) for px, py in active],
        rows=_table(active, wanted, digits=3 if is_frequency else 1),
        response=_response(row),
        note=_note(row, active, live, (x, y), is_stale=is_stale),
        live=(x.place(live[0]), y.place(live[1])) if live else None,
        words=_words(row, active, wanted),
        is_stale=is_stale,
    )


def _table(active: Points, wanted: Points, *, digits: int) -> list[tuple[str, str, str, str]]:
    rows = []
    for i in range(max(len(active), len(wanted))):
        cells: list[str] = []
        for points in (active, wanted):
            x, y = points[i] if i < len(points) else (None, None)
            cells += [number(x, digits), number(y, 1)]
        rows.append((cells[0], cells[1], cells[2], cells[3]))
    return rows


def _note(
    row: SettingRow,
    active: Points,
    live: tuple[float, float] | None,
    axes: tuple[Axis, Axis],
    *,
    is_stale: bool,
) -> str:
    """What the curve asks for at this moment, beside what is."""
    x, y = axes
    is_on = bool(row.found and row.found.setting.is_enabled)
    if not active:
        return "Asked for, but not read from the device yet."
    if live is None:
        return "A value for the point of operation is missing."
    digits = 2 if x.label == HERTZ else 1
    when = "When it last answered" if is_stale else "Now"
    here = f"{when} {number(live[0], digits)} {_unit(x)}"
    wanted = value_at(active, live[0])
    if row.function == Function.FREQUENCY_DROOP:
        return f"{here}: it asks for a change of {number(wanted, 1)} %."
    asks = f"the curve asks for {number(wanted, 1)} %" if is_on else "the function is off"
    return f"{here}, {number(live[1], 1)} % {y.label.partition(',')[0].lower()}; {asks}."


def _unit(axis: Axis) -> str:
    return axis.label.partition(", ")[2]


def _words(row: SettingRow, active: Points, wanted: Points) -> str:
    if active and wanted and list(active) != list(wanted):
        return f"{row.label}: what the device holds differs from what it should hold."
    if active:
        return f"{row.label}: the curve the device holds, {len(active)} points."
    return f"{row.label}: the curve it should hold, {len(wanted)} points."


def _response(row: SettingRow) -> str:
    held = row.found or row.asked
    parameters = held.setting.parameters if held else None
    response_s = getattr(parameters, "response_s", None)
    return "" if response_s is None else f"within {number(response_s, 1)} s"


def _share(value: float | None, of: float | None) -> float | None:
    return None if value is None or not of else 100.0 * value / of


def _reactive_share(readout: Readout, ratings: Ratings) -> float | None:
    var = readout.reactive_power_var
    if var is None:
        return None
    of = ratings.reactive_injected_var if var >= 0 else ratings.reactive_absorbed_var
    return _share(var, of)
