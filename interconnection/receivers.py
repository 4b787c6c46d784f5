"""What interconnection does at news from the floor below."""

from datetime import date, datetime
from functools import partial

from customers.flows.clock import Holidays
from customers.models import Programme, ServiceRequest
from customers.selectors.programmes import programme_versions_in_force
from customers.selectors.requests import holidays
from customers.services.holidays import keep_due_dates, move_due_dates
from customers.services.programmes import enrol
from customers.signals import holidays_changed, programme_accepted
from customers.statuses import REQUEST_ENDED
from derms.accounts.models import User
from derms.lib.errors import Refused
from interconnection.selectors.applications import applications
from interconnection.selectors.progress import clock_of
from interconnection.selectors.tariffs import der_facts, ders_at
from interconnection.statuses import APPLICATION_ENDED, ApplicationStatus


class NoProgrammeInForce(Refused):
    """The programme that was asked for cannot be joined at present."""

    code = "no_programme_in_force"


def enrol_as_accepted(*, request: ServiceRequest, at: datetime, by: str, **_: object) -> None:
    """Accepting a request to join a programme joins it; what does not qualify is refused."""
    name = request.answers.get("programme", "")
    programme = Programme.objects.filter(name=name).first()
    if programme is None or request.usage_point is None:
        return  # typed in words while there were no programmes: the answer alone counts
    version = programme_versions_in_force(at).filter(programme=programme).first()
    if version is None:
        raise NoProgrammeInForce(f"{name} cannot be joined at present. Decline, or ask.")
    enrol(
        usage_point=request.usage_point,
        version=version,
        units=map(der_facts, ders_at(request.usage_point)),
        at=at,
        by=User.objects.get(username=by),
    )


def follow_the_calendar(*, day: date, before: Holidays, by: int, today: date, **_: object) -> int:
    """Due dates of applications and of the requests that stand for them; how many moved."""
    is_over = {ApplicationStatus.DRAFT, *APPLICATION_ENDED}
    rows = applications().exclude(status__in=is_over)
    standing = ServiceRequest.objects.exclude(mirrors="").exclude(status__in=REQUEST_ENDED)
    if day > today:
        move_due_dates(standing, day=day, before=before, by=by)
        return move_due_dates(rows.order_by(), day=day, before=before, by=by)
    clock = partial(clock_of, today=today, free_days=holidays())
    moved = keep_due_dates(rows.filter(submitted_at__date__lt=day), clock)
    for row in moved:
        standing.filter(mirrors=row.reference).update(due_date=row.due_date)
    return len(moved)


def listen() -> None:
    holidays_changed.connect(follow_the_calendar, dispatch_uid="follow_the_calendar")
    programme_accepted.connect(enrol_as_accepted, dispatch_uid="enrol_as_accepted")
