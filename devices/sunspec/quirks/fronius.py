"""Fronius: a new power limit counts only after its enable register went 1, 0, 1.

Source: callifo/fronius_modbus issue 58.
"""

from __future__ import annotations

from devices.capabilities import Identity
from devices.sunspec.quirks.quirk import Maker, Quirks


def matches(identity: Identity) -> bool:
    return identity.manufacturer.lower() == "fronius"


MAKER = Maker(matches, Quirks(name="Fronius", toggle_enable=True))
