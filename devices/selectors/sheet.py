"""Everything one device's page shows, gathered in a fixed number of questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from derms.ui.curves import CurvePicture
from devices.models import Device, DeviceCommand
from devices.selectors.communication import Communication, communication_of
from devices.selectors.curves import curve_pictures
from devices.selectors.faceplate import Faceplate, Readout, faceplate_of, readout_of
from devices.selectors.ratings import Ratings, ratings_of
from devices.selectors.settings import (
    SettingFacts,
    SettingRow,
    compare_settings,
    in_force,
    on_their_way,
    setting_facts,
)

NEIGHBOURS = (
    "zone__lease",
    "latest",
    "condition",
    "der__unit__application",
    "der__agreement__tariff_version__tariff",
    "usage_point__location",
    "usage_point__customer",
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One device as it is known at one moment."""

    at: datetime
    device: Device
    ratings: Ratings
    facts: SettingFacts
    plate: Faceplate
    rows: Sequence[SettingRow]
    curves: Sequence[CurvePicture]
    communication: Communication
    in_force: Sequence[DeviceCommand]
    on_their_way: Sequence[DeviceCommand]

    @property
    def drifted(self) -> list[SettingRow]:
        return [row for row in self.rows if row.differs]

    @property
    def is_local(self) -> bool:
        condition = getattr(self.device, "condition", None)
        return bool(condition is not None and condition.is_local)


def find_device(device_id: int) -> Device | None:
    """A device, in service or not, with everything beside it that its page names."""
    return Device.objects.filter(pk=device_id).select_related(*NEIGHBOURS).first()


def sheet_of(device: Device, at: datetime) -> Sheet:
    """`device` as `find_device` gives it; asks three more questions."""
    readout = readout_of(getattr(device, "latest", None))
    return sheet_from(device, setting_facts(device.pk), readout, at)


def sheet_from(device: Device, facts: SettingFacts, readout: Readout | None, at: datetime) -> Sheet:
    """The same without asking anything, for values that were pushed."""
    ratings = ratings_of(device)
    held = in_force(facts)
    plate = faceplate_of(device, readout, ratings, held, at)
    rows = compare_settings(device, facts, at)
    return Sheet(
        at=at,
        device=device,
        ratings=ratings,
        facts=facts,
        plate=plate,
        rows=rows,
        curves=curve_pictures(rows, readout, ratings, is_stale=not plate.is_usable),
        communication=communication_of(device, at),
        in_force=held,
        on_their_way=on_their_way(facts),
    )


def live_points(sheet: Sheet) -> dict[str, float | None]:
    """One more point for each trend; None breaks the line while the device gives no values."""
    readout = sheet.plate.readout
    if readout is None or not sheet.plate.is_usable:
        return dict.fromkeys(("p", "q", "v", "hz", "soc"))
    return {
        "p": _kilo(readout.active_power_w),
        "q": _kilo(readout.reactive_power_var),
        "v": readout.voltage_v,
        "hz": readout.frequency_hz,
        "soc": readout.state_of_charge_pct,
    }


def _kilo(value: float | None) -> float | None:
    return None if value is None else round(value / 1_000, 3)


def live_texts(sheet: Sheet) -> dict[str, str | float]:
    """What the open page patches: texts, places on scales, states, the moment of the values."""
    plate = sheet.plate
    texts: dict[str, str | float] = {}
    if plate.readout is not None:
        texts["at"] = round(plate.readout.measured_at.timestamp(), 3)
        texts["doing"] = plate.state
        texts["clock"] = timezone.localtime(plate.readout.measured_at).strftime("%H:%M:%S")
    for dial in plate.dials:
        texts[dial.key] = dial.text
        texts[f"{dial.key}.n"] = dial.note
        texts[f"{dial.key}.s"] = dial.state
        if dial.scale is not None and dial.scale.value_pct is not None:
            texts[f"{dial.key}.x"] = dial.scale.value_pct
    for curve in sheet.curves:
        texts[f"{curve.key}.n"] = curve.note
        if curve.live is not None:
            texts[f"{curve.key}.x"], texts[f"{curve.key}.y"] = curve.live
    return texts
