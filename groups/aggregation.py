"""One picture of many DER: what a group gives now and how far it could go up and down (GR-4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from devices.capabilities import Quality

SECONDS_PER_HOUR = 3600.0
# A battery is not emptied below this share, as its owner keeps a reserve.
RESERVE_PCT = 10.0
# Room is what can be held for a quarter of an hour: an almost empty battery is not oversold.
HOLD_S = 900.0
PEERS_NEEDED = 3


class Kind(StrEnum):
    """How a member behaves when it is asked for more or less."""

    PHOTOVOLTAIC = "photovoltaic"
    BATTERY = "battery"


@dataclass(frozen=True, slots=True)
class MemberState:
    """A member's ratings and its last word; `ceiling_w` is a limit or set-point now in force.

    `allowed_w` is the most that its connection lets it inject now; None where only its rating does.
    """

    der_id: int
    kind: Kind
    rated_w: int
    charge_max_w: int = 0
    capacity_wh: int = 0
    power_w: float | None = None
    charge_pct: float | None = None
    quality: Quality = Quality.BAD
    age_s: float | None = None
    ceiling_w: float | None = None
    allowed_w: int | None = None

    @property
    def most_w(self) -> float:
        """The most it may inject, in W."""
        return float(self.rated_w if self.allowed_w is None else min(self.rated_w, self.allowed_w))

    @property
    def is_free(self) -> bool:
        """Whether nothing but the sun holds its output back."""
        return self.ceiling_w is None and self.most_w >= self.rated_w

    @property
    def is_reporting(self) -> bool:
        return self.power_w is not None and self.quality in {Quality.GOOD, Quality.SUBSTITUTED}


@dataclass(frozen=True, slots=True)
class Room:
    """Present output and the room to raise and to lower it, all in W, never negative room."""

    power_w: float
    up_w: float
    down_w: float


@dataclass(frozen=True, slots=True)
class Capability:
    """The sum over the members that report; `rated_w` and `members` count all."""

    power_w: float
    up_w: float
    down_w: float
    rated_w: int
    charge_max_w: int
    members: int
    reporting: int
    charge_pct: float | None
    stored_wh: float | None
    oldest_s: float | None
    quality: Quality


def peer_ratio(members: Iterable[MemberState]) -> float | None:
    """Median output per W of rating of the PV that nothing holds back; None with too few."""
    ratios = [
        max(0.0, member.power_w or 0.0) / member.rated_w
        for member in members
        if member.kind is Kind.PHOTOVOLTAIC and member.is_reporting and member.is_free
    ]
    return median(ratios) if len(ratios) >= PEERS_NEEDED else None


def available_w(member: MemberState, ratio: float | None) -> float:
    """What a PV member could inject now: its output, or what its free peers suggest."""
    power_w = max(0.0, member.power_w or 0.0)
    if member.ceiling_w is None or ratio is None:
        return power_w
    return min(member.most_w, max(power_w, ratio * member.rated_w))


def sustained_w(member: MemberState, hold_s: float = HOLD_S) -> tuple[float, float]:
    """Discharge and charge that a battery's stored energy can hold for `hold_s`."""
    if member.charge_pct is None:
        return 0.0, 0.0
    hours = hold_s / SECONDS_PER_HOUR
    above_reserve = max(0.0, member.charge_pct - RESERVE_PCT) / 100 * member.capacity_wh
    below_full = max(0.0, 100.0 - member.charge_pct) / 100 * member.capacity_wh
    discharge_w = min(member.most_w, above_reserve / hours)
    return discharge_w, min(float(member.charge_max_w), below_full / hours)


def room_of(member: MemberState, ratio: float | None, hold_s: float = HOLD_S) -> Room:
    if not member.is_reporting or member.power_w is None:
        return Room(0.0, 0.0, 0.0)
    power_w = member.power_w
    if member.kind is Kind.PHOTOVOLTAIC:
        return Room(power_w, max(0.0, available_w(member, ratio) - power_w), max(0.0, power_w))
    discharge_w, charge_w = sustained_w(member, hold_s)
    return Room(power_w, max(0.0, discharge_w - power_w), max(0.0, power_w + charge_w))


def aggregate(
    members: Sequence[MemberState], ratio: float | None = None, hold_s: float = HOLD_S
) -> Capability:
    """Sum the members; `ratio` of free PV around them tells what limited members hold back."""
    known_ratio = peer_ratio(members) if ratio is None else ratio
    rooms = [room_of(member, known_ratio, hold_s) for member in members]
    charge_pct, stored_wh = _stored(members)
    ages = [member.age_s for member in members if member.age_s is not None]
    reporting = [member for member in members if member.is_reporting]
    return Capability(
        power_w=sum(room.power_w for room in rooms),
        up_w=sum(room.up_w for room in rooms),
        down_w=sum(room.down_w for room in rooms),
        rated_w=sum(member.rated_w for member in members),
        charge_max_w=sum(member.charge_max_w for member in members),
        members=len(members),
        reporting=len(reporting),
        charge_pct=charge_pct,
        stored_wh=stored_wh,
        oldest_s=max(ages) if ages else None,
        quality=_quality(members),
    )


def _stored(members: Iterable[MemberState]) -> tuple[float | None, float | None]:
    known = [(m.charge_pct, m.capacity_wh) for m in members if m.charge_pct is not None]
    capacity_wh = sum(wh for _, wh in known)
    if not capacity_wh:
        return None, None
    stored_wh = sum(pct / 100 * wh for pct, wh in known)
    return 100 * stored_wh / capacity_wh, stored_wh


def _quality(members: Sequence[MemberState]) -> Quality:
    """Good only when every member is; bad when none reports; otherwise the sum is incomplete."""
    if not any(member.is_reporting for member in members):
        return Quality.BAD
    if all(member.quality is Quality.GOOD for member in members):
        return Quality.GOOD
    if all(member.is_reporting for member in members):
        return Quality.SUBSTITUTED
    return Quality.STALE
