"""What a device keeps without power, and how it starts with it.

Settings and adopted curves are kept. Set-points, limits and everything a timer was running for
are volatile: the device starts without them, as delivered.
"""

from typing import Any

from simulators.maps.registers import Registers

KEPT_MODELS = (
    1, 121, 126, 127, 129, 130, 132, 134, 135, 136, 702, 703, *range(705, 713), 802,
)  # fmt: skip
KEPT_POINTS = (
    (123, "Conn"), (124, "WChaMax"), (124, "WChaGra"), (124, "WDisChaGra"), (124, "MinRsvPct"),
    (704, "WRmp"), (704, "VarRmp"), (704, "AntiIslEna"), (715, "LocRemCtl"), (715, "OpCtl"),
)  # fmt: skip


def snapshot(registers: Registers) -> dict[str, Any]:
    """Whole models as hexadecimal registers, single points of the others as numbers."""
    models = {
        str(model): bytes(registers.image[start:end]).hex()
        for model in KEPT_MODELS
        if (place := _span(registers, model))
        for start, end in (place,)
    }
    points = {
        f"{model}.{name}": value
        for model, name in KEPT_POINTS
        if (value := registers.get(model, name)) is not None
    }
    return {"models": models, "points": points}


def restore(registers: Registers, kept: dict[str, Any]) -> None:
    """Put a snapshot back; a model that has another length now is left as delivered."""
    for model, words in kept["models"].items():
        place = _span(registers, int(model))
        raw = bytes.fromhex(words)
        if place and place[1] - place[0] == len(raw):
            registers.image[place[0] : place[1]] = raw
    for name, value in kept["points"].items():
        model, _, point = name.partition(".")
        if (int(model), point) in registers.layout.points:
            registers.set(int(model), point, value)


def _span(registers: Registers, model: int) -> tuple[int, int] | None:
    """First and last byte of a model's registers."""
    head, length = (registers.layout.points.get((model, name)) for name in ("ID", "L"))
    if head is None or length is None:
        return None
    own = [p for (m, _), p in registers.layout.points.items() if m == model]
    last = max(point.offset + point.size for point in own)
    return 2 * head.offset, 2 * last
