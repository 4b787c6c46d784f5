"""What the operator console shows, in plain values with units; the page adds nothing to it (pure).

Powers in W at the points of common coupling, injection positive. None means "not known", and the
page says so in words.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from derms.ui.oneline import FeederPicture
from derms.ui.scales import Scale


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A number of the whole system with its normal range on one scale.

    Live keys: `k.<key>` text, `k.<key>.x` place in percent, `k.<key>.s` state, `k.<key>.n` note.
    """

    key: str
    label: str
    text: str
    unit: str
    note: str
    scale: Scale | None = None
    state: str = ""  # "", warn, bad, or none when there is no value


@dataclass(frozen=True, kw_only=True)
class GroupRow:
    """A live group: output now, and how far it can fall and rise.

    Live keys: `g<id>.p` text in kW, `g<id>.x` and `g<id>.hi` places in percent, `g<id>.dn`,
    `g<id>.up` text in kW, `g<id>.s` state, `g<id>.n` word of the state.
    """

    id: int
    name: str
    kinds: str  # "PV", "PV + battery"
    members: int
    reporting: int
    feeder: str
    output_w: float | None
    lowest_w: float  # what the group can be brought down to now (a full charge is negative)
    highest_w: float  # what it could give now
    scale_from_w: float  # nameplate ends of the bar: batteries reach below zero
    scale_to_w: float
    setpoint_w: float | None = None
    state: str = ""  # "", dispatched, held, stale
    word: str = "Auto"
    select_url: str = ""

    @property
    def scale(self) -> Scale:
        return Scale(self.scale_from_w, self.scale_to_w)

    @property
    def now_pct(self) -> float:
        return self.scale.place_pct(self.output_w or 0.0)

    @property
    def zero_pct(self) -> float:
        return self.scale.place_pct(0.0)

    @property
    def highest_pct(self) -> float:
        return self.scale.place_pct(self.highest_w)

    @property
    def setpoint_pct(self) -> float | None:
        return None if self.setpoint_w is None else self.scale.place_pct(self.setpoint_w)

    @property
    def down_w(self) -> float | None:
        return None if self.output_w is None else max(0.0, self.output_w - self.lowest_w)

    @property
    def up_w(self) -> float | None:
        return None if self.output_w is None else max(0.0, self.highest_w - self.output_w)


@dataclass(frozen=True, kw_only=True)
class AlarmRow:
    """An active alarm. `priority` 1 critical … 4 diagnostic."""

    id: int
    priority: int
    priority_label: str
    raised_at: datetime
    message: str
    place: str
    value: str
    limit: str
    is_acknowledged: bool
    acknowledged_by: str = ""
    acknowledge_url: str = ""
    show_url: str = ""


@dataclass(frozen=True, kw_only=True)
class AlarmList:
    """Active alarms by priority, newest first, and how fast they come.

    Event `alarms` in a live frame makes the page fetch `url` again (template _alarms.html).
    """

    url: str = ""
    rows: Sequence[AlarmRow] = ()
    total: int = 0
    per_10_min: Sequence[int] = ()  # the last hour, oldest first
    last: str = ""  # "Lost communication, INV-0088, 13:58" when none is active

    @property
    def rate(self) -> int:
        return self.per_10_min[-1] if self.per_10_min else 0

    @property
    def rate_heights_pct(self) -> list[float]:
        return [min(100.0, 10.0 * count) for count in self.per_10_min]

    @property
    def critical(self) -> AlarmRow | None:
        """The one for the banner: critical and not yet acknowledged."""
        return next((r for r in self.rows if r.priority == 1 and not r.is_acknowledged), None)


@dataclass(frozen=True, kw_only=True)
class EffectRow:
    """One line of the check: what is now and what the command makes of it."""

    label: str
    now: str
    after: str
    now_state: str = ""  # "", warn, bad


@dataclass(frozen=True, kw_only=True)
class CommandPanel:
    """Select, check, execute for one group; `step` says which part of _command.html is drawn."""

    step: str  # idle, select, check, sent, refused
    group: str = ""
    group_id: int | None = None
    # select
    form: object | None = None
    check_url: str = ""
    range_words: str = ""
    # check
    order: str = ""
    reaches: str = ""
    effects: Sequence[EffectRow] = ()
    findings: Sequence[str] = ()  # conflicts in words; empty means none was found
    findings_clear: str = "No tag, no other dispatch and no limit stands against it."
    selection_ends_at: datetime | None = None
    execute_url: str = ""
    cancel_url: str = ""
    token: str = ""  # the same token twice gives the same result
    # sent
    status_url: str = ""
    total: int = 0
    counts: Sequence[tuple[str, int, str]] = ()  # word, count, kind: "", part, bad
    cells: Sequence[str] = ()  # one per member: "", sent, done, bad
    laggards: Sequence[tuple[str, str]] = ()  # member and reason
    release_url: str = ""
    is_over: bool = False
    # refused
    refusal: str = ""

    @property
    def parts(self) -> list[dict[str, object]]:
        return [
            {"label": word, "count": count, "kind": kind, "percent": _share_pct(count, self.total)}
            for word, count, kind in self.counts
        ]


def _share_pct(count: int, total: int) -> float:
    return 100.0 * count / total if total else 0.0


@dataclass(frozen=True, kw_only=True)
class DispatchRow:
    """A dispatch in force: what was asked, what is held, how much is over."""

    id: int
    group: str
    order: str  # "limited to 45.0 kW"
    reason: str
    by: str
    starts_at: datetime
    ends_at: datetime
    word: str  # Executing, Active, Releasing
    elapsed_pct: float
    holding: str  # "Holding 44.8 kW of 45.0 kW asked, 12.3 kWh curtailed"
    url: str = ""
    release_url: str = ""


@dataclass(frozen=True, kw_only=True)
class Period:
    """A choice of the trend."""

    label: str
    url: str
    current: bool = False


@dataclass(frozen=True, kw_only=True)
class Console:
    """Everything on the page, of one moment."""

    at: datetime
    site: str
    tiles: Sequence[Tile]
    groups: Sequence[GroupRow]
    alarms: AlarmList
    command: CommandPanel
    dispatches: Sequence[DispatchRow]
    feeder: FeederPicture | None
    trend_url: str
    trend_periods: Sequence[Period] = ()
    trend_words: str = "Output of all DER over time"
    feeders: Sequence[Period] = field(default_factory=tuple)
    stale_after_s: int = 10

    @property
    def output_w(self) -> float | None:
        return _sum_w([row.output_w for row in self.groups])

    @property
    def down_w(self) -> float | None:
        return _sum_w([row.down_w for row in self.groups])

    @property
    def up_w(self) -> float | None:
        return _sum_w([row.up_w for row in self.groups])


def _sum_w(powers_w: Sequence[float | None]) -> float | None:
    known = [power_w for power_w in powers_w if power_w is not None]
    return sum(known) if known else None
