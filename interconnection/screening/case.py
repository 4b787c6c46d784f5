"""What the screens are told about one application and the network where it would connect."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Generation:
    """DER already there and ahead in the queue, by nameplate."""

    connected_w: int = 0
    queued_w: int = 0
    connected_va: int = 0
    queued_va: int = 0

    @property
    def active_power_w(self) -> int:
        return self.connected_w + self.queued_w

    @property
    def apparent_power_va(self) -> int:
        return self.connected_va + self.queued_va


@dataclass(frozen=True, slots=True)
class Proposed:
    """What the application asks for: the sum of its units' nameplates."""

    active_power_w: int
    apparent_power_va: int
    has_storage: bool

    def sized(self, active_power_w: int) -> "Proposed":
        """The same application at another size; VA follows in proportion, rounded up."""
        apparent_va = -(-active_power_w * self.apparent_power_va // self.active_power_w)
        return Proposed(active_power_w, apparent_va, self.has_storage)


@dataclass(frozen=True, slots=True)
class SectionFacts:
    """A line section; loads and generation are those beyond its head device."""

    name: str
    head_device: str
    peak_load_w: int | None
    minimum_load_w: int | None
    minimum_daytime_load_w: int | None
    generation: Generation


@dataclass(frozen=True, slots=True)
class TransformerFacts:
    """The service transformer; `premises` counts those connected, this one included."""

    name: str
    rated_va: int | None
    phases: str
    premises: int
    generation: Generation


@dataclass(frozen=True, slots=True)
class FeederFacts:
    """The feeder; hosting capacity is None when no study has found it."""

    name: str
    rated_capacity_w: int | None
    hosting_capacity_w: int | None
    generation: Generation


@dataclass(frozen=True, slots=True)
class ScreeningCase:
    """Everything the screens may look at.

    `sections` go from the one of the connection to the substation. Network facts are missing
    when the service point is not in the network model.
    """

    proposed: Proposed
    sections: tuple[SectionFacts, ...] = ()
    transformer: TransformerFacts | None = None
    feeder: FeederFacts | None = None
