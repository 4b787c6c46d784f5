"""Whether an application is complete, line by line, with the exact words to ask for what is not.

Pure rules on facts: the portal asks them before sending, customer service when it checks (IC-1).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from customers.tariffs.eligibility import Finding as TariffFinding
from derms.lib.words import day, say


class State(StrEnum):
    """How a line of the checklist stands; a note informs and stops nothing."""

    IN_ORDER = "pass"
    MISSING = "fail"
    NOTE = "open"


@dataclass(frozen=True, kw_only=True)
class UnitOnFile:
    """What is known about one unit of the application."""

    name: str
    serial_number: str
    serial_taken_by: str
    nameplate_errors: Mapping[str, list[str]]
    is_listed: bool
    withdrawn_on_date: date | None
    differs_from_list: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ApplicationFacts:
    """What is known about one application."""

    address: str
    is_in_service_area: bool
    other_open_application: str
    tariff_name: str
    tariff_findings: tuple[TariffFinding, ...]
    planned_in_service_date: date | None
    sent_on_date: date | None
    units: tuple[UnitOnFile, ...]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the checklist; `request` is what to ask the customer, `step` where to mend it."""

    code: str
    label: str
    state: State
    why: str = ""
    request: str = ""
    step: str = ""
    can_be_sent: bool = True


@dataclass(frozen=True, kw_only=True)
class Completeness:
    """The whole checklist."""

    lines: tuple[Line, ...]

    @property
    def missing(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.state is State.MISSING)

    @property
    def keeps_from_sending(self) -> tuple[Line, ...]:
        """What the customer must mend before the application can be sent at all."""
        return tuple(line for line in self.missing if not line.can_be_sent)

    @property
    def is_complete(self) -> bool:
        return not self.missing

    @property
    def request_text(self) -> str:
        """The words of a return to the customer, ready to send."""
        requests = [line.request for line in self.missing]
        return requests[0] if len(requests) == 1 else "\n".join(f"- {one}" for one in requests)


def check_completeness(facts: ApplicationFacts, *, today: date) -> Completeness:
    units = [line for unit in facts.units for line in _check_unit(unit, today=today)]
    return Completeness(
        lines=(
            _check_area(facts),
            _check_other(facts),
            *_check_tariff(facts),
            *(units or [_no_unit()]),
            _check_date(facts, today=today),
        )
    )


def _line(code: str, label: str, *, failed: str, request: str, step: str) -> Line:
    """A line that passes when there is nothing to say against it."""
    if not failed:
        return Line(code=code, label=label, state=State.IN_ORDER, step=step)
    return Line(
        code=code,
        label=label,
        state=State.MISSING,
        why=failed,
        request=request,
        step=step,
        can_be_sent=False,
    )


def _check_area(facts: ApplicationFacts) -> Line:
    failed = (
        ""
        if facts.is_in_service_area
        else say("{address} is outside our service area.", address=facts.address)
    )
    request = say("{failed} Please apply to the utility that serves this address.", failed=failed)
    label = "The address is in our service area"
    return _line("service_area", label, failed=failed, request=request, step="service_point")


def _check_other(facts: ApplicationFacts) -> Line:
    other = facts.other_open_application
    failed = say("Application {other} is open at the same meter.", other=other) if other else ""
    request = say(
        "Please withdraw this application or {other}: a meter can have one at a time.", other=other
    )
    label = "No other open application at this meter"
    return _line("other_application", label, failed=failed, request=request, step="service_point")


def _check_tariff(facts: ApplicationFacts) -> Iterable[Line]:
    failed = "" if facts.tariff_name else say("No tariff has been accepted.")
    request = say("Please choose a tariff and accept its terms with your name.")
    yield _line(
        "tariff_accepted", "A tariff is accepted", failed=failed, request=request, step="tariff"
    )
    if facts.tariff_name:
        failed = " ".join(finding.words for finding in facts.tariff_findings)
        label = f"{facts.tariff_name} admits the site and the equipment"
        request = say(
            "{failed} Please choose another tariff or change the equipment.", failed=failed
        )
        yield _line("tariff_admits", label, failed=failed, request=request, step="tariff")


def _no_unit() -> Line:
    return _line(
        "units",
        "Equipment is named",
        failed=say("No equipment is named."),
        request=say("Please add the equipment that you want to connect."),
        step="equipment",
    )


def _check_unit(unit: UnitOnFile, *, today: date) -> Iterable[Line]:
    failed = " ".join(words for errors in unit.nameplate_errors.values() for words in errors)
    request = say("Please correct the nameplate of {name}: {failed}", name=unit.name, failed=failed)
    label = f"{unit.name}: nameplate can be true"
    yield _line("nameplate", label, failed=failed, request=request, step="equipment")
    yield _check_serial(unit)
    yield _check_list(unit, today=today)


def _check_serial(unit: UnitOnFile) -> Line:
    label = f"{unit.name}: serial number, used once"
    if not unit.serial_number:
        # Often known only when the unit has been delivered, so that it may be sent without.
        return Line(
            code="serial_missing",
            label=label,
            state=State.MISSING,
            why=say("The serial number is missing."),
            request=say(
                "Please give the serial number of {name}, printed on its nameplate.", name=unit.name
            ),
            step="equipment",
        )
    taken = unit.serial_taken_by
    failed = (
        say(
            "Serial number {serial_number} already belongs to {taken}.",
            serial_number=unit.serial_number,
            taken=taken,
        )
        if taken
        else ""
    )
    request = say(
        "{failed} Please read the serial number of {name} again from its nameplate.",
        failed=failed,
        name=unit.name,
    )
    return _line("serial", label, failed=failed, request=request, step="equipment")


def _check_list(unit: UnitOnFile, *, today: date) -> Line:
    label = f"{unit.name}: on the list of certified equipment"
    withdrawn = unit.withdrawn_on_date
    if withdrawn is not None and withdrawn <= today:
        failed = say("Withdrawn from the list on {withdrawn}.", withdrawn=day(withdrawn))
        request = say("{name} is no longer certified. Please choose another model.", name=unit.name)
        return _line("equipment_withdrawn", label, failed=failed, request=request, step="equipment")
    if not unit.is_listed:
        why = say("Entered by hand. Engineering will ask for the certificate.")
        return Line(code="not_listed", label=label, state=State.NOTE, why=why, step="equipment")
    if unit.differs_from_list:
        why = say(
            "Differs from the list: {figures}. Engineering decides.",
            figures=", ".join(unit.differs_from_list),
        )
        return Line(code="differs", label=label, state=State.NOTE, why=why, step="equipment")
    return Line(code="listed", label=label, state=State.IN_ORDER, step="equipment")


def _check_date(facts: ApplicationFacts, *, today: date) -> Line:
    label, step = "A date is planned", "date"
    planned = facts.planned_in_service_date
    request = say("Please give the date on which you plan to switch on.")
    if planned is None:
        failed = say("No date is planned.")
        return _line("planned_date", label, failed=failed, request=request, step=step)
    over = say("The planned date, {planned}, is over.", planned=day(planned))
    if planned < (facts.sent_on_date or today):
        return _line("planned_date", label, failed=over, request=request, step=step)
    if planned < today:
        # It passed while the application lay with us: not the customer's to mend.
        return Line(code="planned_date", label=label, state=State.NOTE, why=over, step=step)
    return _line("planned_date", label, failed="", request=request, step=step)
