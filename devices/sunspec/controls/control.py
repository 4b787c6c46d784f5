"""What every control has in common: where it lives, whether a device has it, how numbers go in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from math import floor
from typing import ClassVar, TypeVar

from devices.capabilities import (
    ControlRequest,
    ControlState,
    Function,
    NotSupported,
    OutOfRange,
    WritePlan,
)
from devices.parameters import Parameters
from devices.sunspec.codec import INTEGERS, SCALES
from devices.sunspec.quirks.quirk import Quirks
from devices.sunspec.settings import Settings

P = TypeVar("P", bound=Parameters)
Number = int | float | Fraction


@dataclass(frozen=True, slots=True)
class Wanted:
    """Raw values for points, and what they make the device do after rounding."""

    values: Mapping[str, int] = field(default_factory=dict)
    value_w: float | None = None
    parameters: Parameters | None = None
    notes: tuple[str, ...] = ()


class Control(ABC):
    """One function in one information model.

    `mode_bit` is the function's bit in 702 CtrlModes, where the model belongs to that family.
    """

    function: ClassVar[Function]
    model: ClassVar[int]
    mode_bit: ClassVar[int | None] = None

    @abstractmethod
    def lacks(self, settings: Settings) -> str | None:
        """None when the device implements what this control needs, else what is missing.

        The words are empty when the whole control is.
        """

    @abstractmethod
    def plan(self, settings: Settings, quirks: Quirks, request: ControlRequest) -> WritePlan:
        """Plan the writes; raises OutOfRange or NotSupported in words."""

    @abstractmethod
    def state(self, settings: Settings) -> ControlState:
        """What the device holds, from its settings as just read."""

    def is_listed(self, settings: Settings) -> bool:
        """A device of the 700 family may hold a model and not offer its function."""
        modes = settings.raw(702, "CtrlModes")
        return self.mode_bit is None or not modes or bool(modes >> self.mode_bit & 1)

    def to_raw(self, settings: Settings, name: str, value: Number, *, nearest: bool = False) -> int:
        """A value in the point's resolution; towards zero, so never more than was asked for."""
        point = settings.held[self.model].points[name]
        factor = point.scale_factor
        exponent = settings.raw(self.model, factor) if isinstance(factor, str) else factor or 0
        if exponent not in SCALES:
            raise NotSupported(f"the device gives no usable scale factor for {name}")
        raw = _whole_steps(value, exponent, nearest=nearest)
        code, nothing = INTEGERS[point.type]
        bits = 16 * point.size
        low, high = (-(1 << bits - 1), 1 << bits - 1) if code.islower() else (0, 1 << bits)
        if not low <= raw < high or raw == nothing:
            raise OutOfRange(f"{float(value):g} does not fit into the device's {name}")
        return raw

    def from_raw(self, settings: Settings, name: str, raw: int) -> float:
        """The value that a raw number stands for."""
        scale = settings.scale(self.model, settings.held[self.model].points[name])
        if scale is None:
            raise NotSupported(f"the device gives no usable scale factor for {name}")
        return raw * scale[0] / scale[1]

    def unscaled(self, settings: Settings, *names: str) -> str | None:
        """Words about the first of these points that has no usable scale factor."""
        points = settings.held[self.model].points
        for name in names:
            if settings.scale(self.model, points[name]) is None:
                return f"gives no usable scale factor for {name}"
        return None


def asked_w(request: ControlRequest) -> int:
    if request.value_w is None:
        raise OutOfRange(f"{request.function} needs a value in W")
    return request.value_w


def asked_for(request: ControlRequest, kind: type[P]) -> P:
    """The request's parameters, which must be of this kind."""
    if not isinstance(request.parameters, kind):
        raise OutOfRange(f"{request.function} needs parameters: {kind.__name__}")
    return request.parameters


def w_max(settings: Settings) -> float:
    if settings.w_max is None:
        raise NotSupported("the device gives no active power setting, so percentages mean nothing")
    return settings.w_max


# Fractions are slow, and a fleet that is commanded at once asks for the same few.
@lru_cache(maxsize=4096)
def exact(value: Number) -> Fraction:
    """The number people mean: 44.1, not the nearest binary fraction below it."""
    return Fraction(str(value)) if isinstance(value, float) else Fraction(value)


@lru_cache(maxsize=4096)
def percent_of(value: Number, reference: float) -> Fraction:
    return exact(value) * 100 / exact(reference)


@lru_cache(maxsize=4096)
def share_of(percent: float, reference: float) -> float:
    """What a percentage of a reference is."""
    return round(float(exact(percent) * exact(reference) / 100), 6)


@lru_cache(maxsize=4096)
def _whole_steps(value: Number, exponent: int, *, nearest: bool) -> int:
    steps = exact(value) / Fraction(10) ** exponent
    return floor(steps + Fraction(1, 2)) if nearest else towards_zero(steps)


def towards_zero(value: Fraction) -> int:
    return floor(value) if value >= 0 else -floor(-value)
