"""SolarEdge: its meters count export as positive.

Source: SolarEdge's technical note on SunSpec logging, and the field integrations built on it.
Their inverters also serve one Modbus leader only: keep the connection, never open a second one.
"""

from __future__ import annotations

from devices.capabilities import Identity
from devices.sunspec.quirks.quirk import Maker, Quirks


def matches(identity: Identity) -> bool:
    return identity.manufacturer.lower().startswith("solaredge")


MAKER = Maker(matches, Quirks(name="SolarEdge", meter_positive_is_export=True))
