"""What every device last said, from the database or from the push of a gateway."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from devices import selectors as devices
from devices.capabilities import Quality
from dispatch.selectors.standing import Standing
from groups.selectors import Latest
from groups.selectors.fleet import heard


def latest_of(standing: Standing, at: datetime) -> dict[int, Latest]:
    """DER devices and meters, from the database."""
    found = heard(standing.roster, at)
    for device_id, reading in devices.latest_readings(standing.meters).items():
        found[device_id] = Latest(
            measured_at=reading.measured_at,
            power_w=reading.active_power_w,
            voltage_v=reading.voltage_v,
            quality=Quality(reading.quality),
        )
    return found


def pushed(before: Latest, said: Mapping[str, Any]) -> Latest:
    """One device's entry of the `readings` topic over what was known; its ceiling stays."""
    return replace(
        before,
        measured_at=datetime.fromtimestamp(said["at"] / 1_000, UTC),
        power_w=said.get("w"),
        charge_pct=said.get("soc"),
        voltage_v=said.get("v"),
        quality=Quality(said.get("q", "bad")),
    )
