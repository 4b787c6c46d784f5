"""KOSTAL Plenticore: refuses function 16 for one register with code 2, so single ones go by 6.

Source: andig/gosunspec issue 13.
"""

from __future__ import annotations

from devices.capabilities import Identity
from devices.sunspec.quirks.quirk import WRITE_ONE, Maker, Quirks


def matches(identity: Identity) -> bool:
    return identity.manufacturer.upper().startswith("KOSTAL")


MAKER = Maker(matches, Quirks(name="KOSTAL Plenticore", single_write_function=WRITE_ONE))
