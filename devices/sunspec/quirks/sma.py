"""SMA Sunny Tripower STP 60: at most one Modbus request a second.

Source: SMA's SunSpec Modbus interface document for the STP 60.
"""

from __future__ import annotations

from devices.capabilities import Identity
from devices.sunspec.quirks.quirk import Maker, Quirks


def matches(identity: Identity) -> bool:
    return identity.manufacturer.upper() == "SMA" and identity.model.upper().startswith("STP60")


MAKER = Maker(matches, Quirks(name="SMA STP 60", min_gap_s=1.0))
