"""What is read every minute or so: what a device does for each function, and how it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from devices.capabilities import ModelAt, Supervision
from devices.sunspec import controls
from devices.sunspec.layout import Counts, layout
from devices.sunspec.readplan import Window
from devices.sunspec.settings import Settings

COMMON_MODEL = 1
VERSION_FIRST, VERSION_COUNT = 42, 8
SERIAL_COUNT = 16
# SunSpec counts the seconds of model 122 from here.
CLOCK_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_NEVER_SET_S = 86_400
FIGURES: Mapping[int, str] = {
    122: r"ActWh|WAval|VArAval|StActCtl|Ris",
    124: r"ChaState|StorAval|InBatV|ChaSt|MinRsvPct",
    160: r"module_\d+\.(DCA|DCV|DCW|DCWH|Tmp|DCSt)",
    703: r"ESDlyRemTms",
    713: r"WHRtg|WHAvail|SoC|SoH|Sta",
    714: r"DCA|DCW|DCWhInj|DCWhAbs|PrtAlrms|Prt_\d+\.(DCA|DCV|DCW|DCWhInj|DCWhAbs|Tmp|DCSta)",
    715: r"DERHb",
    802: r"SoC|SoH|NCyc|ChaSt|State|V|A|W|CellVMax|CellVMin|Evt1|Evt2",
}
# The ground that percentages stand on may be changed at the device, ratings may not.
MODELS = tuple(sorted({121, 702, *FIGURES, *controls.MODELS}))
PATTERNS = {model_id: re.compile(pattern) for model_id, pattern in FIGURES.items()}


def identity_window(models: Mapping[int, ModelAt]) -> Window | None:
    """Version and serial number: the part of model 1 that changes when a device is swapped."""
    common = models.get(COMMON_MODEL)
    count = VERSION_COUNT + SERIAL_COUNT
    if common is None or common.length + 2 < VERSION_FIRST + count:
        return None
    return Window(common, VERSION_FIRST, count)


def figures(settings: Settings) -> dict[str, float]:
    """Numbers worth keeping beside the measurements, named by model and point."""
    found: dict[str, float] = {}
    for model_id in PATTERNS:
        held = settings.held.get(model_id)
        names = _names(model_id, held.model.length, held.counts) if held is not None else ()
        for name in names:
            value = settings.number(model_id, name)
            if value is not None:
                found[f"{model_id}.{name}"] = float(value)
    return found


@lru_cache(maxsize=256)
def _names(model_id: int, length: int, counts: Counts) -> tuple[str, ...]:
    pattern = PATTERNS[model_id]
    return tuple(name for name in layout(model_id, length, counts) if pattern.fullmatch(name))


def supervision(settings: Settings, firmware: str, at: datetime) -> Supervision:
    return Supervision(
        read_at=at,
        is_local=settings.is_local,
        clock_offset_s=_clock_offset_s(settings, at),
        firmware=firmware,
    )


def _clock_offset_s(settings: Settings, at: datetime) -> float | None:
    """The device's clock minus ours; a clock that was never set tells nothing."""
    seconds = settings.raw(122, "Tms")
    if seconds is None or seconds < CLOCK_NEVER_SET_S:
        return None
    return (CLOCK_EPOCH + timedelta(seconds=seconds) - at).total_seconds()
