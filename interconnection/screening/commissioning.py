"""Whether an installed unit is the one that was approved: what it reports against the record."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What one line of the comparison says."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_REPORTED = "not_reported"


@dataclass(frozen=True, slots=True)
class Tolerances:
    """How far a reported rating may lie from the registered one, in shares of the latter."""

    active_power: float = 0.01
    apparent_power: float = 0.01
    reactive_power: float = 0.05
    charge_power: float = 0.02
    energy: float = 0.05


@dataclass(frozen=True, slots=True)
class RegisteredUnit:
    """What the application says about a unit; None where it says nothing."""

    manufacturer: str
    model: str
    serial_number: str
    active_power_w: int
    apparent_power_va: int
    reactive_power_injected_var: int
    reactive_power_absorbed_var: int
    charge_power_w: int | None = None
    energy_capacity_wh: int | None = None
    must_be_controllable: bool = False


@dataclass(frozen=True, slots=True)
class ReportedDevice:
    """What the device says about itself; None where it says nothing."""

    manufacturer: str
    model: str
    serial_number: str
    version: str = ""
    active_power_w: float | None = None
    apparent_power_va: float | None = None
    reactive_power_injected_var: float | None = None
    reactive_power_absorbed_var: float | None = None
    charge_power_w: float | None = None
    energy_capacity_wh: float | None = None
    is_controllable: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the comparison; `tolerance_pct` is None where only equality will do."""

    key: str
    label: str
    unit: str
    registered: str | float | None
    reported: str | float | None
    tolerance_pct: float | None
    verdict: Verdict
    blocks: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """All lines; passes when none of them blocks."""

    lines: tuple[Line, ...]

    @property
    def passes(self) -> bool:
        return not any(line.blocks for line in self.lines)

    @property
    def reason(self) -> str:
        """What blocks and what to do now; empty when it passes."""
        blocking = [line.reason for line in self.lines if line.blocks]
        if not blocking:
            return ""
        return " ".join(
            [
                *blocking,
                "Check that this is the unit of this application and the right Modbus address. "
                "If another unit was installed, ask customer service to change the application.",
            ]
        )


def compare(
    registered: RegisteredUnit, reported: ReportedDevice, tolerances: Tolerances
) -> Comparison:
    """Identity must be equal; ratings must lie within tolerance, reactive power at least there.

    A device that does not say its identity or its active power rating blocks; other figures that
    it leaves out are named and do not block.
    """
    return Comparison(
        (
            _words("manufacturer", "Manufacturer", registered.manufacturer, reported.manufacturer),
            _words("model", "Model", registered.model, reported.model),
            _words("serial_number", "Serial number", registered.serial_number,
                   reported.serial_number),
            _figure("active_power", "Active power rating", "W", tolerances.active_power,
                    (registered.active_power_w, reported.active_power_w), must_report=True),
            _figure("apparent_power", "Apparent power rating", "VA", tolerances.apparent_power,
                    (registered.apparent_power_va, reported.apparent_power_va)),
            _figure("reactive_injected", "Reactive power, injected", "var",
                    tolerances.reactive_power,
                    (registered.reactive_power_injected_var, reported.reactive_power_injected_var),
                    more_is_fine=True),
            _figure("reactive_absorbed", "Reactive power, absorbed", "var",
                    tolerances.reactive_power,
                    (registered.reactive_power_absorbed_var, reported.reactive_power_absorbed_var),
                    more_is_fine=True),
            *_storage(registered, reported, tolerances),
            *_control(registered, reported),
        )
    )  # fmt: skip


def _storage(
    registered: RegisteredUnit, reported: ReportedDevice, tolerances: Tolerances
) -> tuple[Line, ...]:
    if registered.energy_capacity_wh is None:
        return ()
    return (
        _figure("charge_power", "Charging power rating", "W", tolerances.charge_power,
                (registered.charge_power_w, reported.charge_power_w)),
        _figure("energy_capacity", "Storage capacity", "Wh", tolerances.energy,
                (registered.energy_capacity_wh, reported.energy_capacity_wh)),
    )  # fmt: skip


def _control(registered: RegisteredUnit, reported: ReportedDevice) -> tuple[Line, ...]:
    if not registered.must_be_controllable:
        return ()
    found = reported.is_controllable
    reason = "" if found else "The tariff requires control, and the device offers no power limit."
    said = "power limit offered" if found else "none offered"
    verdict = Verdict.SAME if found else Verdict.DIFFERENT
    return (
        Line("control", "Remote control", "", "power limit required", said, None, verdict,
             not found, reason),
    )  # fmt: skip


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _words(key: str, label: str, registered: str, reported: str) -> Line:
    if not reported.strip():
        verdict, reason = Verdict.NOT_REPORTED, f"The device does not report its {label.lower()}."
    elif _plain(registered) == _plain(reported):
        verdict, reason = Verdict.SAME, ""
    else:
        verdict = Verdict.DIFFERENT
        said = registered.strip() or "nothing"
        reason = f"{label}: registered {said}, the device reports {reported.strip()}."
    blocks = verdict != Verdict.SAME
    return Line(key, label, "", registered, reported, None, verdict, blocks, reason)


def _figure(
    key: str,
    label: str,
    unit: str,
    tolerance: float,
    figures: tuple[float | None, float | None],
    *,
    must_report: bool = False,
    more_is_fine: bool = False,
) -> Line:
    registered, reported = figures
    tolerance_pct = 100 * tolerance
    if reported is None or registered is None:
        verdict, blocks = Verdict.NOT_REPORTED, must_report
        reason = f"The device does not report its {label.lower()}."
        if not must_report:
            reason += " Read it from the type plate."
    elif abs(reported - registered) <= tolerance * registered or (
        more_is_fine and reported > registered
    ):
        verdict, blocks, reason = Verdict.SAME, False, ""
    else:
        verdict, blocks = Verdict.DIFFERENT, True
        reason = (
            f"{label}: registered {_kilo(registered)} k{unit}, the device reports "
            f"{_kilo(reported)} k{unit}; at most {tolerance_pct:g} % apart would pass."
        )
    return Line(key, label, unit, registered, reported, tolerance_pct, verdict, blocks, reason)


def _kilo(amount: float) -> str:
    return f"{amount / 1000:,.3f}".rstrip("0").rstrip(".")
