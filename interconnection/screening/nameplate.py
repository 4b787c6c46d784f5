"""Whether a nameplate can be true, in words for each field of IEEE 1547-2018, Table 28."""

from dataclasses import dataclass, fields
from decimal import Decimal

from derms.lib.words import number, say

POWER_MAX = 20_000_000  # W, VA or var: more is not one unit at a service point
ENERGY_MAX_WH = 200_000_000
VOLTAGE_MIN_V, VOLTAGE_MAX_V = 50, 50_000
DC_RATIO_MAX = 5
CHARGE_FIELDS = (
    "active_power_charge_max_rating_w",
    "apparent_power_charge_max_rating_va",
    "energy_capacity_wh",
)
POWER_FIELDS = (
    "active_power_rating_at_unity_power_factor_w",
    "active_power_rating_at_specified_over_excited_power_factor_w",
    "active_power_rating_at_specified_under_excited_power_factor_w",
    "apparent_power_max_rating_va",
    "reactive_power_injected_max_rating_var",
    "reactive_power_absorbed_max_rating_var",
    "active_power_charge_max_rating_w",
    "apparent_power_charge_max_rating_va",
    "dc_rating_w",
)
FieldErrors = dict[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class UnitValues:
    """One DER unit as somebody registers it; quantities by the names of Table 28."""

    technology: str
    manufacturer: str
    model: str
    serial_number: str
    version: str
    active_power_rating_at_unity_power_factor_w: int
    apparent_power_max_rating_va: int
    reactive_power_injected_max_rating_var: int
    reactive_power_absorbed_max_rating_var: int
    normal_operating_performance_category: str
    abnormal_operating_performance_category: str
    ac_voltage_nominal_rating_v: int
    ac_voltage_maximum_rating_v: int
    ac_voltage_minimum_rating_v: int
    active_power_rating_at_specified_over_excited_power_factor_w: int | None = None
    specified_over_excited_power_factor: Decimal | None = None
    active_power_rating_at_specified_under_excited_power_factor_w: int | None = None
    specified_under_excited_power_factor: Decimal | None = None
    active_power_charge_max_rating_w: int | None = None
    apparent_power_charge_max_rating_va: int | None = None
    energy_capacity_wh: int | None = None
    dc_rating_w: int | None = None


NAMEPLATE_FIELDS = tuple(field.name for field in fields(UnitValues))


def check_nameplate(unit: UnitValues) -> FieldErrors:
    """Everything that cannot be true, by field; empty when the nameplate can be."""
    errors: FieldErrors = {}
    for check in (_check_names, _check_amounts, _check_powers, _check_storage, _check_voltages):
        for field, words in check(unit):
            errors.setdefault(field, []).append(words)
    return errors


Findings = list[tuple[str, str]]


def _check_names(unit: UnitValues) -> Findings:
    found: Findings = [
        (field, words)
        for field, words in (
            ("manufacturer", say("Say who made the unit.")),
            ("model", say("Say which model the unit is.")),
        )
        if not getattr(unit, field).strip()
    ]
    if unit.normal_operating_performance_category not in {"A", "B"}:
        words = say("Choose category A or B; the maker's data sheet says which.")
        found.append(("normal_operating_performance_category", words))
    if unit.abnormal_operating_performance_category not in {"I", "II", "III"}:
        words = say("Choose category I, II or III; the maker's data sheet says which.")
        found.append(("abnormal_operating_performance_category", words))
    return found


def _check_amounts(unit: UnitValues) -> Findings:
    found: Findings = []
    for field in (*POWER_FIELDS, "energy_capacity_wh"):
        amount: int | None = getattr(unit, field)
        most = ENERGY_MAX_WH if field == "energy_capacity_wh" else POWER_MAX
        if amount is None:
            continue
        if amount < 0:
            found.append((field, say("This cannot be below zero.")))
        elif amount > most:
            unit_word = "kWh" if field == "energy_capacity_wh" else "kW"
            words = say(
                "More than {most} {unit} is not one unit. Check the decimal point.",
                most=most // 1000,
                unit=unit_word,
            )
            found.append((field, words))
    if unit.active_power_rating_at_unity_power_factor_w == 0:
        found.append(
            ("active_power_rating_at_unity_power_factor_w", say("This must be above zero."))
        )
    return found


def _check_powers(unit: UnitValues) -> Findings:
    found: Findings = []
    power_va = unit.apparent_power_max_rating_va
    power_w = unit.active_power_rating_at_unity_power_factor_w
    if power_va < power_w:
        words = say(
            "The apparent power ({apparent} kVA) cannot be smaller than the active "
            "power ({active} kW). They are equal when the unit runs at unity power "
            "factor.",
            apparent=kilo(power_va),
            active=kilo(power_w),
        )
        found.append(("apparent_power_max_rating_va", words))
    found += [
        (
            field,
            say(
                "Reactive power cannot be larger than the apparent power ({apparent} kVA).",
                apparent=kilo(power_va),
            ),
        )
        for field in (
            "reactive_power_injected_max_rating_var",
            "reactive_power_absorbed_max_rating_var",
        )
        if getattr(unit, field) > power_va
    ]
    for side in ("over", "under"):
        found += _check_excited(unit, side, power_va)
    return found


def _check_excited(unit: UnitValues, side: str, power_va: int) -> Findings:
    rating = f"active_power_rating_at_specified_{side}_excited_power_factor_w"
    factor = f"specified_{side}_excited_power_factor"
    power_w: int | None = getattr(unit, rating)
    power_factor: Decimal | None = getattr(unit, factor)
    if (power_w is None) != (power_factor is None):
        missing = rating if power_w is None else factor
        return [(missing, say("Give both the active power and its power factor, or neither."))]
    if power_w is None or power_factor is None:
        return []
    if not power_factor.is_finite() or not 0 < power_factor <= 1:
        return [(factor, say("A power factor lies above 0 and is at most 1."))]
    if power_w > power_va:
        return [
            (
                rating,
                say(
                    "This cannot be larger than the apparent power ({apparent} kVA).",
                    apparent=kilo(power_va),
                ),
            )
        ]
    return []


def _check_storage(unit: UnitValues) -> Findings:
    if unit.technology != "battery":
        return [
            (field, say("Only a battery charges. Leave this empty, or choose battery storage."))
            for field in CHARGE_FIELDS
            if getattr(unit, field) is not None
        ] + _check_dc(unit)
    found: Findings = [
        (field, say("A battery needs {what} above zero.", what=what))
        for field, what in (
            ("energy_capacity_wh", say("an energy capacity")),
            ("active_power_charge_max_rating_w", say("a charging power")),
        )
        if not getattr(unit, field)
    ]
    charge_w, charge_va = (
        unit.active_power_charge_max_rating_w,
        unit.apparent_power_charge_max_rating_va,
    )
    if charge_w is not None and charge_va is not None and charge_va < charge_w:
        words = say("The apparent charging power cannot be smaller than the active charging power.")
        found.append(("apparent_power_charge_max_rating_va", words))
    if unit.dc_rating_w is not None:
        found.append(
            ("dc_rating_w", say("Only solar modules have this. Leave it empty for a battery."))
        )
    return found


def _check_dc(unit: UnitValues) -> Findings:
    most_w = DC_RATIO_MAX * unit.active_power_rating_at_unity_power_factor_w
    if unit.dc_rating_w is not None and unit.dc_rating_w > most_w:
        words = say(
            "More than {times} times the inverter's power. Check the decimal point.",
            times=DC_RATIO_MAX,
        )
        return [("dc_rating_w", words)]
    return []


def _check_voltages(unit: UnitValues) -> Findings:
    names = tuple(f"ac_voltage_{which}_rating_v" for which in ("minimum", "nominal", "maximum"))
    found: Findings = [
        (
            name,
            say(
                "A voltage between {lowest} and {highest} V is expected.",
                lowest=VOLTAGE_MIN_V,
                highest=VOLTAGE_MAX_V,
            ),
        )
        for name in names
        if not VOLTAGE_MIN_V <= getattr(unit, name) <= VOLTAGE_MAX_V
    ]
    if unit.ac_voltage_minimum_rating_v > unit.ac_voltage_nominal_rating_v:
        found.append((names[0], say("The lowest voltage cannot be above the usual voltage.")))
    if unit.ac_voltage_maximum_rating_v < unit.ac_voltage_nominal_rating_v:
        found.append((names[2], say("The highest voltage cannot be below the usual voltage.")))
    return found


def kilo(power: float) -> str:
    """Thousands with the digits that are there, and the reader's decimal point."""
    return number(Decimal(f"{power / 1000:g}"))
