"""Service orders and work requests of IEC 61968-6, as cim §10 gives their shapes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from xml.etree.ElementTree import Element, SubElement

from cim.messages.envelope import names_in, stamp
from cim.messages.reading import children, local, moment, text

YEAR = "2015"
SERVICE_ORDERS, WORK_REQUESTS = "ServiceOrders", "WorkRequests"
# Control characters that XML cannot carry; people paste them into notes.
NOT_IN_XML = {number: None for number in range(32) if number not in (9, 10, 13)} | {127: None}


class WorkStatusKind(StrEnum):
    """Where work stands, in the words of Part 6."""

    APPROVED = "approved"
    CANCELLED = "cancelled"
    CLOSED = "closed"
    COMPLETED = "completed"
    DISPATCHED = "dispatched"
    ENROUTE = "enroute"
    IN_PROGRESS = "inProgress"
    ON_SITE = "onSite"
    SCHEDULED = "scheduled"
    WAITING_ON_APPROVAL = "waitingOnApproval"
    WAITING_ON_MATERIAL = "waitingOnMaterial"
    WAITING_TO_BE_SCHEDULED = "waitingToBeScheduled"


@dataclass(frozen=True, kw_only=True)
class Activity:
    """One thing that happened to the work."""

    at: datetime
    kind: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class WorkOut:
    """One service order or work request as it is told to a work-management system."""

    number: str
    kind: str
    status: WorkStatusKind
    requested_at: datetime
    changed_at: datetime
    customer: str
    account: str
    subject: str
    instruction: str
    task_kind: str
    activities: Sequence[Activity] = ()
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    crew: str = ""
    meter: str = ""


@dataclass(frozen=True, kw_only=True)
class WorkIn:
    """What a work-management system says of one order: its names, status, words, crew, window."""

    names: tuple[str, ...]
    status: str
    reason: str
    crew: str
    begins_at: datetime | None
    ends_at: datetime | None


def write_service_orders(orders: Sequence[WorkOut]) -> Element:
    return _list(SERVICE_ORDERS, "ServiceOrder", orders)


def write_work_requests(works: Sequence[WorkOut]) -> Element:
    return _list(WORK_REQUESTS, "WorkRequest", works)


def read_works(payload: Element | None) -> list[WorkIn]:
    """Every object of the payload, whatever prefix and year its profile has."""
    found = []
    for profile in payload if payload is not None else ():
        for thing in profile:
            if local(thing) in {"ServiceOrder", "WorkRequest"}:
                found += [_work_in(thing, work) for work in children(thing, "Work")]
    return found


def read_query(request: Element | None) -> list[str]:
    """The names that a query asks for; empty for everything that is open."""
    names = [text(one) for one in children(request, "ID")]
    for query in request if request is not None else ():
        for thing in query:
            if local(thing) in {"ServiceOrder", "WorkRequest"}:
                names += names_in(thing) or [text(thing, "mRID")]
    return [name for name in names if name]


def _work_in(thing: Element, work: Element) -> WorkIn:
    activities = [text(one, "reason") for one in children(work, "ActivityRecords")]
    schedule = next(children(work, "TimeSchedules"), None)
    tasks = list(children(work, "WorkTasks"))
    crews = [name for task in tasks for crew in children(task, "Crews") for name in names_in(crew)]
    interval = next(children(schedule, "scheduleInterval"), None)
    return WorkIn(
        names=tuple(names_in(thing) or names_in(work)),
        status=text(work, "statusKind"),
        reason=" ".join(reason for reason in activities if reason),
        crew=", ".join(crews),
        begins_at=moment(interval, "start"),
        ends_at=moment(interval, "end"),
    )


def _list(profile: str, name: str, works: Sequence[WorkOut]) -> Element:
    writer = _Writer(profile)
    root = Element(f"{{{writer.space}}}{profile}")
    for one in works:
        thing = writer.add(root, name)
        writer.name(thing, one.number, "number")
        writer.write_work(writer.add(thing, "Work"), one)
    return root


class _Writer:
    """Writes elements of one profile, in the order of its sequences: values first, then by name."""

    def __init__(self, profile: str) -> None:
        self.space = f"http://iec.ch/TC57/{YEAR}/{profile}#"
        self.is_order = profile == SERVICE_ORDERS

    def add(self, parent: Element, tag: str, words: str | None = None) -> Element:
        element = SubElement(parent, f"{{{self.space}}}{tag}")
        element.text = words.translate(NOT_IN_XML) if words is not None else None
        return element

    def name(self, parent: Element, words: str, kind: str = "") -> None:
        names = self.add(parent, "Names")
        self.add(names, "name", words)
        if kind:
            self.add(self.add(names, "NameType"), "name", kind)

    def write_work(self, work: Element, one: WorkOut) -> None:
        self.add(work, "kind", one.kind)
        self.add(work, "lastModifiedDateTime", stamp(one.changed_at))
        self.add(work, "requestDateTime", stamp(one.requested_at))
        self.add(work, "statusKind", one.status)
        for activity in one.activities:
            record = self.add(work, "ActivityRecords")
            self.add(record, "createdDateTime", stamp(activity.at))
            if activity.reason:
                self.add(record, "reason", activity.reason)
            self.add(record, "type", activity.kind)
        if self.is_order:
            customer = self.add(work, "Customers")
            self.name(self.add(customer, "CustomerAgreements"), one.account, "account")
            self.name(customer, one.customer)
        if one.begins_at and one.ends_at:
            schedule = self.add(work, "TimeSchedules")
            self.add(schedule, "kind", "estimate")
            interval = self.add(schedule, "scheduleInterval")
            self.add(interval, "end", stamp(one.ends_at))
            self.add(interval, "start", stamp(one.begins_at))
        self._write_task(self.add(work, "WorkTasks"), one)

    def _write_task(self, task: Element, one: WorkOut) -> None:
        if one.begins_at or self.is_order:
            self.add(task, "crewETA", stamp(one.begins_at or one.requested_at))
        self.add(task, "instruction", one.instruction)
        if self.is_order:
            self.add(task, "statusKind", one.status)
        self.add(task, "subject", one.subject)
        self.add(task, "taskKind", one.task_kind)
        if one.crew:
            self.name(self.add(task, "Crews"), one.crew)
        if self.is_order and one.meter:
            self.name(self.add(task, "UsagePoint"), one.meter, "meter")
