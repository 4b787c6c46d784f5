"""APsystems ECU-R: never answers function 6, so single registers go by function 16.

Source: sunspec/pysunspec2 issue 104.
"""

from __future__ import annotations

from devices.capabilities import Identity
from devices.sunspec.quirks.quirk import WRITE_MANY, Maker, Quirks


def matches(identity: Identity) -> bool:
    return identity.manufacturer.lower().startswith("apsystems")


MAKER = Maker(matches, Quirks(name="APsystems ECU-R", single_write_function=WRITE_MANY))
