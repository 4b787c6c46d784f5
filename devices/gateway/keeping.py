"""Keeping devices to verified commands: refresh in time, write again what was lost, see it end."""

from dataclasses import replace

from devices.capabilities import ControlState, DriverFault, Function, LocalControl
from devices.gateway.carrying import Carrier, read_back, released, whatever_the_timer
from devices.gateway.ledger import Ledger, Order
from devices.gateway.session import Unit
from devices.statuses import CommandStatus
from devices.sunspec import SunSpecDevice


class Keeper:
    """What is done for a command between its proof and its end."""

    def __init__(self, carrier: Carrier, ledger: Ledger) -> None:
        self._carrier = carrier
        self._ledger = ledger

    async def refresh(self, unit: Unit, order: Order) -> bool:
        """Write a verified command again, so that the device's timer starts anew."""
        carrier = self._carrier
        async with unit.turn:
            try:
                device = await carrier.prepared(unit)
                plan = device.plan(carrier.request(order))
                if not await carrier.may_write(order):
                    return True
                unit.writes += 1
                await device.apply(plan)
                held, _ = await read_back(device, plan)
            except LocalControl as fault:
                await carrier.record(order, "verified", CommandStatus.REVERTED, reason=str(fault))
                return True
            except DriverFault:
                return False
            return held and await self._ledger.note_refresh(order, carrier.now())

    async def rewrite(self, unit: Unit, order: Order, found: str) -> bool:
        """Write a verified command again that the device was found to have lost.

        True when it holds it now. `found` says in words what stood in its place.
        """
        carrier = self._carrier
        async with unit.turn:
            words = f"Found {found} at {carrier.now():%H:%M:%S} UTC"
            try:
                device = await carrier.prepared(unit)
                plan = device.plan(carrier.request(order))
                if (await device.read_back(whatever_the_timer(device, plan)))[0]:
                    return True
                if not await carrier.may_write(order):
                    return False
                unit.writes += 1
                await device.apply(plan)
                held, _ = await read_back(device, plan)
                end = "written again and verified" if held else "written again, but not held"
            except LocalControl:
                return False
            except DriverFault as fault:
                held, end = False, f"it could not be written again: {fault}"
            await self._ledger.note_rewrite(order, f"{words}: {end}", is_held=held)
            return held

    async def look_whether_let_go(self, unit: Unit, order: Order) -> bool:
        """Read whether a device let go of a command whose time is over."""
        carrier = self._carrier
        async with unit.turn:
            try:
                device = await carrier.prepared(unit)
                state = await device.read_control(Function(order.function))
            except DriverFault:
                return False
            if state.enabled and not self._has_fallen_back(device, order, state):
                return False
            reason = "Its time was over and the device let go by itself."
            return await carrier.record(order, "verified", CommandStatus.REVERTED, reason=reason)

    def _has_fallen_back(self, device: SunSpecDevice, order: Order, state: ControlState) -> bool:
        """Whether the device holds the limit that was approved for after the command's timer."""
        approved = order.approved
        if approved is None or approved.get("afterwards_w") is None:
            return False
        request = replace(
            released(order, self._carrier.now()),
            value_w=int(approved["afterwards_w"]),
            reversion_s=0,
        )
        return not device.difference(request, state)
