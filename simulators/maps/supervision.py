"""Models 715 and 802: heartbeats both ways, stop and start, local and remote, alarms."""

from simulators.maps.bank import Bank
from simulators.maps.device import Control, Device
from simulators.maps.registers import Registers
from simulators.physics.plant import Plant

HEARTS = ((715, "ControllerHb"), (802, "CtrlHb"))
STOPPED, STANDING_BY = 0, 2
DISCONNECTED = 2
INVERTER_STARTED = 3


def is_beat(device: Device, offset: int, count: int) -> bool:
    """Whether a write of `count` registers from `offset` is a controller's sign of life."""
    beats = (device.registers.layout.points.get(heart) for heart in HEARTS)
    return any(beat is not None and (beat.offset, beat.size) == (offset, count) for beat in beats)


def permit(device: Device, plant: Plant, t: float) -> None:
    """In service only when nobody keeps it out: 703 ES, 715 OpCtl, 802 SetOp and SetInvState."""
    registers = device.registers
    on = registers.get(703, "ES") != 0
    on &= registers.get(715, "OpCtl") not in {STOPPED, STANDING_BY}
    on &= registers.get(802, "SetOp") != DISCONNECTED
    on &= registers.get(802, "SetInvState") in {INVERTER_STARTED, None}
    plant.settings.service.permit(device.index, on=on)


def release_all(device: Device, plant: Plant, t: float) -> None:
    """Let every function that was asked for from outside fall back to what it reverts to."""
    for control in device.controls.all:
        if control.timeout is None or control.revert is None or control.is_active is None:
            continue
        if control.is_active(device.registers):
            device.deadlines.pop(control.name, None)
            control.revert(device, plant, t)
            control.apply(device, plant, t)


def _give_up(device: Device, plant: Plant, t: float) -> None:
    device.beats.clear()
    device.say("heartbeat_lost")
    release_all(device, plant, t)


def _nothing(device: Device, plant: Plant, t: float) -> None:
    """Do nothing: the control acts by another of its deeds."""


def _heart(model: int, name: str) -> Control:
    """A controller that was heard once must not fall silent; an unchanged counter is silence."""

    def counts(device: Device) -> bool:
        beat = device.registers.number(model, name)
        changed = device.beats.get(model) != beat
        device.beats[model] = beat
        return changed

    return Control(
        name=f"heartbeat {model}",
        model=model,
        points=frozenset((name,)),
        apply=_nothing,
        is_active=lambda registers: True,
        revert=_give_up,
        lasts_s=lambda device: float(device.spec.heartbeat_timeout_s),
        counts=counts,
    )


def _reset_alarms(model: int, name: str) -> Control:
    def apply(device: Device, plant: Plant, t: float) -> None:
        if device.registers.get(model, name):
            device.registers.set(model, name, 0)
            plant.settings.alarms[device.index] = 0

    return Control(name=f"alarms {model}", model=model, points=frozenset((name,)), apply=apply)


SUPERVISION: tuple[Control, ...] = (
    *(_heart(model, name) for model, name in HEARTS),
    _reset_alarms(715, "AlarmReset"),
    _reset_alarms(802, "AlmRst"),
    Control(name="OpCtl", model=715, points=frozenset(("OpCtl",)), apply=permit),
    Control(name="SetOp", model=802, points=frozenset(("SetOp", "SetInvState")), apply=permit),
)


def describe_control(registers: Registers) -> None:
    registers.set_many(715, {
        "LocRemCtl": 0, "DERHb": 0, "ControllerHb": 0, "AlarmReset": 0, "OpCtl": 1,
    })  # fmt: skip
    registers.restrict(715, "AlarmReset", 0, 1)


def render_control(bank: Bank, plant: Plant) -> None:
    bank.put(715, {"DERHb": beats(bank, plant, 0xFFFF_FFFF)})


def beats(bank: Bank, plant: Plant, wraps_at: int) -> float:
    """Seconds since the machines started; they count one a second."""
    return float(int(plant.t - bank.devices[0].started) % wraps_at)
