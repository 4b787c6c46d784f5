"""What a study of an application is given, and what it found (IC-4)."""

import json
import zlib
from dataclasses import dataclass, replace

from django.db.models import QuerySet

from derms.lib.errors import Refused
from derms.lib.wire import from_data
from interconnection.models import (
    InterconnectionApplication,
    LineSection,
    NetworkVersion,
    ServiceConnection,
    Study,
)
from interconnection.powerflow.circuit import Circuit, Inverter, Terminal
from interconnection.powerflow.facts import SQRT3, nodes
from interconnection.powerflow.limits import PEAK, Moment
from interconnection.powerflow.profiles import LATITUDE_DEG, load_shares, sun_shares
from interconnection.powerflow.switching import alternate_feed
from interconnection.powerflow.task import CapacityMap, CapacityTask, StudyResult, StudyTask
from interconnection.selectors.circuits import ConnectedCircuit, current_version, with_connected_der
from interconnection.selectors.network import connection_of, queue_ahead_of
from interconnection.selectors.profiles import REACTIVE_SHARE, curves_of
from interconnection.statuses import PhasesUsed, StudyKind

MINIMUM_SHARE = 0.35
LARGEST_W = 10_000_000.0
LEAST_SHARE = 0.3
# Beyond it the hours of two years would hold a worker for longer than an engineer waits.
MOST_BUSES_IN_A_YEAR = 1_500


@dataclass(frozen=True, slots=True)
class PreparedStudy:
    """A task with the version it is for, and in words what had to be assumed."""

    version: NetworkVersion
    task: StudyTask
    assumptions: tuple[str, ...]


def study_task(application: InterconnectionApplication) -> PreparedStudy:
    """The feeder with all connected and earlier queued DER, and the application's own.

    Raises Refused in words when the service point or its feeder has no model.
    """
    connection = connection_of(application.usage_point)
    if connection is None:
        raise Refused(
            f"The service point of {application} is not in the network model. Connect it first."
        )
    feeder = connection.transformer.bus.feeder
    version = current_version(feeder.name)
    if version is None:
        raise Refused(f"Feeder {feeder.name} has no network model. Import one with import_network.")
    connected = with_connected_der(version)
    assumptions = list(connected.left_out)
    queued, missing = queued_inverters(queue_ahead_of(application), connected)
    assumptions += missing
    volt_var, volt_watt, curves = curves_of(application)
    proposed = replace(
        _inverter(application, connection, is_proposed=True),
        volt_var=volt_var,
        volt_watt=volt_watt,
    )
    assumptions.append(curves)
    if proposed.terminal.bus not in set(connected.circuit.buses):
        raise Refused(
            f"{version} has no bus {proposed.terminal.bus}, where {application} would connect."
        )
    if phases_of(application, connection) != connection.transformer.phases:
        assumptions.append(
            f"It uses one of three phases: phase {connection.transformer.phases[0]} was taken."
        )
    moments, words = _moments(feeder.pk)
    circuit = replace(
        connected.circuit, inverters=(*connected.circuit.inverters, *queued, proposed)
    )
    task, more = with_year_and_alternate(
        StudyTask(circuit, moments, hosting_largest_w=LARGEST_W), proposed.terminal.bus,
        least_share(feeder.pk),
    )  # fmt: skip
    return PreparedStudy(version, task, (*assumptions, *words, *more))


def with_year_and_alternate(
    task: StudyTask, bus: str, least: float
) -> tuple[StudyTask, tuple[str, ...]]:
    """The task with its hours and the other way to feed `bus`, and in words what had to be made up.

    `least` is the lowest load of the year as a share of its peak.
    """
    feed = alternate_feed(task.circuit, bus)
    if feed is None:
        words = ["The model has no open switch to another feed: no contingency feed was studied."]
    else:
        words = [f"Contingency feed: {feed.opened} open, {feed.closed} closed."]
        task = replace(task, alternate=feed.circuit)
    buses = len(task.circuit.buses)
    if buses > MOST_BUSES_IN_A_YEAR:
        words.append(
            f"The hours of a year were left out: {buses} buses, more than {MOST_BUSES_IN_A_YEAR}."
        )
        return task, tuple(words)
    words.append(
        f"The hours of the year are made up: loads between {least:.0%} of the peak and the peak by "
        f"time of day and season, the sun as under clear skies at {LATITUDE_DEG:.0f}° of latitude."
    )
    task = replace(task, load_shares=load_shares(least), generation_shares=sun_shares())
    return task, tuple(words)


def least_share(feeder_id: int) -> float:
    """The lowest load as measured at the feeder's head, as a share of its peak."""
    return share_at(LineSection.objects.filter(feeder_id=feeder_id, upstream__isnull=True).first())


def share_at(head: LineSection | None) -> float:
    """The same for a head that is known; the usual share where nobody has measured."""
    if head and head.peak_load_w and head.minimum_load_w is not None:
        return min(1.0, head.minimum_load_w / head.peak_load_w)
    return LEAST_SHARE


def studies_of(application: InterconnectionApplication) -> "QuerySet[Study]":
    return (
        Study.objects.filter(application=application)
        .defer("task", "result", "pictures", "version__circuit")
        .select_related("version")
        .order_by("-requested_at", "-pk")
    )


def result_of(study: Study) -> StudyResult | None:
    if study.result is None or study.kind == StudyKind.CAPACITY:
        return None
    return from_data(StudyResult, json.loads(zlib.decompress(bytes(study.result))))


def studied_circuit(study: Study) -> Circuit:
    data = json.loads(zlib.decompress(bytes(study.task)))
    if study.kind == StudyKind.CAPACITY:
        return from_data(CapacityTask, data).circuit
    return from_data(StudyTask, data).circuit


def capacity_of(study: Study) -> CapacityMap | None:
    if study.result is None or study.kind != StudyKind.CAPACITY:
        return None
    return from_data(CapacityMap, json.loads(zlib.decompress(bytes(study.result))))


def distances_of(circuit: Circuit) -> dict[str, float]:
    """How far each bus is from the source, along the lines."""
    near: dict[str, list[tuple[str, float]]] = {}
    for line in circuit.lines:
        if not line.is_open:
            one, other = line.sending.bus, line.receiving.bus
            near.setdefault(one, []).append((other, line.length_m))
            near.setdefault(other, []).append((one, line.length_m))
    for bank in circuit.transformers:
        first, *others = (winding.terminal.bus for winding in bank.windings)
        for other in others:
            near.setdefault(first, []).append((other, 0.0))
            near.setdefault(other, []).append((first, 0.0))
    found, waiting = {circuit.source.bus: 0.0}, [circuit.source.bus]
    while waiting:
        here = waiting.pop()
        for bus, length_m in near.get(here, ()):
            if bus not in found:
                found[bus] = found[here] + length_m
                waiting.append(bus)
    return found


def _moments(feeder_id: int) -> tuple[tuple[Moment, ...], list[str]]:
    """Peak and minimum daytime load, the latter as measured at the feeder's head."""
    head = LineSection.objects.filter(feeder_id=feeder_id, upstream__isnull=True).first()
    if head and head.peak_load_w and head.minimum_daytime_load_w is not None:
        share = head.minimum_daytime_load_w / head.peak_load_w
        return (PEAK, Moment("Minimum daytime load", round(share, 6))), []
    words = (
        f"No minimum daytime load is known at the feeder's head: {MINIMUM_SHARE:.0%} of the peak "
        "was taken."
    )
    return (PEAK, Moment("Minimum daytime load", MINIMUM_SHARE)), [words]


def queued_inverters(
    ahead_of_all: "QuerySet[InterconnectionApplication]", connected: ConnectedCircuit
) -> tuple[list[Inverter], list[str]]:
    """Applications in the queue on this feeder, by nameplate, and in words who is left out."""
    name = connected.version.name
    buses = set(connected.circuit.buses)
    inverters, missing = [], []
    for ahead in ahead_of_all.prefetch_related("units"):
        connection = connection_of(ahead.usage_point)
        if connection is None or connection.transformer.bus.feeder.name != name:
            continue
        inverter = _inverter(ahead, connection, is_proposed=False)
        if inverter.terminal.bus in buses:
            inverters.append(inverter)
        else:
            missing.append(f"{ahead}, ahead in the queue: its bus is not in the model")
    return inverters, missing


def phases_of(application: InterconnectionApplication, connection: ServiceConnection) -> str:
    """Those of its transformer; only the first where it uses one of three."""
    phases = connection.transformer.phases
    return phases[:1] if application.phases_used == PhasesUsed.SINGLE else phases


def _inverter(
    application: InterconnectionApplication, connection: ServiceConnection, *, is_proposed: bool
) -> Inverter:
    bus, phases = connection.transformer.bus, phases_of(application, connection)
    units = list(application.units.all())
    rated_va = float(sum(unit.apparent_power_max_rating_va for unit in units))
    return Inverter(
        name=application.reference,
        terminal=Terminal(bus.name, nodes(phases)),
        phases=len(phases),
        rated_voltage_v=bus.nominal_voltage_v / (1 if len(phases) == 3 else SQRT3),
        rated_va=rated_va,
        rated_w=float(sum(u.active_power_rating_at_unity_power_factor_w for u in units)),
        reactive_power_max_var=REACTIVE_SHARE * rated_va,
        is_proposed=is_proposed,
    )
