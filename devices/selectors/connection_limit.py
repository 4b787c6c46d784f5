"""Why a device is limited now: the conditions of its approval and the hours they hold (IC-5)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from devices.capabilities import Function
from devices.models import Device
from devices.selectors.settings import SettingFacts, in_force
from devices.selectors.unit_limits import limits_by_der
from interconnection.screening.export import ExportLimit, Held
from interconnection.selectors.export_limits import local_time

LIMIT = Function.LIMIT_ACTIVE_POWER.value


@dataclass(frozen=True, slots=True)
class LimitRow:
    """One line of the schedule: when, and how much for the device itself."""

    months: str
    hours: str
    all_w: int
    own_w: int
    is_now: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition with its lines; the last one holds in all other hours."""

    limit: ExportLimit
    rows: tuple[LimitRow, ...]


@dataclass(frozen=True, slots=True)
class ConnectionLimit:
    """What the device may inject now and from `next_at`, and whether that is what it holds."""

    now: Held
    rated_w: int
    together_w: int
    next_at: datetime | None
    next_w: int
    falls_at: datetime | None
    lowest_w: int
    is_always_lowest: bool
    conditions: tuple[Condition, ...]
    word: str
    kind: str

    @property
    def is_shared(self) -> bool:
        return self.together_w > self.rated_w


def connection_limit(device: Device, facts: SettingFacts, at: datetime) -> ConnectionLimit | None:
    """None where the connection is not a flexible one; asks the conditions, nothing else."""
    of_unit = limits_by_der([device.der_id]).get(device.der_id) if device.der_id else None
    if of_unit is None:
        return None
    local = local_time(at)
    now, next_at = of_unit.at(local), of_unit.changes_at(local)
    word, kind = _standing(facts, now.limit_w)
    return ConnectionLimit(
        now=now,
        rated_w=of_unit.rated_w,
        together_w=of_unit.together_w,
        next_at=next_at,
        next_w=of_unit.at(next_at).limit_w if next_at else now.limit_w,
        falls_at=of_unit.falls_at(local),
        lowest_w=of_unit.lowest_ever().limit_w,
        is_always_lowest=of_unit.is_always_lowest,
        conditions=tuple(
            Condition(limit, tuple(_rows(limit, of_unit.share_w, local)))
            for limit in of_unit.limits
        ),
        word=word,
        kind=kind,
    )


def _rows(limit: ExportLimit, share_w: Callable[[int], int], local: datetime) -> list[LimitRow]:
    now_w = limit.at(local)
    rows = [
        LimitRow(
            band.months,
            band.hours,
            band.limit_w,
            share_w(band.limit_w),
            band.holds(local.month, local.hour) and band.limit_w == now_w,
        )
        for band in limit.bands
    ]
    is_other = not any(band.holds(local.month, local.hour) for band in limit.bands)
    rows.append(LimitRow("otherwise", "", limit.otherwise_w, share_w(limit.otherwise_w), is_other))
    return rows


def _standing(facts: SettingFacts, limit_w: int) -> tuple[str, str]:
    """What the last reading said, in a mark's words and kind."""
    command = next((one for one in in_force(facts) if one.function == LIMIT), None)
    if command is not None and command.value_w is not None and command.value_w <= limit_w:
        return f"A command holds it lower, at {command.value_w / 1000:,.2f} kW", "active"
    found, approved = facts.found.get(LIMIT), facts.approved.get(LIMIT)
    if approved is None or approved.value_w is None or approved.value_w > limit_w:
        return "Not set yet", "wait"
    if found is None or found.read_at < approved.approved_at:
        return "Not read back yet", "wait"
    if found.differs_since is not None:
        return "The device holds something else", "bad"
    return "The device holds it", "done"
