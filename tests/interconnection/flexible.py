"""DER whose connection was approved with a limit schedule."""

from derms.accounts.models import User
from devices.models import Device
from interconnection.models import DER, Decision
from interconnection.screening.schedule import parse
from interconnection.services.conditions import Term, add_standard_condition, write_terms
from interconnection.statuses import (
    ApplicationStatus,
    ConditionKind,
    DecisionStatus,
    DecisionVerdict,
)
from tests.factories import AT, make_application, make_unit

# `AT` is six in the evening: the limit of 3.5 kW holds from five to eight.
EVENINGS = "Jun-Aug 17-20 3.5"
# What was read of devices of 2018 and of older ones.
NEWER = {"models": [{"id": 701}, {"id": 704}]}
OLDER = {"models": [{"id": 103}, {"id": 123}]}


def make_flexible(
    *ders: DER, engineer: User, operator: User, schedule: str = EVENINGS, otherwise_w: int = 8_000
) -> Decision:
    """One application, permitted, that connected all of these at one service point."""
    application = make_application(
        ders[0].usage_point, agreement=ders[0].agreement, status=ApplicationStatus.PERMITTED
    )
    decision = Decision.objects.create(
        application=application,
        verdict=DecisionVerdict.APPROVE,
        status=DecisionStatus.CONFIRMED,
        reasons="Fits outside the evening.",
        proposed_by=engineer,
        proposed_at=AT,
        answered_by=operator,
        answered_at=AT,
    )
    flexible = add_standard_condition(
        code=f"flexible-{application.pk}",
        title="Flexible connection",
        kind=ConditionKind.FLEXIBLE,
        wording="Keeps to: {schedule}",
    )
    write_terms(decision, [Term(flexible, otherwise_w, parse(schedule))])
    for der in ders:
        der.unit = make_unit(application, technology=der.technology)
        der.save(update_fields=["unit"])
    Device.objects.filter(der__in=ders, discovery={}).update(discovery=NEWER)
    return decision


def is_older(*ders: DER) -> None:
    """As if their devices were of the older models, whose limit is off after its timer."""
    Device.objects.filter(der__in=ders).update(discovery=OLDER)
