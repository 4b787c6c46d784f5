"""What is known about single makers' devices, one file each."""

from __future__ import annotations

from devices.capabilities import Identity
from devices.sunspec.quirks import apsystems, fronius, kostal, sma, solaredge
from devices.sunspec.quirks.quirk import Quirks

MAKERS = (apsystems.MAKER, fronius.MAKER, kostal.MAKER, sma.MAKER, solaredge.MAKER)
PLAIN = Quirks(name="as SunSpec says")


def quirks_for(identity: Identity) -> Quirks:
    for maker in MAKERS:
        if maker.matches(identity):
            return maker.quirks
    return PLAIN
