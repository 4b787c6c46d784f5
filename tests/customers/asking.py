"""Requests as tests need them."""

from datetime import datetime

from customers import services
from customers.models import Notice, ServiceRequest, UsagePoint

DESK = frozenset({"customer_service"})
ENGINEERS = frozenset({"engineering"})
CUSTOMER = frozenset({"customer"})
ANSWERS = {
    "turn_on": {"day": "2026-06-17", "reason": "move_in"},
    "turn_off": {"day": "2026-06-17", "reason": "move_out"},
    "new_service": {"what": "extension", "place": "1 Sunny Lane", "load": "A garage."},
    "power_quality": {"what": "flicker", "when": "Each evening"},
    "enrol": {"programme": "Peak saver"},
    "leave": {"programme": "Peak saver", "day": "2026-07-01"},
    "account": {"what": "high_bill", "story": "Twice as much as last year."},
}


def asked(point: UsagePoint, at: datetime, kind: str = "turn_on") -> ServiceRequest:
    return services.open_request(
        kind=kind,
        customer=point.customer,
        usage_point=point,
        answers=ANSWERS[kind],
        at=at,
        by="ada",
    )


def told(request: ServiceRequest) -> list[str]:
    """The notices about a request, in the order in which they were written."""
    about = Notice.objects.filter(about__startswith=f"{request.number}/").order_by("pk")
    return list(about.values_list("template", flat=True))
