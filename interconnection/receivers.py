"""What interconnection does at news from the floor below."""

from datetime import datetime

from customers.models import Programme, ServiceRequest
from customers.selectors.programmes import programme_versions_in_force
from customers.services.programmes import enrol
from customers.signals import programme_accepted
from derms.accounts.models import User
from derms.lib.errors import Refused
from interconnection.selectors.tariffs import der_facts, ders_at


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


def listen() -> None:
    programme_accepted.connect(enrol_as_accepted, dispatch_uid="enrol_as_accepted")
