"""The seven numbers of the whole system, each with its normal range."""

from collections.abc import Mapping
from datetime import datetime

from derms.ui.console import Tile
from derms.ui.formats import ABSENT, number, scaled
from derms.ui.scales import Scale
from dispatch.selectors.standing import Standing
from groups.aggregation import Capability, aggregate
from groups.selectors import Fleet, Latest

# ANSI C84.1 range A at the point of service.
LOWEST_PU, HIGHEST_PU = 0.95, 1.05
NEAR_PU = 0.005
REPORTING_WARN_PCT, REPORTING_BAD_PCT = 95.0, 80.0


def tiles_of(
    standing: Standing,
    fleet: Fleet,
    meters: Mapping[int, Latest],
    held_back_w: float,
    at: datetime,
) -> tuple[Tile, ...]:
    whole = aggregate(list(fleet.states.values()))
    return (
        _output(whole),
        _load(meters, at),
        _held_back(held_back_w, whole, standing),
        _voltage(fleet),
        _stored(whole),
        _reporting(whole),
        _flexibility(whole),
    )


def _output(whole: Capability) -> Tile:
    power_w = whole.power_w if whole.reporting else None
    return Tile(
        key="output",
        label="DER output",
        text=_kilo(power_w),
        unit="kW",
        note=f"of {scaled(whole.rated_w, unit='W')} rated",
        scale=Scale(-float(whole.charge_max_w), float(whole.rated_w), value=power_w),
        state="" if whole.reporting else "none",
    )


def _load(meters: Mapping[int, Latest], at: datetime) -> Tile:
    """Meters count injection positive, like all; what the sites take is the opposite."""
    powers = [-one.power_w for one in meters.values() if one.power_w is not None]
    total_w = sum(powers) if powers else None
    return Tile(
        key="load",
        label="Net load at meters",
        text=_kilo(total_w),
        unit="kW",
        note=f"{len(powers)} of {len(meters)} meters" if meters else "no meters",
        state="" if powers else "none",
    )


def _held_back(held_back_w: float, whole: Capability, standing: Standing) -> Tile:
    count = len(standing.dispatches)
    words = "no dispatch" if not count else "1 dispatch" if count == 1 else f"{count} dispatches"
    return Tile(
        key="curtailed",
        label="Held back",
        text=_kilo(held_back_w),
        unit="kW",
        note=f"{words} in force",
        scale=Scale(0.0, float(whole.rated_w) or 1.0, value=held_back_w),
    )


def _voltage(fleet: Fleet) -> Tile:
    """The one furthest from nominal, and where it is."""
    measured = [
        (latest.voltage_v / member.nominal_voltage_v, member)
        for der_id, member in fleet.members.items()
        if (latest := fleet.latest[der_id]).voltage_v
        and fleet.states[der_id].is_reporting
        and member.nominal_voltage_v
    ]
    if not measured:
        return Tile(
            key="voltage", label="Worst voltage", text=ABSENT, unit="pu", note="none measured",
            state="none",
        )  # fmt: skip
    worst_pu, where = max(measured, key=lambda one: abs(one[0] - 1.0))
    state = ""
    if not LOWEST_PU <= worst_pu <= HIGHEST_PU:
        state = "bad"
    elif not LOWEST_PU + NEAR_PU <= worst_pu <= HIGHEST_PU - NEAR_PU:
        state = "warn"
    return Tile(
        key="voltage",
        label="Worst voltage",
        text=number(worst_pu, 3),
        unit="pu",
        note=f"bus {where.bus}, {where.feeder}",
        scale=Scale(0.9, 1.1, LOWEST_PU, HIGHEST_PU, worst_pu),
        state=state,
    )


def _stored(whole: Capability) -> Tile:
    if whole.charge_pct is None or whole.stored_wh is None:
        return Tile(
            key="stored", label="Stored energy", text=ABSENT, unit="%", note="no battery reports",
            state="none",
        )  # fmt: skip
    return Tile(
        key="stored",
        label="Stored energy",
        text=number(whole.charge_pct, 0),
        unit="%",
        note=scaled(whole.stored_wh, unit="Wh"),
        scale=Scale(0.0, 100.0, 10.0, 100.0, whole.charge_pct),
    )


def _reporting(whole: Capability) -> Tile:
    if not whole.members:
        return Tile(
            key="reporting", label="DER reporting", text=ABSENT, unit="%", note="no DER yet",
            state="none",
        )  # fmt: skip
    share_pct = 100.0 * whole.reporting / whole.members
    state = "bad" if share_pct < REPORTING_BAD_PCT else ""
    if not state and share_pct < REPORTING_WARN_PCT:
        state = "warn"
    return Tile(
        key="reporting",
        label="DER reporting",
        text=number(share_pct, 1),
        unit="%",
        note=f"{whole.reporting} of {whole.members}",
        scale=Scale(0.0, 100.0, REPORTING_WARN_PCT, 100.0, share_pct),
        state=state,
    )


def _flexibility(whole: Capability) -> Tile:
    return Tile(
        key="flexibility",
        label="Flexibility",
        text=number(whole.up_w / 1_000, 1, signed=True),
        unit="kW up",
        note=f"{number(-whole.down_w / 1_000, 1)} kW down",
        state="" if whole.reporting else "none",
    )


def _kilo(power_w: float | None) -> str:
    return number(None if power_w is None else power_w / 1_000, 1)
