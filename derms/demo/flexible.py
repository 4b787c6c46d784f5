"""One roof whose connection was approved with a limit schedule, so that its effect can be seen."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from derms.accounts.models import User
from derms.demo.fleet_file import House
from devices.models import Device
from interconnection.models import Decision, StandardCondition
from interconnection.screening.schedule import Band
from interconnection.services.conditions import Term, write_terms
from interconnection.statuses import DecisionStatus, DecisionVerdict

# The model of its generation can fall to its lowest limit by itself.
GENERATION = "ieee1547_2018"
NOON_H = (10, 15)


def seed_flexible(
    houses: Sequence[House], devices: Mapping[str, Device], people: Mapping[str, User]
) -> None:
    """Half of its rating from ten to three on every day, all of it otherwise."""
    house = _house(houses)
    machine = house.of_kind("pv")
    der = devices[machine.key].der if machine else None
    unit = der.unit if der else None
    if machine is None or der is None or unit is None:
        return
    permitted_at = der.permitted_at
    approval = Decision.objects.create(
        application=unit.application,
        verdict=DecisionVerdict.APPROVE,
        status=DecisionStatus.CONFIRMED,
        reasons="At noon the transformer of its street is full; at other hours there is room.",
        proposed_by=people["enzo"],
        proposed_at=permitted_at - timedelta(days=23),
        answered_by=people["olga"],
        answered_at=permitted_at - timedelta(days=22),
    )
    rated_w = der.active_power_rating_at_unity_power_factor_w
    noon = Band(1, 12, *NOON_H, limit_w=rated_w // 2)
    flexible = StandardCondition.objects.get(code="flexible")
    write_terms(approval, [Term(flexible, rated_w, (noon,))])


def _house(houses: Sequence[House]) -> House:
    """The first on the harbour's feeder with nothing but a newer inverter."""
    return next(
        house
        for house in houses
        if house.feeder == "HARBOUR"
        and house.is_commissioned
        and not house.of_kind("battery")
        and any(one.kind == "pv" and one.generation == GENERATION for one in house.machines)
    )
