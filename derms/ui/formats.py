"""How quantities are written on screens: true minus, fixed digits, units always (pure)."""

from derms.lib import words

MINUS = words.MINUS
NARROW = "\N{NO-BREAK SPACE}"
ABSENT = words.ABSENT
_POWER = ((1_000_000.0, "MW"), (1_000.0, "kW"), (1.0, "W"))
_AGES_S = ((120, 1, "s"), (7_200, 60, "min"), (172_800, 3_600, "h"))
_DAY_S = 86_400


def number(value: float | None, digits: int = 0, *, signed: bool = False) -> str:
    """Grouped by thousands, with a true minus; a missing value is a dash, never a zero."""
    return ABSENT if value is None else words.number(value, digits, signed=signed)


def scaled(value: float | None, *, unit: str) -> str:
    """A quantity in base units with the prefix that leaves three significant digits."""
    if value is None:
        return ABSENT
    for factor, prefixed in _prefixes(unit):
        if abs(value) >= factor:
            size = abs(value) / factor
            digits = 0 if factor == 1.0 else 2 if size < 10 else 1 if size < 100 else 0
            return f"{number(value / factor, digits)}{NARROW}{prefixed}"
    return f"{number(value)}{NARROW}{unit}"


def _prefixes(unit: str) -> tuple[tuple[float, str], ...]:
    return tuple((factor, prefixed[:-1] + unit) for factor, prefixed in _POWER)


def age(seconds: float | None) -> str:
    """An age a person reads at a glance."""
    if seconds is None:
        return words.say("never")
    whole = max(0, round(seconds))
    for limit_s, divisor, unit in _AGES_S:
        if whole < limit_s:
            return f"{round(whole / divisor)}{NARROW}{unit}"
    return f"{round(whole / _DAY_S)}{NARROW}d"
