"""What interconnection does at news from the floor below."""

from datetime import date, datetime

from customers.flows.clock import Holidays
from customers.models import Programme, ServiceRequest
from customers.selectors.programmes import programme_versions_in_force
from customers.services.holidays import move_due_dates
from customers.services.programmes import enrol
from customers.signals import holidays_changed, programme_accepted
from derms.accounts.models import User
from derms.lib.errors import Refused
from interconnection.models import InterconnectionApplication
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


def follow_the_calendar(*, day: date, before: Holidays, by: int, **_: object) -> None:
    """The due dates of applications move with the utility's holidays."""
    is_over = {ApplicationStatus.DRAFT, *APPLICATION_ENDED}
    rows = InterconnectionApplication.objects.exclude(status__in=is_over)
    move_due_dates(rows, day=day, before=before, by=by)


def listen() -> None:
    holidays_changed.connect(follow_the_calendar, dispatch_uid="follow_the_calendar")
    programme_accepted.connect(enrol_as_accepted, dispatch_uid="enrol_as_accepted")
