"""Where a value lies on a bar (pure)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """The two ends of a bar; the normal range is optional."""

    start: float
    end: float
    normal_from: float | None = None
    normal_to: float | None = None
    value: float | None = None

    def place_pct(self, value: float) -> float:
        """Percent from the left; a value beyond an end stays at the end."""
        span = self.end - self.start
        if span <= 0:
            return 0.0
        return round(min(100.0, max(0.0, 100.0 * (value - self.start) / span)), 2)

    @property
    def value_pct(self) -> float | None:
        return None if self.value is None else self.place_pct(self.value)

    @property
    def normal_from_pct(self) -> float:
        return self.place_pct(self.start if self.normal_from is None else self.normal_from)

    @property
    def normal_to_pct(self) -> float:
        return self.place_pct(self.end if self.normal_to is None else self.normal_to)
