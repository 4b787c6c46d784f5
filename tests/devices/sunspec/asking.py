"""Asking a device for something and looking at what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from devices.capabilities import ControlRequest, ControlState, Function, WritePlan
from devices.parameters import Parameters
from devices.sunspec import SunSpecDevice
from tests.devices.sunspec.der import Der
from tests.devices.sunspec.maps import Registers
from tests.devices.sunspec.test_measuring import AT, with_device


def asked(
    function: Function,
    what: Parameters | int | None = None,
    *,
    reversion_s: int = 0,
    ramp_s: int | None = None,
) -> ControlRequest:
    value_w = what if isinstance(what, int) else None
    parameters = None if isinstance(what, int) else what
    return ControlRequest(function, value_w, True, reversion_s, ramp_s, parameters)


def released(function: Function) -> ControlRequest:
    return ControlRequest(function, None, enable=False, reversion_s=0)


@dataclass
class Outcome:
    """`proof` is the read-back before and after writing."""

    plan: WritePlan
    proof: list[bool]
    state: ControlState
    peer: Der
    device: SunSpecDevice


def carried_out(registers: Registers, request: ControlRequest, **options: Any) -> Outcome:
    """Plan, confirm, apply, confirm again and read the state back, on a device with rules."""

    async def scene(device: SunSpecDevice, peer: Der) -> Outcome:
        await device.measure(lambda: AT)
        await device.read_settings()
        plan = device.plan(request)
        before = await device.confirm(plan)
        peer.writes.clear()
        await device.apply(plan)
        after = await device.confirm(plan)
        state = await device.read_control(request.function)
        return Outcome(plan, [before, after], state, peer, device)

    return with_device(registers, scene, kind=Der, **options)


def planned(registers: Registers, request: ControlRequest) -> WritePlan:
    async def scene(device: SunSpecDevice, _: Der) -> WritePlan:
        await device.measure(lambda: AT)
        await device.read_settings()
        return device.plan(request)

    return with_device(registers, scene, kind=Der)
