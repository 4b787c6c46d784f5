"""The only door to device drivers: one look at a device, and the loop that keeps talking to all."""

from devices.gateway.bells import ring
from devices.gateway.inspecting import Inspection, inspect

__all__ = ["Inspection", "inspect", "ring"]
