"""What a command to one device would change, what stands against it, and what forbids it (DV-3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from typing import Any, Protocol

from django.utils import timezone

from derms.ui.formats import age, number, scaled
from devices.capabilities import Function
from devices.models import Device, DeviceCommand
from devices.parameters import Excitation, PowerFactor, ReactivePower
from devices.selectors.communication import MODELS
from devices.selectors.settings import CARRIED_BY, command_words, model_ids, supported_functions
from devices.selectors.sheet import Sheet
from devices.selectors.wording import FunctionSetting, in_words, label_of, setting_of

POWER = frozenset(
    {Function.LIMIT_ACTIVE_POWER, Function.SET_ACTIVE_POWER, Function.CONNECT}
)  # they all decide over the active power
# Commands asked of one device alone begin so; every other one belongs to something larger.
ALONE = ("hand-", "api-")
# SunSpec 703 and 702/121 have no reversion timer.
WITHOUT_TIMER = frozenset({Function.RAMP_RATE, Function.ENTER_SERVICE})
FULL_PCT, EMPTY_PCT = 99.0, 1.0


@dataclass(frozen=True, slots=True)
class Effect:
    """One line of now and after."""

    label: str
    now: str
    after: str


class Asks(Protocol):
    """What an order says, as far as a review needs it."""

    @property
    def function(self) -> str: ...
    @property
    def value_w(self) -> int | None: ...
    @property
    def parameters(self) -> Mapping[str, Any]: ...
    @property
    def is_release(self) -> bool: ...
    @property
    def reversion_s(self) -> int: ...
    @property
    def ramp_s(self) -> int | None: ...
    @property
    def expires_at(self) -> datetime: ...


def refusal_of(sheet: Sheet, function: str, *, is_release: bool, value_w: int | None) -> str:
    """Why the device cannot be asked for this now, and what to do; empty when it can."""
    device, label = sheet.device, label_of(function)
    if device.active_to is not None:
        return f"{device} is out of service since {_day(device.active_to)}."
    if device.kind == Device.Kind.METER:
        return f"{device} is a meter; it only measures."
    if sheet.is_local:
        return (
            f"{device} is switched to local control and ignores commands. "
            "Ask somebody on site to set it to remote."
        )
    supported = supported_functions(device, sheet.facts.found)
    if supported and function not in supported:
        models = sorted(CARRIED_BY.get(Function(function), ()))
        carriers = " nor ".join(str(model) for model in models)
        return f"{device} has no {label.lower()}: it has neither model {carriers}."
    if is_release and not any(c.function == function for c in _current(sheet)):
        return f"No command holds the {label.lower()} of {device}. There is nothing to release."
    return _held_by_others(sheet, function, is_cut_off=value_w == 0 and not is_release)


def is_alone(command: DeviceCommand) -> bool:
    """Whether it was asked of this device alone, not as a part of something larger."""
    return command.idempotency_key.startswith(ALONE)


def effects_of(sheet: Sheet, order: Asks) -> list[Effect]:
    """What changes, as far as it can be told."""
    row = next((row for row in sheet.rows if row.function == order.function), None)
    held = next((c for c in sheet.in_force if c.function == order.function), None)
    now = command_words(held) if held else row.found.words if row and row.found else "not known"
    return [
        Effect(label_of(order.function), now, _after(sheet, order)),
        *_power_effects(sheet, order),
        *_reactive_effect(sheet, order),
        *_ramp(order),
        Effect("Ends", _ends_now(held), "now" if order.is_release else _clock(order.expires_at)),
        Effect("If the link is lost", *_timer(held, order)),
        Effect("Carried by", "", _carriers(sheet.device, order.function)),
    ]


def findings_about(sheet: Sheet, order: Asks, at: datetime) -> list[str]:
    """What a careful person wants to know before executing."""
    found = [
        _delay(sheet, order),
        *_others(sheet, order),
        _store(sheet, order),
        _unknown(sheet),
        _drift(sheet, order, at),
    ]
    return [words for words in found if words]


def _current(sheet: Sheet) -> list[DeviceCommand]:
    return [*sheet.in_force, *sheet.on_their_way]


def _held_by_others(sheet: Sheet, function: str, *, is_cut_off: bool) -> str:
    """A part of something larger is released there; only cutting off may not wait for that."""
    if function == Function.CONNECT and is_cut_off:
        return ""
    family = POWER if function in POWER else {function}
    for command in _current(sheet):
        if command.function in family and not is_alone(command) and not command.is_release:
            return (
                f"{_holds(command)} ({command.reason or 'no reason given'}). "
                "Release that first; it would ask again at once."
            )
    return ""


def _holds(command: DeviceCommand) -> str:
    return (
        f"Command {command.pk} of {command.requested_by} holds it to "
        f"“{label_of(command.function).lower()}: {command_words(command)}” "
        f"until {_clock(command.expires_at)}"
    )


def _after(sheet: Sheet, order: Asks) -> str:
    if order.is_release:
        row = next((row for row in sheet.rows if row.function == order.function), None)
        stays = row.otherwise if row is not None else None
        return f"released; approved is {stays.words}" if stays else "released: its own default"
    words = in_words(_setting(order))
    share = _share(sheet, order)
    return f"{words}{share}"


def _setting(order: Asks) -> FunctionSetting:
    return setting_of(
        order.function,
        is_enabled=not order.is_release,
        value_w=order.value_w,
        kept=order.parameters,
    )


def _share(sheet: Sheet, order: Asks) -> str:
    rated = sheet.ratings.active_power_w
    if order.value_w is None or order.function == Function.CONNECT or not rated:
        return ""
    return f" ({number(100 * order.value_w / rated, 1)} % of its rating)"


def _power_effects(sheet: Sheet, order: Asks) -> list[Effect]:
    readout = sheet.plate.readout
    if order.function not in POWER:
        return []
    power_w = readout.active_power_w if readout and sheet.plate.is_usable else None
    return [Effect("Active power", scaled(power_w, unit="W"), _expected(order, power_w))]


def _expected(order: Asks, power_w: float | None) -> str:
    value_w = order.value_w
    if order.is_release or value_w is None:
        return "as its sun, store or owner has it"
    if order.function == Function.CONNECT:
        return "0 W" if value_w == 0 else "returns after its own delay"
    if order.function == Function.SET_ACTIVE_POWER:
        return scaled(value_w, unit="W")
    if power_w is None:
        return f"at most {scaled(value_w, unit='W')}"
    return scaled(min(power_w, value_w), unit="W")


def _reactive_effect(sheet: Sheet, order: Asks) -> list[Effect]:
    readout, parameters = sheet.plate.readout, _setting(order).parameters
    if readout is None or not isinstance(parameters, PowerFactor | ReactivePower):
        return []
    after_var = None
    if isinstance(parameters, ReactivePower):
        after_var = parameters.reactive_power_var
    elif readout.active_power_w is not None and parameters.power_factor > 0:
        size = abs(readout.active_power_w) * sqrt(1 / parameters.power_factor**2 - 1)
        after_var = size if parameters.excitation is Excitation.INJECTING else -size
    now_var = readout.reactive_power_var
    return [Effect("Reactive power", scaled(now_var, unit="var"), scaled(after_var, unit="var"))]


def _ramp(order: Asks) -> list[Effect]:
    return [] if order.ramp_s is None else [Effect("Ramp", "", f"over {age(order.ramp_s)}")]


def _ends_now(held: DeviceCommand | None) -> str:
    return _clock(held.expires_at) if held else ""


def _timer(held: DeviceCommand | None, order: Asks) -> tuple[str, str]:
    now = f"lets go after {age(held.reversion_s)}" if held else ""
    if order.is_release:
        return now, ""
    if order.function in WITHOUT_TIMER:
        return now, "it stays as it is: the device has no timer for this"
    return now, f"lets go by itself after {age(order.reversion_s)}"


def _carriers(device: Device, function: str) -> str:
    carriers = sorted(CARRIED_BY.get(Function(function), frozenset()) & model_ids(device))
    if not carriers:
        return "not known before it is discovered"
    newest = carriers[-1]
    return f"SunSpec model {newest}, {MODELS.get(newest, '')}".rstrip(", ")


def _delay(sheet: Sheet, order: Asks) -> str:
    if not sheet.communication.is_served:
        return f"{sheet.communication.zone_words} It is tried until {_clock(order.expires_at)}."
    if not sheet.plate.is_usable:
        return (
            f"{sheet.plate.word}: {sheet.plate.reason.rstrip('.')}. "
            f"The command is tried until {_clock(order.expires_at)}."
        )
    return ""


def _others(sheet: Sheet, order: Asks) -> list[str]:
    """What else holds the device, and what this replaces."""
    words = []
    for command in _current(sheet):
        if command.is_release:
            continue
        if command.function == order.function:
            verb = "Ends" if order.is_release else "Replaces"
            words.append(f"{verb} command {command.pk} of {command.requested_by}.")
        elif {command.function, order.function} <= POWER:
            end = "Both count: the lower power rules."
            if order.function == Function.CONNECT and not is_alone(command):
                end = "It will miss what is expected of it there."
            words.append(f"{_holds(command)}. {end}")
    return words


def _store(sheet: Sheet, order: Asks) -> str:
    readout = sheet.plate.readout
    charge = readout.state_of_charge_pct if readout else None
    if order.function != Function.SET_ACTIVE_POWER or charge is None or order.value_w is None:
        return ""
    if order.value_w < 0 and charge >= FULL_PCT:
        return "The battery is full: it will not charge."
    if order.value_w > 0 and charge <= EMPTY_PCT:
        return "The battery is empty: it will not discharge."
    return ""


def _unknown(sheet: Sheet) -> str:
    if supported_functions(sheet.device, sheet.facts.found):
        return ""
    return "It was not discovered yet: only the gateway can tell whether it has this function."


def _drift(sheet: Sheet, order: Asks, at: datetime) -> str:
    row = next((row for row in sheet.rows if row.function == order.function), None)
    if row is None or row.differs_since is None:
        return ""
    since = age((at - row.differs_since).total_seconds())
    return f"For {since} it has held something else than it should: {row.difference}"


def _clock(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%d %b %H:%M").lstrip("0")


def _day(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%d %b %Y").lstrip("0")
