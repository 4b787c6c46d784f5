"""What a device holds against what it was asked for, in words."""

from __future__ import annotations

from dataclasses import fields

from devices.capabilities.controls import ControlState, Function, WritePlan
from devices.parameters import Curve, Parameters

# Registers are whole steps, so anything but the last digits of a float is a difference.
TOLERANCE = 1e-6
# Half a watt is below every register's step and above every rounding of ours.
TOLERANCE_W = 0.5


def difference(plan: WritePlan, found: ControlState) -> str:
    """How what was found differs from what the plan makes of its request; empty when it agrees.

    The plan, made with the device's settings, knows what rounding makes of the request.
    """
    request = plan.request
    if request.function is Function.CONNECT:
        wanted = request.enable and request.value_w == 0
        names = ("connected", "disconnected")
    else:
        wanted, names = request.enable, ("off", "on")
    if found.enabled is not wanted:
        return f"it is {names[found.enabled]} and should be {names[wanted]}"
    if not wanted or request.function is Function.CONNECT:
        return ""
    words = [_in_power(plan.value_w, found.value_w), _in_parameters(plan, found)]
    return "; ".join(word for word in words if word)


def _in_power(wanted_w: float | None, found_w: float | None) -> str:
    if wanted_w is None:
        return ""
    if found_w is None:
        return f"nobody can tell its value, which should be {wanted_w:g} W"
    if abs(wanted_w - found_w) > TOLERANCE_W:
        return f"it holds {found_w:g} W instead of {wanted_w:g} W"
    return ""


def _in_parameters(plan: WritePlan, found: ControlState) -> str:
    wanted, held = plan.parameters, found.parameters
    if wanted is None:
        return ""
    if type(held) is not type(wanted) or held is None:
        return "it holds something that cannot be read as this function's parameters"
    asked = plan.request.parameters
    words = [
        _in_field(field.name, wanted, held)
        for field in fields(wanted)
        if not (isinstance(asked, Curve) and getattr(asked, field.name) is None)
    ]
    return "; ".join(word for word in words if word)


def _in_field(name: str, wanted: Parameters, held: Parameters) -> str:
    asked_for, found = getattr(wanted, name), getattr(held, name)
    if _same(asked_for, found):
        return ""
    return f"{name} is {_told(found)} instead of {_told(asked_for)}"


def _same(one: object, other: object) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float | int) and isinstance(other, float | int):
        return abs(one - other) <= TOLERANCE * max(1.0, abs(one))
    return one == other


def _told(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(f"{x:g}/{y:g}" for x, y in value)
    return f"{value:g}" if isinstance(value, float | int) else str(value)
