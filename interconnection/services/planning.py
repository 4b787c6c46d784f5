"""Planning on a feeder's model: capacity maps and what-if studies, run by a worker (IC-9)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import IntegrityError, transaction

from derms.lib.errors import Refused
from derms.lib.jobs import run_after_commit
from interconnection.models import Feeder, Study
from interconnection.powerflow.circuit import Inverter
from interconnection.powerflow.limits import Moment
from interconnection.powerflow.task import CapacityTask, StudyTask
from interconnection.selectors.circuits import ConnectedCircuit
from interconnection.selectors.network import queue_behind_all
from interconnection.selectors.studies import (
    LEAST_SHARE,
    least_share,
    queued_inverters,
    with_year_and_alternate,
)
from interconnection.services.application_studies import QUEUE, StudyUnderWay, packed
from interconnection.services.studies import MOMENTS, capacity_task, connected_circuit, place_of
from interconnection.statuses import StudyKind

MOST_DER = 200


@dataclass(frozen=True, slots=True)
class PlannedDer:
    """One that might come: where, on which phases, how much it injects."""

    bus: str
    phases: str
    power_w: float


@dataclass(frozen=True, slots=True)
class Growth:
    """In % of today's peak load, and of what is connected and queued."""

    load_pct: float = 0.0
    der_pct: float = 0.0


def request_capacity_map(*, feeder: str, at: datetime, by: str) -> Study:
    """Every point of the feeder with all connected and queued DER; raises NotFound, Refused."""
    connected, assumptions = _with_queue(feeder)
    task = capacity_task(connected)
    return _ask(StudyKind.CAPACITY, "", connected, task, assumptions, at=at, by=by)


def request_what_if(
    *,
    feeder: str,
    title: str,
    planned: Sequence[PlannedDer],
    growth: Growth,
    at: datetime,
    by: str,
) -> Study:
    """A study of several DER at once, as if load and DER had grown; raises NotFound, Refused."""
    if not 0 < len(planned) <= MOST_DER:
        raise Refused(f"Name between 1 and {MOST_DER} DER: bus, phases and kW, one in each line.")
    connected, assumptions = _with_queue(feeder)
    grown = tuple(_grown(inverter, growth.der_pct) for inverter in connected.circuit.inverters)
    circuit = replace(connected.circuit, inverters=(*grown, *_proposed(connected, planned)))
    factor = 1 + growth.load_pct / 100
    moments = tuple(Moment(m.name, m.load_share * factor, m.generation_share) for m in MOMENTS)
    row = Feeder.objects.filter(name=connected.version.name).first()
    task, words = with_year_and_alternate(
        StudyTask(circuit, moments), planned[0].bus, least_share(row.pk) if row else LEAST_SHARE
    )
    task = replace(task, load_shares=tuple(share * factor for share in task.load_shares))
    assumptions += (
        *words, f"Loads as today {growth.load_pct:+g} %, other DER {growth.der_pct:+g} %.",
        *(f"{one.bus} {one.phases}: {one.power_w / 1000:g} kW" for one in planned),
    )  # fmt: skip
    return _ask(StudyKind.WHAT_IF, title, connected, task, assumptions, at=at, by=by)


def _with_queue(feeder: str) -> tuple[ConnectedCircuit, tuple[str, ...]]:
    connected = connected_circuit(feeder)
    queued, missing = queued_inverters(queue_behind_all(), connected)
    circuit = replace(connected.circuit, inverters=(*connected.circuit.inverters, *queued))
    words = (
        f"{len(connected.circuit.inverters)} connected and {len(queued)} queued DER are on it.",
        *connected.left_out,
        *missing,
    )
    return replace(connected, circuit=circuit), words


def _proposed(connected: ConnectedCircuit, planned: Sequence[PlannedDer]) -> list[Inverter]:
    found = []
    for number, one in enumerate(planned, start=1):
        terminal, voltage_v = place_of(connected, one.bus, one.phases)
        found.append(
            Inverter(
                f"planned {number}", terminal, len(terminal.nodes), voltage_v, one.power_w,
                one.power_w, is_proposed=True,
            )
        )  # fmt: skip
    return found


def _grown(inverter: Inverter, growth_pct: float) -> Inverter:
    factor = 1 + growth_pct / 100
    return replace(inverter, rated_w=inverter.rated_w * factor, rated_va=inverter.rated_va * factor)


def _ask(
    kind: StudyKind,
    title: str,
    connected: ConnectedCircuit,
    task: StudyTask | CapacityTask,
    assumptions: tuple[str, ...],
    *,
    at: datetime,
    by: str,
) -> Study:
    try:
        with transaction.atomic():
            study = Study.objects.create(
                kind=kind, title=title, version=connected.version, task=packed(task),
                assumptions=list(assumptions), requested_at=at, requested_by=by,
            )  # fmt: skip
            run_after_commit("interconnection.tasks.run_studies", queue=QUEUE)
    except IntegrityError as error:
        raise StudyUnderWay(
            f"A capacity map of {connected.version} is being made. Wait, or cancel that one."
        ) from error
    return study
