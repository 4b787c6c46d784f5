"""Every DER that is connected by a device: where it is, what it can, what it last said."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain

from django.conf import settings
from django.db.models import F, OuterRef, QuerySet, Subquery

from devices import selectors as devices
from devices.capabilities import Quality
from devices.models import Device
from devices.selectors.unit_limits import limits_by_der
from groups.aggregation import HOLD_S, Kind, MemberState, peer_ratio
from interconnection.models import ServiceConnection
from interconnection.screening.export import UnitLimits
from interconnection.selectors.export_limits import local_time
from interconnection.statuses import Technology


@dataclass(frozen=True, slots=True)
class FleetMember:
    """What changes rarely: the DER, its device and its place."""

    der_id: int
    device_id: int
    name: str
    customer: str
    kind: Kind
    rated_w: int
    charge_max_w: int
    capacity_wh: int
    feeder_id: int | None
    feeder: str
    bus: str
    nominal_voltage_v: int


@dataclass(frozen=True, slots=True)
class Latest:
    """What a device last said, and the limit or set-point it is known to hold."""

    measured_at: datetime | None = None
    power_w: float | None = None
    charge_pct: float | None = None
    voltage_v: float | None = None
    quality: Quality = Quality.BAD
    ceiling_w: float | None = None


NOTHING = Latest()


@dataclass(frozen=True, slots=True)
class Roster:
    """All members by DER, and what limits the connection of some of them."""

    members: Mapping[int, FleetMember]
    limits: Mapping[int, UnitLimits] = field(default_factory=dict)

    def device_ids(self) -> list[int]:
        return [member.device_id for member in self.members.values()]

    def allowed_w(self, der_id: int, at: datetime) -> int | None:
        """What its connection lets it inject for as long as room is promised."""
        limits = self.limits.get(der_id)
        if limits is None:
            return None
        return limits.lowest(local_time(at), local_time(at + timedelta(seconds=HOLD_S))).limit_w


@dataclass(frozen=True, slots=True)
class Fleet:
    """A roster with what its devices last said, as of one moment."""

    at: datetime
    members: Mapping[int, FleetMember]
    latest: Mapping[int, Latest]
    states: Mapping[int, MemberState]
    ratios: Mapping[int | None, float | None]

    @classmethod
    def of(cls, roster: Roster, latest: Mapping[int, Latest], at: datetime) -> "Fleet":
        """`latest` is keyed by device."""
        heard = {
            member.der_id: latest.get(member.device_id, NOTHING)
            for member in roster.members.values()
        }
        states = {
            member.der_id: _state(
                member, heard[member.der_id], at, roster.allowed_w(member.der_id, at)
            )
            for member in roster.members.values()
        }
        return cls(at, roster.members, heard, states, _ratios(roster, states))

    def states_of(self, der_ids: Iterable[int]) -> list[MemberState]:
        """One state each; a DER without a device is a member that never reports."""
        return [
            self.states.get(der_id, MemberState(der_id, Kind.PHOTOVOLTAIC, rated_w=0))
            for der_id in der_ids
        ]

    def ratio_for(self, der_ids: Iterable[int]) -> float | None:
        """How the free PV on the feeders of these members does."""
        feeders = {self.members[der_id].feeder_id for der_id in der_ids if der_id in self.members}
        known = [ratio for feeder in feeders if (ratio := self.ratios.get(feeder)) is not None]
        return sum(known) / len(known) if known else None


def roster(der_ids: Iterable[int] | None = None) -> Roster:
    """All DER with an active device; two queries, and three more where connections are limited."""
    ids = None if der_ids is None else list(der_ids)
    members = (_member(row) for row in _devices(ids))
    return Roster({one.der_id: one for one in members if one is not None}, limits_by_der(ids))


def fleet(at: datetime, der_ids: Iterable[int] | None = None) -> Fleet:
    everybody = roster(der_ids)
    return Fleet.of(everybody, heard(everybody, at), at)


def heard(everybody: Roster, at: datetime) -> dict[int, Latest]:
    """By device, from the database."""
    image = devices.fleet_image(everybody.device_ids(), at)
    readings = devices.latest_readings(everybody.device_ids())
    return {
        device_id: Latest(
            measured_at=one.measured_at,
            power_w=one.active_power_w,
            charge_pct=one.state_of_charge_pct,
            voltage_v=readings[device_id].voltage_v if device_id in readings else None,
            quality=one.quality,
            ceiling_w=one.limit_w if one.set_w is None else one.set_w,
        )
        for device_id, one in image.devices.items()
    }


def _devices(der_ids: Iterable[int] | None) -> QuerySet[Device]:
    place = ServiceConnection.objects.filter(usage_point=OuterRef("usage_point"))
    found = Device.objects.filter(active_to=None, der__isnull=False, der__retired_at=None)
    if der_ids is not None:
        found = found.filter(der__in=list(der_ids))
    return (
        found.select_related("der__usage_point__customer")
        .annotate(
            feeder_id=Subquery(place.values("transformer__bus__feeder")[:1]),
            feeder_name=Subquery(place.values("transformer__bus__feeder__name")[:1]),
            bus_name=Subquery(place.values("transformer__bus__name")[:1]),
            point_voltage_v=F("usage_point__nominal_voltage_v"),
        )
        .order_by("der__name", "pk")
    )


def _member(row: Device) -> FleetMember | None:
    der = row.der
    if der is None:
        return None
    is_battery = der.technology == Technology.BATTERY
    rated_w = der.active_power_rating_at_unity_power_factor_w
    places: dict[str, object] = vars(row)
    return FleetMember(
        der_id=der.pk,
        device_id=row.pk,
        name=der.name,
        customer=der.usage_point.customer.name,
        kind=Kind.BATTERY if is_battery else Kind.PHOTOVOLTAIC,
        rated_w=rated_w,
        charge_max_w=(der.active_power_charge_max_rating_w or rated_w) if is_battery else 0,
        capacity_wh=der.energy_capacity_wh or 0,
        feeder_id=_number(places["feeder_id"]),
        feeder=str(places["feeder_name"] or ""),
        bus=str(places["bus_name"] or ""),
        nominal_voltage_v=der.usage_point.nominal_voltage_v,
    )


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _state(member: FleetMember, latest: Latest, at: datetime, allowed_w: int | None) -> MemberState:
    age_s = None if latest.measured_at is None else (at - latest.measured_at).total_seconds()
    quality = latest.quality
    if age_s is not None and age_s > settings.READING_STALE_S and quality is not Quality.BAD:
        quality = Quality.STALE
    return MemberState(
        der_id=member.der_id,
        kind=member.kind,
        rated_w=member.rated_w,
        charge_max_w=member.charge_max_w,
        capacity_wh=member.capacity_wh,
        power_w=latest.power_w,
        charge_pct=latest.charge_pct,
        quality=quality,
        age_s=age_s,
        ceiling_w=latest.ceiling_w,
        allowed_w=allowed_w,
    )


def _ratios(roster: Roster, states: Mapping[int, MemberState]) -> dict[int | None, float | None]:
    by_feeder: dict[int | None, list[MemberState]] = defaultdict(list)
    for member in roster.members.values():
        by_feeder[member.feeder_id].append(states[member.der_id])
    everywhere = peer_ratio(chain.from_iterable(by_feeder.values()))
    return {
        feeder: everywhere if (ratio := peer_ratio(members)) is None else ratio
        for feeder, members in by_feeder.items()
    }
