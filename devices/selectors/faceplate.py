"""A device's values now, each on its scale of ratings and limits, with age and quality."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import hypot
from typing import Any

from derms.ui.formats import number, scaled
from derms.ui.scales import Scale
from devices.capabilities import Function, Quality
from devices.models import Device, DeviceCommand, LatestReading
from devices.selectors.faces import WORDS
from devices.selectors.fleet import is_stale
from devices.selectors.ratings import Ratings, nominal_frequency_hz

USABLE = frozenset({Quality.GOOD, Quality.SUBSTITUTED})
# ANSI C84.1 range A at the service; frequency as continuous operation of IEEE 1547-2018 6.5.2.
NORMAL_PU, DRAWN_PU = (0.95, 1.05), (0.85, 1.15)
NORMAL_HZ, DRAWN_HZ = (1.2, 1.2), 2.0
STATES: Mapping[str, str] = {
    "off": "Off",
    "sleeping": "Asleep",
    "starting": "Starting",
    "producing": "Producing",
    "throttled": "Held back",
    "shutting_down": "Shutting down",
    "fault": "Fault",
    "standby": "Standing by",
    "unknown": "",
}


@dataclass(frozen=True, slots=True)
class Readout:
    """The newest values, from the database or from a gateway's push."""

    measured_at: datetime
    active_power_w: float | None = None
    reactive_power_var: float | None = None
    voltage_v: float | None = None
    frequency_hz: float | None = None
    state_of_charge_pct: float | None = None
    energy_injected_wh: float | None = None
    energy_absorbed_wh: float | None = None
    operating_state: str = "unknown"
    quality: Quality = Quality.BAD
    reason: str = ""
    alarm_bits: int = 0

    def quality_at(self, at: datetime, poll_period_s: float) -> Quality:
        if self.quality in USABLE and is_stale(self.measured_at, at, poll_period_s=poll_period_s):
            return Quality.STALE
        return self.quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """One value on its scale. Live keys: `<key>` text, `<key>.x` place, `<key>.s` state."""

    key: str
    label: str
    text: str
    unit: str
    note: str
    scale: Scale | None = None
    cap_pct: float | None = None
    state: str = ""

    @property
    def zero_pct(self) -> float | None:
        """Where zero lies, for scales that go both ways."""
        if self.scale is None or not self.scale.start < 0 < self.scale.end:
            return None
        return self.scale.place_pct(0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faceplate:
    """`word` and `kind` say how communication is; `limit_s` from which age values are old."""

    readout: Readout | None
    quality: Quality | None
    word: str
    kind: str
    reason: str
    state: str
    limit_s: int
    dials: tuple[Dial, ...]

    @property
    def is_usable(self) -> bool:
        return self.quality in USABLE


def readout_of(latest: LatestReading | None) -> Readout | None:
    if latest is None:
        return None
    return Readout(
        measured_at=latest.measured_at,
        active_power_w=latest.active_power_w,
        reactive_power_var=latest.reactive_power_var,
        voltage_v=latest.voltage_v,
        frequency_hz=latest.frequency_hz,
        state_of_charge_pct=latest.state_of_charge_pct,
        energy_injected_wh=latest.energy_injected_wh,
        energy_absorbed_wh=latest.energy_absorbed_wh,
        operating_state=latest.operating_state,
        quality=Quality(latest.quality),
        reason=latest.reason,
        alarm_bits=latest.alarm_bits,
    )


def pushed_over(before: Readout | None, said: Mapping[str, Any]) -> Readout | None:
    """One entry of the `readings` topic over what was known; counters come with the database."""
    if "at" not in said:
        return replace(before, quality=Quality(said["q"])) if before else None
    known = before or Readout(datetime.fromtimestamp(0, UTC))
    return replace(
        known,
        measured_at=datetime.fromtimestamp(said["at"] / 1_000, UTC),
        active_power_w=said.get("w"),
        reactive_power_var=said.get("var"),
        voltage_v=said.get("v"),
        frequency_hz=said.get("hz"),
        state_of_charge_pct=said.get("soc"),
        operating_state=said.get("state") or "unknown",
        quality=Quality(said.get("q", "bad")),
        reason="",
    )


def faceplate_of(
    device: Device,
    readout: Readout | None,
    ratings: Ratings,
    held: Sequence[DeviceCommand],
    at: datetime,
) -> Faceplate:
    """`held` are the commands in force: a limit is drawn on the scale of the power."""
    limit_s = max(10, round(3 * device.poll_period_s))
    if readout is None:
        return Faceplate(
            readout=None, quality=None, word="Never answered", kind="bad",
            reason="It has not answered yet.", state="", limit_s=limit_s, dials=(),
        )  # fmt: skip
    quality = readout.quality_at(at, device.poll_period_s)
    word, kind = WORDS[quality]
    reason = readout.reason
    if not reason and quality is Quality.STALE:
        reason = "No gateway brings its values."
    return Faceplate(
        readout=readout,
        quality=quality,
        word=word,
        kind=kind,
        reason=reason,
        state=_doing(device, readout),
        limit_s=limit_s,
        dials=_dials(device, readout, ratings, held, is_usable=quality in USABLE),
    )


def _doing(device: Device, readout: Readout) -> str:
    """What it does, in a word; of a battery the way the power goes."""
    power_w = readout.active_power_w or 0.0
    if device.kind == Device.Kind.BATTERY and readout.operating_state == "producing" and power_w:
        return "Charging" if power_w < 0 else "Discharging"
    return STATES.get(readout.operating_state, readout.operating_state)


def _dials(
    device: Device,
    readout: Readout,
    ratings: Ratings,
    held: Sequence[DeviceCommand],
    *,
    is_usable: bool,
) -> tuple[Dial, ...]:
    dials = (
        _power(device, readout, ratings, held),
        _reactive(readout, ratings),
        _apparent(device, readout, ratings),
        _voltage(readout, ratings),
        _frequency(readout),
        _charge(readout, ratings),
        *_counters(readout),
    )
    shown = [dial for dial in dials if dial is not None]
    return tuple(shown if is_usable else (replace(dial, state="none") for dial in shown))


def _power(
    device: Device, readout: Readout, ratings: Ratings, held: Sequence[DeviceCommand]
) -> Dial:
    caps = [
        c.value_w
        for c in held
        if c.function in {Function.LIMIT_ACTIVE_POWER, Function.SET_ACTIVE_POWER}
        and c.value_w is not None
    ]
    highest = ratings.highest_w
    scale = None
    if highest and device.kind != Device.Kind.METER:
        scale = Scale(ratings.lowest_w, highest, value=readout.active_power_w)
    note = "feeding the grid is positive"
    if scale is not None:
        note = f"rated {scaled(highest, unit='W')}"
        if ratings.charge_w:
            note = f"{scaled(ratings.lowest_w, unit='W')} to {scaled(highest, unit='W')}"
    if caps:
        note = f"held to {scaled(min(caps), unit='W')}; {note}"
    return Dial(
        key="w",
        label="Active power",
        text=kilo_text(readout.active_power_w),
        unit="kW",
        note=note,
        scale=scale,
        cap_pct=scale.place_pct(min(caps)) if scale and caps else None,
    )


def _reactive(readout: Readout, ratings: Ratings) -> Dial | None:
    if readout.reactive_power_var is None:
        return None
    absorbed, injected = ratings.reactive_absorbed_var, ratings.reactive_injected_var
    scale = None
    note = "injected is positive"
    if absorbed and injected:
        scale = Scale(-absorbed, injected, value=readout.reactive_power_var)
        note = f"{scaled(-absorbed, unit='var')} to {scaled(injected, unit='var')}"
    return Dial(
        key="var", label="Reactive power", text=kilo_text(readout.reactive_power_var),
        unit="kvar", note=note, scale=scale,
    )  # fmt: skip


def _apparent(device: Device, readout: Readout, ratings: Ratings) -> Dial | None:
    va = apparent_va(readout)
    if va is None or device.kind == Device.Kind.METER:
        return None
    scale = None
    if ratings.apparent_power_va:
        scale = Scale(0.0, ratings.apparent_power_va, value=va)
    rated = scaled(ratings.apparent_power_va, unit="VA")
    return Dial(
        key="va", label="Apparent power", text=kilo_text(va), unit="kVA",
        note=f"rated {rated}, calculated" if scale else "calculated", scale=scale,
    )  # fmt: skip


def _voltage(readout: Readout, ratings: Ratings) -> Dial | None:
    if readout.voltage_v is None:
        return None
    nominal = ratings.nominal_voltage_v
    scale, state, note = None, "", "line to neutral"
    if nominal:
        low, high = (share * nominal for share in NORMAL_PU)
        scale = Scale(
            DRAWN_PU[0] * nominal, DRAWN_PU[1] * nominal, low, high, value=readout.voltage_v
        )
        state = "" if low <= readout.voltage_v <= high else "warn"
        note = f"{number(100 * readout.voltage_v / nominal, 1)} % of {number(nominal)} V"
    return Dial(
        key="v", label="Voltage", text=number(readout.voltage_v, 1), unit="V", note=note,
        scale=scale, state=state,
    )  # fmt: skip


def _frequency(readout: Readout) -> Dial | None:
    if readout.frequency_hz is None:
        return None
    nominal = nominal_frequency_hz(readout.frequency_hz)
    low, high = nominal - NORMAL_HZ[0], nominal + NORMAL_HZ[1]
    return Dial(
        key="hz",
        label="Frequency",
        text=number(readout.frequency_hz, 3),
        unit="Hz",
        note=f"nominal {number(nominal)} Hz",
        scale=Scale(nominal - DRAWN_HZ, nominal + DRAWN_HZ, low, high, value=readout.frequency_hz),
        state="" if low <= readout.frequency_hz <= high else "warn",
    )


def _charge(readout: Readout, ratings: Ratings) -> Dial | None:
    if readout.state_of_charge_pct is None:
        return None
    stored = ""
    if ratings.energy_wh:
        held_wh = ratings.energy_wh * readout.state_of_charge_pct / 100
        stored = f"{scaled(held_wh, unit='Wh')} of {scaled(ratings.energy_wh, unit='Wh')}"
    return Dial(
        key="soc", label="State of charge", text=number(readout.state_of_charge_pct, 1), unit="%",
        note=stored or "of its capacity", scale=Scale(0, 100, value=readout.state_of_charge_pct),
    )  # fmt: skip


def _counters(readout: Readout) -> tuple[Dial, ...]:
    counters = (
        ("in", "Energy injected", readout.energy_injected_wh),
        ("out", "Energy absorbed", readout.energy_absorbed_wh),
    )
    return tuple(
        Dial(key=key, label=label, text=number(wh / 1_000, 1), unit="kWh", note="counter")
        for key, label, wh in counters
        if wh is not None
    )


def kilo_text(value: float | None) -> str:
    return number(None if value is None else value / 1_000, 2)


def apparent_va(readout: Readout) -> float | None:
    if readout.active_power_w is None or readout.reactive_power_var is None:
        return None
    return hypot(readout.active_power_w, readout.reactive_power_var)
