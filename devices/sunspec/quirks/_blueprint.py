"""Copy this file for a new maker, name it after them, and list its MAKER in quirks/__init__.py.

Say where each difference is known from. Add a test with registers as the device gives them, and
a row in the README's table.
"""

from __future__ import annotations

from devices.capabilities import Identity
from devices.sunspec.quirks.quirk import Maker, Quirks


def matches(identity: Identity) -> bool:
    return identity.manufacturer == "Manufacturer as in model 1" and identity.model.startswith("X")


MAKER = Maker(matches, Quirks(name="maker and device family"))
