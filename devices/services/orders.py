"""What one device may be asked: orders, and the words that refuse an impossible one (DV-3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from derms.lib.errors import Refused
from devices.capabilities import PARAMETERS, Function, parameters_from
from devices.models import DeviceCommand
from devices.parameters import ParametersRefused, to_json

SAME_ORDER = (
    "device_id",
    "function",
    "value_w",
    "parameters",
    "is_release",
    "reversion_s",
    "ramp_s",
    "not_before",
    "expires_at",
)
LONGEST_REVERSION_S = 65_535  # a 16-bit timer register of the older models
HIGHEST_W = 2_000_000_000


class OrderRefused(Refused):
    """No device could carry out this order."""

    code = "order_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandOrder:
    """What one device is asked to do.

    `value_w` is W for the power functions (injection positive) and 1 or 0 for `connect`; every
    other function has none and takes `parameters`, as `devices.parameters.to_json` writes them. A
    release has neither. The device is held to it from `not_before` until `expires_at`; left alone
    it lets go after `reversion_s`, where it has a timer for the function.
    """

    device_id: int
    function: str
    value_w: int | None
    reversion_s: int
    not_before: datetime
    expires_at: datetime
    idempotency_key: str
    is_release: bool = False
    ramp_s: int | None = None
    reason: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def is_same_as(self, command: DeviceCommand) -> bool:
        return all(getattr(self, name) == getattr(command, name) for name in SAME_ORDER)


def checked(order: CommandOrder, at: datetime) -> CommandOrder:
    """The order as its row will say it; raises OrderRefused naming what cannot be."""
    if order.function not in set(Function):
        raise _refused(order, f"There is no function {order.function!r}.")
    if order.expires_at <= max(order.not_before, at):
        raise _refused(
            order,
            f"The order for device {order.device_id} would end before it starts. "
            "Choose a later end.",
        )
    if order.is_release:
        # It holds the device to nothing, so it has neither a value nor a timer.
        return replace(order, value_w=None, parameters={}, reversion_s=0)
    if not 0 < order.reversion_s <= LONGEST_REVERSION_S:
        raise _refused(
            order,
            f"The reversion time of {order.reversion_s} s for device {order.device_id} must lie "
            f"between 1 and {LONGEST_REVERSION_S} s.",
        )
    if order.ramp_s is not None and not 0 <= order.ramp_s <= LONGEST_REVERSION_S:
        raise _refused(
            order,
            f"The ramp time of {order.ramp_s} s for device {order.device_id} must lie between 0 "
            f"and {LONGEST_REVERSION_S} s.",
        )
    if Function(order.function) in PARAMETERS:
        return replace(order, parameters=_parameters(order))
    _check_value(order)
    return order


def _check_value(order: CommandOrder) -> None:
    value_w = order.value_w
    if order.parameters:
        raise _refused(
            order, f"{order.function} takes a value in W and no parameters. Leave them out."
        )
    if value_w is None or (order.function == Function.LIMIT_ACTIVE_POWER and value_w < 0):
        raise _refused(
            order,
            f"The order for device {order.device_id} needs a value in W, for a limit at least 0.",
        )
    if order.function == Function.CONNECT and value_w not in {0, 1}:
        raise _refused(order, f"connect takes 1 (connected) or 0 (disconnected), not {value_w}.")
    if abs(value_w) > HIGHEST_W:
        raise _refused(order, f"{value_w} W is more than any device can do.")


def _parameters(order: CommandOrder) -> dict[str, Any]:
    """The parameters as their row keeps them, whole and within their ranges."""
    if order.value_w is not None:
        raise _refused(order, f"{order.function} takes parameters and no value in W. Leave it out.")
    try:
        parameters = parameters_from(Function(order.function), order.parameters)
    except ParametersRefused as refusal:
        raise _refused(
            order, f"The parameters of {order.function} for device {order.device_id}: {refusal}."
        ) from refusal
    if parameters is None:
        kind = PARAMETERS[Function(order.function)]
        raise _refused(
            order,
            f"{order.function} for device {order.device_id} needs its parameters: "
            f"{', '.join(kind.__dataclass_fields__)}.",
        )
    return to_json(parameters)


def _refused(order: CommandOrder, words: str) -> OrderRefused:
    return OrderRefused(words, device=order.device_id)
