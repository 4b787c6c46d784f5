"""What the screens are told about one application and the network where it would connect."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Generation:
    """DER already there and ahead in the queue, by nameplate."""

    connected_w: int = 0
    queued_w: int = 0
    connected_va: int = 0
    queued_va: int = 0
    # Of both, what is between one leg of a 240 V service and its neutral.
    one_leg_va: int = 0

    @property
    def active_power_w(self) -> int:
        return self.connected_w + self.queued_w

    @property
    def apparent_power_va(self) -> int:
        return self.connected_va + self.queued_va


@dataclass(frozen=True, slots=True)
class Machine:
    """A generator that is no inverter; `starting_drop_bp` in hundredths of a percent."""

    starts_by_motoring: bool = False
    starting_drop_bp: int | None = None
    is_on_secondary: bool = True


@dataclass(frozen=True, slots=True)
class NonExport:
    """How it keeps from exporting: an option (1 ... 8) of Rule 21 screen I, and its figures."""

    option: int
    service_a: int | None = None
    current_a: int | None = None
    is_certified_non_islanding: bool | None = None
    host_minimum_load_w: int | None = None


@dataclass(frozen=True, slots=True)
class Proposed:
    """What the application asks for: the sum of its units' nameplates; None is not known.

    `export_w` is what a controller lets it feed into the grid; None where that is all of it.
    """

    active_power_w: int
    apparent_power_va: int
    has_storage: bool
    is_certified: bool | None = None
    # Between one leg of a 240 V service and its neutral; a 240 V inverter has none.
    one_leg_va: int | None = 0
    tracks_sun: bool = False
    is_net_metered: bool | None = False
    machine: Machine | None = None
    non_export: NonExport | None = None
    export_w: int | None = None

    @property
    def is_limited(self) -> bool:
        return self.export_w is not None and 0 < self.export_w < self.active_power_w

    def exporting(self) -> "Proposed":
        """As if its export limit were its size; for screens that compare power with load."""
        if self.export_w is None or not self.is_limited:
            return self
        return replace(self, active_power_w=self.export_w, export_w=None)

    def sized(self, active_power_w: int) -> "Proposed":
        """The same application at another size; VA follows in proportion, rounded up."""
        if active_power_w == self.active_power_w:
            return self

        def scaled(amount: int) -> int:
            return -(-active_power_w * amount // self.active_power_w)

        one_leg_va = None if self.one_leg_va is None else scaled(self.one_leg_va)
        return replace(
            self,
            active_power_w=active_power_w,
            apparent_power_va=scaled(self.apparent_power_va),
            one_leg_va=one_leg_va,
        )


@dataclass(frozen=True, slots=True)
class SectionFacts:
    """A line section; loads and generation are those beyond its head device.

    `fault_duty_a` is what the head device may have to interrupt today, connected DER included.
    """

    name: str
    head_device: str
    peak_load_w: int | None
    minimum_load_w: int | None
    minimum_daytime_load_w: int | None
    generation: Generation
    minimum_tracking_load_w: int | None = None
    interrupting_rating_a: int | None = None
    fault_duty_a: int | None = None
    primary_wires: int | None = None


@dataclass(frozen=True, slots=True)
class TransformerFacts:
    """The service transformer; `premises` counts those connected, this one included.

    `network_service` is "radial", "spot" or "area"; `primary_connection` is "line_to_line" or
    "grounded"; empty is not known. `secondary_a` is what the thinnest conductor carries that all
    on the secondary share.
    """

    name: str
    rated_va: int | None
    phases: str
    premises: int
    generation: Generation
    network_service: str = ""
    network_peak_load_w: int | None = None
    primary_connection: str = ""
    is_centre_tapped: bool | None = None
    secondary_a: int | None = None
    secondary_voltage_v: int | None = None


@dataclass(frozen=True, slots=True)
class PointFacts:
    """The primary point nearest the change of ownership.

    `fault_current_a` is of a fault of all three phases, `ground_fault_a` of one phase to earth.
    """

    name: str
    line_voltage_v: int
    distance_m: float
    is_mainline: bool | None = None
    fault_current_a: int | None = None
    ica_static_grid_w: int | None = None
    ica_operational_w: int | None = None
    ica_protection_va: int | None = None
    ground_fault_a: int | None = None


@dataclass(frozen=True, slots=True)
class SubstationFacts:
    """`stability` is "none_known" or "posted"; empty is that nobody has looked it up."""

    name: str
    stability: str
    transmission_generation_w: int | None
    generation: Generation


@dataclass(frozen=True, slots=True)
class FeederFacts:
    """The feeder; hosting capacity is None when no study has found it.

    `on_phases_va` is its generation, connected and queued, that hangs on fewer than three phases:
    which (`A`, `BC`) and how much.
    """

    name: str
    rated_capacity_w: int | None
    hosting_capacity_w: int | None
    generation: Generation
    is_under_tariff: bool | None = None
    on_phases_va: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an engineer found out where no figure decides; `code` is that of the screen."""

    code: str
    is_fine: bool
    reason: str
    by: str


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
    point: PointFacts | None = None
    substation: SubstationFacts | None = None
    judgements: tuple[Judgement, ...] = ()

    def judgement(self, code: str) -> Judgement | None:
        """The latest on this screen."""
        return next((one for one in reversed(self.judgements) if one.code == code), None)
