"""Planning what to write for a request: pure arithmetic on a device's settings."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from devices.capabilities import (
    Compare,
    ControlRequest,
    ControlState,
    Function,
    LocalControl,
    NotSupported,
    OutOfRange,
    RegisterWrite,
    WritePlan,
)
from devices.sunspec.codec import SCALES
from devices.sunspec.quirks.quirk import Quirks
from devices.sunspec.settings import Settings, point_of

CHARGE_AND_DISCHARGE = 3
WATTS, PERCENT = 1, 0
CTRL_MODE_BITS = {Function.LIMIT_ACTIVE_POWER: 0, Function.SET_ACTIVE_POWER: 1}


@dataclass(frozen=True, slots=True)
class Block:
    """The neighbouring points of one function in one model, written together."""

    function: Function
    model: int
    points: tuple[str, ...]
    enable: str
    value: str
    timer: str = ""
    remaining: str = ""
    ramp: str = ""
    timer_counts_down: bool = False


LIMIT_704 = Block(
    Function.LIMIT_ACTIVE_POWER, 704,
    ("WMaxLimPctEna", "WMaxLimPct", "WMaxLimPctRvrt", "WMaxLimPctEnaRvrt", "WMaxLimPctRvrtTms"),
    enable="WMaxLimPctEna", value="WMaxLimPct", timer="WMaxLimPctRvrtTms",
    remaining="WMaxLimPctRvrtRem",
)  # fmt: skip
LIMIT_123 = Block(
    Function.LIMIT_ACTIVE_POWER, 123,
    ("WMaxLimPct", "WMaxLimPct_WinTms", "WMaxLimPct_RvrtTms", "WMaxLimPct_RmpTms", "WMaxLim_Ena"),
    enable="WMaxLim_Ena", value="WMaxLimPct", timer="WMaxLimPct_RvrtTms",
    ramp="WMaxLimPct_RmpTms", timer_counts_down=True,
)  # fmt: skip
SET_704 = Block(
    Function.SET_ACTIVE_POWER, 704,
    ("WSetEna", "WSetMod", "WSet", "WSetRvrt", "WSetPct", "WSetPctRvrt", "WSetEnaRvrt",
     "WSetRvrtTms"),
    enable="WSetEna", value="WSet", timer="WSetRvrtTms", remaining="WSetRvrtRem",
)  # fmt: skip
# The mode stands apart from the rates, with read-only registers between: two writes.
SET_124 = Block(
    Function.SET_ACTIVE_POWER, 124,
    ("OutWRte", "InWRte", "InOutWRte_WinTms", "InOutWRte_RvrtTms", "InOutWRte_RmpTms"),
    enable="StorCtl_Mod", value="OutWRte", timer="InOutWRte_RvrtTms", ramp="InOutWRte_RmpTms",
    timer_counts_down=True,
)  # fmt: skip
CONNECT_703 = Block(Function.CONNECT, 703, ("ES",), enable="ES", value="ES")
CONNECT_123 = Block(
    Function.CONNECT, 123, ("Conn_WinTms", "Conn_RvrtTms", "Conn"),
    enable="Conn", value="Conn", timer="Conn_RvrtTms", timer_counts_down=True,
)  # fmt: skip
BLOCKS = (LIMIT_704, LIMIT_123, SET_704, SET_124, CONNECT_703, CONNECT_123)
MODELS = tuple(sorted({block.model for block in BLOCKS}))
LACKING = {
    Function.LIMIT_ACTIVE_POWER: "has neither model 704 nor 123, so its power cannot be limited",
    Function.SET_ACTIVE_POWER: "has neither model 704 nor a working model 124, so it cannot be"
    " given a set-point",
    Function.CONNECT: "has neither model 703 nor 123, so it cannot be disconnected",
}


def block_for(settings: Settings, function: Function) -> Block:
    """The block that carries a function on this device; raises NotSupported in words."""
    for block in BLOCKS:
        if block.function is function and settings.has(block.model, block.enable):
            value = "WSetMod" if block is SET_704 else block.value
            if settings.reaches(block.model, *block.points) and settings.has(block.model, value):
                _refuse_unlisted(settings, block)
                return block
    raise NotSupported(f"the device {LACKING.get(function, f'has no {function}')}")


def _refuse_unlisted(settings: Settings, block: Block) -> None:
    modes = settings.raw(702, "CtrlModes")
    bit = CTRL_MODE_BITS.get(block.function)
    if block.model == 704 and modes and bit is not None and not modes >> bit & 1:
        raise NotSupported(f"the device does not list {block.function} among its control modes")


def plan(settings: Settings, quirks: Quirks, request: ControlRequest) -> WritePlan:
    """Plan the writes for a request; raises NotSupported, OutOfRange or LocalControl."""
    block = block_for(settings, request.function)
    if settings.is_local:
        raise LocalControl("the device is switched to local control: set it to remote there")
    if request.function is Function.CONNECT:
        values, value_w = _connection(block, request), None
    elif not request.enable:
        values, value_w = {}, None
    elif request.function is Function.LIMIT_ACTIVE_POWER:
        values, value_w = _limit(settings, block, request)
    elif block is SET_704:
        values, value_w = _set_704(settings, request)
    else:
        values, value_w = _set_124(settings, request)
    if request.function is not Function.CONNECT:
        values |= _enable(block, request)
    notes = _timers(settings, block, request, values)
    return WritePlan(
        request=request,
        writes=_writes(settings, quirks, block, request, values),
        value_w=value_w,
        reverts_in_device=request.reversion_s > 0 and not notes.timer_missing,
        notes=notes.words,
    )


@dataclass(frozen=True, slots=True)
class _Notes:
    timer_missing: bool
    words: tuple[str, ...]


def _timers(
    settings: Settings, block: Block, request: ControlRequest, values: dict[str, int]
) -> _Notes:
    """Add the timers to `values`; says what the device has no register for."""
    words: list[str] = []
    has_timer = bool(block.timer) and settings.has(block.model, block.timer)
    if request.reversion_s and request.enable and not has_timer:
        words.append("the device has no reversion timer for this: only a later command ends it")
    if has_timer:
        point = point_of(block.model, block.timer)
        if not 0 <= request.reversion_s < (1 << 16 * point.size) - 1:
            raise OutOfRange(f"the device's timer cannot hold {request.reversion_s} s")
        values[block.timer] = request.reversion_s if request.enable else 0
    window = block.timer.replace("RvrtTms", "WinTms")
    if window in block.points:
        values[window] = 0
    if block.ramp:
        values[block.ramp] = request.ramp_s or 0
    elif request.ramp_s:
        words.append("the device has no ramp time for this: it moves at its own rate")
    return _Notes(not has_timer, tuple(words))


def _enable(block: Block, request: ControlRequest) -> dict[str, int]:
    on = CHARGE_AND_DISCHARGE if block is SET_124 else 1
    values = {block.enable: on if request.enable else 0}
    if block.model == 704:
        values[f"{block.enable}Rvrt"] = 0
    return values


def _writes(
    settings: Settings,
    quirks: Quirks,
    block: Block,
    request: ControlRequest,
    values: dict[str, int],
) -> tuple[RegisterWrite, ...]:
    compare: dict[str, Compare] = {}
    if block.timer_counts_down and block.timer:
        compare[block.timer] = Compare.COUNTS_DOWN
    if not request.enable:
        # Off is off: what the other registers of the block say does not matter then.
        compare = {name: Compare.IGNORED for name in block.points if name != block.enable}
    if block is SET_124:
        mode = settings.write(block.model, (block.enable,), values, compare)
        if not request.enable:
            return (mode,)
        return (settings.write(block.model, block.points, values, compare), mode)
    writes: tuple[RegisterWrite, ...] = ()
    toggles = quirks.toggle_enable and request.enable and block.function is not Function.CONNECT
    if toggles and settings.raw(block.model, block.enable):
        off = settings.write(block.model, (block.enable,), {block.enable: 0}, {})
        writes = (RegisterWrite(off.addr, off.registers, (Compare.IGNORED,)),)
    return (*writes, settings.write(block.model, block.points, values, compare))


def _connection(block: Block, request: ControlRequest) -> dict[str, int]:
    if request.value_w not in {0, 1, None}:
        raise OutOfRange("a connection is asked for with 1 (connect) or 0 (cease to energize)")
    disconnects = request.enable and request.value_w == 0
    return {block.value: 0 if disconnects else 1}


def _limit(
    settings: Settings, block: Block, request: ControlRequest
) -> tuple[dict[str, int], float]:
    asked = _asked(request)
    if asked < 0:
        raise OutOfRange(f"a limit of {asked} W is below zero")
    w_max = _w_max(settings)
    exponent = _exponent(settings, block.model, block.value)
    raw = min(_raw_percent(asked, w_max, exponent), _raw_percent(w_max, w_max, exponent))
    values = {block.value: raw}
    if block is LIMIT_704:
        values["WMaxLimPctRvrt"] = _raw_percent(w_max, w_max, exponent)
    return values, _watts(raw, w_max, exponent)


def _set_704(settings: Settings, request: ControlRequest) -> tuple[dict[str, int], float]:
    asked = _asked_within(settings, request)
    if settings.has(704, "WSet") and settings.has(704, "WSet_SF"):
        exponent = _exponent(settings, 704, "WSet")
        raw = _towards_zero(Fraction(asked) / Fraction(10) ** exponent)
        return {"WSetMod": WATTS, "WSet": raw, "WSetRvrt": 0}, float(raw * 10.0**exponent)
    w_max = _w_max(settings)
    exponent = _exponent(settings, 704, "WSetPct")
    raw = _raw_percent(asked, w_max, exponent)
    values = {"WSetMod": PERCENT, "WSetPct": raw, "WSetPctRvrt": 0}
    return values, _watts(raw, w_max, exponent)


def _set_124(settings: Settings, request: ControlRequest) -> tuple[dict[str, int], float]:
    """OutWRte and InWRte span a window of power; a set-point closes it from both sides."""
    asked = _asked_within(settings, request)
    reference = settings.discharge_max_w if asked >= 0 else settings.charge_max_w
    if reference is None:
        raise NotSupported("the device does not say how fast its battery charges")
    exponent = _exponent(settings, 124, "OutWRte")
    raw = _raw_percent(asked, reference, exponent)
    return {"OutWRte": raw, "InWRte": -raw}, _watts(raw, reference, exponent)


def _asked(request: ControlRequest) -> int:
    if request.value_w is None:
        raise OutOfRange(f"{request.function} needs a value in W")
    return request.value_w


def _asked_within(settings: Settings, request: ControlRequest) -> int:
    asked = _asked(request)
    charge = settings.charge_max_w or 0.0
    highest = settings.discharge_max_w if charge else None
    highest = min(highest or _w_max(settings), _w_max(settings))
    if asked > highest:
        raise OutOfRange(f"{asked} W is more than the {highest:.0f} W the device can inject")
    if asked < 0 and not charge:
        raise OutOfRange(f"{asked} W would be charging, and the device has no storage")
    if asked < -charge:
        raise OutOfRange(f"{asked} W is more than the {charge:.0f} W the device can charge with")
    return asked


def _w_max(settings: Settings) -> float:
    if settings.w_max is None:
        raise NotSupported("the device gives no active power setting, so percentages mean nothing")
    return settings.w_max


def _exponent(settings: Settings, model_id: int, name: str) -> int:
    factor = point_of(model_id, name).scale_factor
    exponent = settings.raw(model_id, factor) if isinstance(factor, str) else factor
    if exponent not in SCALES:
        raise NotSupported(f"the device gives no usable scale factor for {name}")
    return int(exponent or 0)


def _raw_percent(value_w: float, reference_w: float, exponent: int) -> int:
    """Percent in the register's resolution, never more than asked for in either direction."""
    percent = Fraction(value_w) * 100 / Fraction(reference_w)
    return _towards_zero(percent / Fraction(10) ** exponent)


def _towards_zero(value: Fraction) -> int:
    return floor(value) if value >= 0 else -floor(-value)


def _watts(raw: int, reference_w: float, exponent: int) -> float:
    return float(raw * Fraction(10) ** exponent * Fraction(reference_w) / 100)


def state(settings: Settings, function: Function) -> ControlState:
    """What the device holds for a function, from its settings as just read."""
    block = block_for(settings, function)
    enable = settings.raw(block.model, block.enable)
    remaining = settings.number(block.model, block.remaining) if block.remaining else None
    enabled = enable == 0 if function is Function.CONNECT else bool(enable)
    return ControlState(
        function=function,
        enabled=enabled,
        value_w=_held_w(settings, block, enable or 0),
        reversion_remaining_s=remaining,
        raw=settings.registers(block.model, block.points),
    )


def _held_w(settings: Settings, block: Block, enable: int) -> float | None:
    percent = settings.number(block.model, block.value)
    if block.function is Function.CONNECT:
        return percent
    if block is SET_704:
        if settings.raw(704, "WSetMod") == WATTS:
            return settings.number(704, "WSet")
        percent = settings.number(704, "WSetPct")
    reference = settings.w_max
    if block is SET_124:
        if enable != CHARGE_AND_DISCHARGE:
            return None
        charges = percent is not None and percent < 0
        reference = settings.charge_max_w if charges else settings.discharge_max_w
    if percent is None or reference is None:
        return None
    return round(percent * reference / 100.0, 3)
