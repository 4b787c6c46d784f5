"""What a technician does on site for each kind of field order (CS-6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TICK, NUMBER, WORDS = "tick", "number", "words"
WORDS_MAX = 300


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a checklist: a tick, a measured number or a few words."""

    key: str
    label: str
    kind: str = TICK
    unit: str = ""
    is_required: bool = True


SAFE = Line(key="safe", label="The place is safe to work at")
READING = Line(key="reading", label="Meter reading", kind=NUMBER, unit="kWh")
SEAL = Line(key="seal", label="Meter sealed, number of the seal", kind=WORDS)
VOLTAGE = Line(key="voltage", label="Voltage at the meter", kind=NUMBER, unit="V")
CHECKLISTS: dict[str, tuple[Line, ...]] = {
    "connection": (
        SAFE,
        Line(key="installation", label="Installation looked at, nothing is open or damaged"),
        VOLTAGE,
        READING,
        SEAL,
        Line(key="on", label="Service is on"),
    ),
    "disconnection": (
        SAFE,
        Line(key="nobody", label="Nobody depends on the supply"),
        READING,
        Line(key="off", label="Service is off, no voltage behind the meter"),
        SEAL,
    ),
    "power_quality": (
        SAFE,
        VOLTAGE,
        Line(key="lowest", label="Lowest voltage seen", kind=NUMBER, unit="V", is_required=False),
        Line(key="highest", label="Highest voltage seen", kind=NUMBER, unit="V", is_required=False),
        Line(key="joints", label="Connections and neutral looked at"),
        Line(key="recorder", label="Recorder left behind, number", kind=WORDS, is_required=False),
    ),
    "high_bill": (
        SAFE,
        READING,
        Line(key="meter", label="Meter tested with a known load"),
        Line(key="loads", label="Large loads that were found", kind=WORDS, is_required=False),
    ),
    "meter_work": (
        SAFE,
        READING,
        Line(key="new_meter", label="Number of the new meter", kind=WORDS, is_required=False),
        Line(
            key="new_reading",
            label="Reading of the new meter",
            kind=NUMBER,
            unit="kWh",
            is_required=False,
        ),
        SEAL,
    ),
    "der_trouble": (
        SAFE,
        Line(key="label", label="Maker, model and serial number on the label", kind=WORDS),
        Line(key="display", label="What the device's display says", kind=WORDS, is_required=False),
        Line(key="network", label="Its network connection was looked at"),
        Line(key="runs", label="It runs and answers again", is_required=False),
    ),
    "construction": (
        SAFE,
        Line(key="as_planned", label="Built as Engineering planned"),
        Line(key="tested", label="Insulation and earth tested"),
        VOLTAGE,
        Line(key="tidy", label="The place is tidy again"),
    ),
}  # fmt: skip


def checklist_of(kind: str) -> tuple[Line, ...]:
    return CHECKLISTS.get(kind, (SAFE,))


def check_line(line: Line, answer: str) -> str:
    """What is wrong with an answer, in words; an empty one is only missing, not wrong."""
    if line.kind == NUMBER and answer:
        try:
            number = float(answer.replace(",", "."))
        except ValueError:
            return f"Type {line.label.lower()} as a number."
        if not 0 <= number < 1e9:
            return f"{line.label} cannot be {answer}."
    if len(answer) > WORDS_MAX:
        return f"Use at most {WORDS_MAX} characters."
    return ""


def left(lines: Sequence[Line], answers: Mapping[str, str]) -> list[str]:
    """Labels of the lines that keep an order from being finished."""
    return [line.label for line in lines if line.is_required and not answers.get(line.key)]
