"""A device as a person looks at it: its state in one word, and each value with its age."""

from dataclasses import dataclass
from datetime import datetime

from devices.capabilities import Quality
from devices.models import Device, LatestReading
from devices.selectors.fleet import is_stale, quality_now

WORDS = {
    Quality.GOOD: ("Communicating", "active"),
    Quality.SUBSTITUTED: ("Communicating", "active"),
    Quality.STALE: ("Not answering", "bad"),
    Quality.BAD: ("Answers wrongly", "bad"),
}


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a face-plate."""

    label: str
    value: float | None
    unit: str


@dataclass(frozen=True, slots=True)
class Face:
    """`word` and `kind` say how communication is; `limit_s` from which age values are old."""

    device: Device
    latest: LatestReading | None
    quality: Quality | None
    word: str
    kind: str
    reason: str
    limit_s: int
    values: tuple[Value, ...]


def face_of(device: Device, at: datetime) -> Face:
    latest: LatestReading | None = getattr(device, "latest", None)
    limit_s = max(10, round(3 * device.poll_period_s))
    if latest is None:
        word, kind = "Never answered", "bad"
        return Face(device, None, None, word, kind, "It has not answered yet.", limit_s, ())
    quality = quality_now(latest, at, poll_period_s=device.poll_period_s)
    word, kind = WORDS[quality]
    reason = latest.reason
    if not reason and is_stale(latest.measured_at, at, poll_period_s=device.poll_period_s):
        reason = "No gateway brings its values."
    values = (
        Value("Active power", latest.active_power_w, "W"),
        Value("Reactive power", latest.reactive_power_var, "var"),
        Value("Voltage", latest.voltage_v, "V"),
        Value("Frequency", latest.frequency_hz, "Hz"),
        Value("State of charge", latest.state_of_charge_pct, "%"),
        Value("Energy injected", latest.energy_injected_wh, "Wh"),
        Value("Energy absorbed", latest.energy_absorbed_wh, "Wh"),
    )
    return Face(device, latest, quality, word, kind, reason, limit_s, values)
