"""Every point of a device as last read, and how far a new reading has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from derms.ui.formats import MINUS
from devices.models import PointsReading


@dataclass(frozen=True, slots=True)
class PointFound:
    """One point by SunSpec's name, in SunSpec's unit; None where the device has none."""

    name: str
    value: int | float | str | None
    unit: str

    @property
    def text(self) -> str:
        if self.value is None:
            return "not implemented"
        if isinstance(self.value, float):
            return f"{self.value:.10g}".replace("-", MINUS)
        return str(self.value).replace("-", MINUS) if isinstance(self.value, int) else self.value


@dataclass(frozen=True, slots=True)
class ModelPoints:
    """One model with its points, in their order on the wire."""

    id: int
    title: str
    address: int | None
    points: Sequence[PointFound]

    @property
    def implemented(self) -> int:
        return sum(point.value is not None for point in self.points)


@dataclass(frozen=True, slots=True)
class PointsSheet:
    """The newest whole reading, and the one under way or failed after it."""

    reading: PointsReading | None
    models: Sequence[ModelPoints]
    under_way: PointsReading | None
    failed: PointsReading | None

    def is_late(self, at: datetime, patience: timedelta) -> bool:
        return self.under_way is not None and at - self.under_way.asked_at > patience


def points_of(device_id: int) -> PointsSheet:
    newest = list(PointsReading.objects.filter(device_id=device_id).order_by("-pk")[:3])
    whole = next((one for one in newest if one.ended_at and not one.fault), None)
    last = newest[0] if newest else None
    return PointsSheet(
        reading=whole,
        models=[_model(one) for one in whole.points] if whole else [],
        under_way=last if last and last.is_under_way else None,
        failed=last if last and last.fault else None,
    )


def _model(kept: Mapping[str, Any]) -> ModelPoints:
    return ModelPoints(
        id=kept["model"],
        title=kept.get("title", ""),
        address=kept.get("address"),
        points=[PointFound(name, value, unit) for name, value, unit in kept["points"]],
    )
