"""A feeder's next 60 days as a picture: what comes on top of what is in service (IC-8)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from interconnection.screening.coming import (
    HORIZONS_DAYS,
    LAST_DAY,
    DayCapacity,
    Forecast,
    Project,
)
from interconnection.selectors.forecast import FeederForecast
from interconnection.statuses import ShiftCause, Technology

WIDTH, HEIGHT = 860.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 76.0, 16.0, 14.0, 30.0
MARKS = 4
STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of a scale with its word."""

    place: float
    word: str


@dataclass(frozen=True, slots=True)
class Picture:
    """SVG paths of steps: solar, all (the part above is batteries), and all before the changes."""

    solar: str
    total: str
    before: str
    scale: tuple[Mark, ...]
    days: tuple[Mark, ...]
    horizons: tuple[Mark, ...]
    label: str
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    top: float = TOP
    floor: float = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class Row:
    """Capacity of one technology, or of all: now, and per horizon before and after the changes."""

    name: str
    now_w: int
    horizons: tuple[tuple[int, int], ...]
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """One approved application: when it comes, and when it would have come before."""

    reference: str
    power_w: int
    expected: date | None
    was: date | None
    word: str
    is_change: bool


def rows_of(forecast: Forecast) -> tuple[Row, ...]:
    def row(name: str, of: Callable[[DayCapacity], int], *, is_total: bool = False) -> Row:
        pairs = ((of(forecast.before[n]), of(forecast.after[n])) for n in HORIZONS_DAYS)
        return Row(name, of(forecast.now), tuple(pairs), is_total)

    return (
        *(
            row(str(one.label), lambda day, key=one.value: day.power_w.get(key, 0))  # type: ignore[misc]  # default binds the loop's value
            for one in Technology
        ),
        row("All", lambda day: day.total_w, is_total=True),
    )


def day_rows(found: Iterable[FeederForecast]) -> Iterator[tuple[object, ...]]:
    """For a spreadsheet: feeder, technology, day, capacity now thought of and a month ago, in W."""
    for one in found:
        for technology in Technology:
            for in_days in (0, *HORIZONS_DAYS):
                after = one.forecast.after[in_days] if in_days else one.forecast.now
                before = one.forecast.before[in_days] if in_days else one.forecast.now
                power_w = after.power_w.get(technology.value, 0)
                was_w = before.power_w.get(technology.value, 0)
                yield (one.feeder.name, technology.value, in_days, after.day, power_w, was_w,
                       power_w - was_w)  # fmt: skip


def project_rows(one: FeederForecast) -> tuple[ProjectRow, ...]:
    """Those that moved first, then by the day on which they come."""
    moved = {change.reference: change for change in one.forecast.changes}
    rows = []
    for project in one.projects:
        change = moved.get(project.reference)
        expected = project.expected_on(one.forecast.today)
        word = _word(project, one.forecast.today)
        if change is not None:
            word = str(ShiftCause(change.cause.value).label)
        was = change.was if change else None
        rows.append(
            ProjectRow(project.reference, project.total_w, expected, was, word, change is not None)
        )
    return tuple(sorted(rows, key=lambda row: (not row.is_change, row.expected or date.max)))


def picture_of(forecast: Forecast) -> Picture | None:
    """None while nothing comes and nothing was expected to."""
    now_w, solar_now_w = forecast.now.total_w, _solar(forecast.now)
    total_w = [day.total_w - now_w for day in forecast.after]
    before_w = [day.total_w - now_w for day in forecast.before]
    highest_w = max(*total_w, *before_w)
    if not highest_w:
        return None
    step_w = _step(highest_w)
    # Room above for the words of the horizons.
    top_w = step_w * -(-highest_w // step_w) + step_w // 2

    def y(power_w: float) -> float:
        return round(HEIGHT - BOTTOM - power_w / top_w * (HEIGHT - TOP - BOTTOM), 1)

    return Picture(
        solar=_area([_solar(day) - solar_now_w for day in forecast.after], y),
        total=_area(total_w, y),
        before=_line(before_w, y) if before_w != total_w else "",
        scale=tuple(
            Mark(y(n * step_w), f"{'+' if n else ''}{n * step_w / 1000:,g} kW")
            for n in range(int(top_w / step_w) + 1)
        ),
        days=tuple(
            Mark(_x(n), f"{forecast.after[n].day:%-d %b}") for n in range(0, LAST_DAY + 1, 10)
        ),
        horizons=tuple(Mark(_x(n), f"in {n} days") for n in HORIZONS_DAYS),
        label=_label(forecast),
    )


def _solar(day: DayCapacity) -> int:
    return day.power_w.get(Technology.PHOTOVOLTAIC, 0)


def _word(project: Project, today: date) -> str:
    if not project.stated:
        return "No date stated"
    return "As planned" if project.expected_on(today) else "Overdue for more than a month"


def _label(forecast: Forecast) -> str:
    parts = [
        f"in {n} days {forecast.after[n].total_w / 1000:,.1f} kW"
        f" ({forecast.before[n].total_w / 1000:,.1f} kW before the changes)"
        for n in HORIZONS_DAYS
    ]
    return f"Capacity in service: today {forecast.now.total_w / 1000:,.1f} kW, " + ", ".join(parts)


def _x(day: int) -> float:
    return round(LEFT + day / LAST_DAY * (WIDTH - LEFT - RIGHT), 1)


def _line(watts: Sequence[float], y: Callable[[float], float]) -> str:
    """Steps: what a day adds stands from that day on."""
    path = f"M{_x(0)} {y(watts[0])}"
    for day, power_w in enumerate(watts[1:], start=1):
        if power_w != watts[day - 1]:
            path += f"H{_x(day)}V{y(power_w)}"
    return f"{path}H{_x(LAST_DAY)}"


def _area(watts: Sequence[float], y: Callable[[float], float]) -> str:
    return f"{_line(watts, y)}V{y(0)}H{_x(0)}Z"


def _step(highest_w: float) -> int:
    """A round step that needs at most a few marks."""
    power_w = 1
    while True:
        for factor in STEPS:
            if factor * power_w * MARKS >= highest_w:
                return max(1, int(factor * power_w))
        power_w *= 10
