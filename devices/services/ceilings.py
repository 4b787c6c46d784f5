"""No command asks a device for more than its flexible connection allows then (IC-5, DI-1)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from derms.ui.formats import scaled
from devices.capabilities import Function
from devices.models import Device
from devices.selectors.unit_limits import limits_by_der
from devices.services.orders import CommandOrder, OrderRefused
from interconnection.selectors.export_limits import local_time

POWER = frozenset({Function.LIMIT_ACTIVE_POWER.value, Function.SET_ACTIVE_POWER.value})


def refuse_above_limits(
    orders: Sequence[CommandOrder], devices: Mapping[int, Device], at: datetime
) -> None:
    """Raises OrderRefused for the first order above the lowest limit of its whole time."""
    asking = [one for one in orders if one.function in POWER and not one.is_release]
    ders = {one.device_id: devices[one.device_id].der_id for one in asking}
    limits = limits_by_der([der_id for der_id in ders.values() if der_id]) if asking else {}
    for order in asking:
        of_unit = limits.get(ders[order.device_id] or 0)
        if of_unit is None or order.value_w is None:
            continue
        begins, ends = max(order.not_before, at), order.expires_at
        held = of_unit.lowest(local_time(begins), local_time(ends))
        if order.value_w > held.limit_w:
            raise OrderRefused(
                f"{devices[order.device_id]} may inject at most "
                f"{scaled(held.limit_w, unit='W')} in that time: flexible connection of "
                f"{held.limit.reference}, “{held.limit.wording}”. Ask for that or less.",
                device=order.device_id,
            )
