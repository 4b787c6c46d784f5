"""How and when a customer plans to connect: what the screens ask beside the nameplates (IC-1)."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import transaction

from derms.lib.errors import InvalidInput
from derms.lib.words import say
from interconnection.models import InterconnectionApplication
from interconnection.services.applications import save_planned_date
from interconnection.services.turns import lock_for_customer
from interconnection.statuses import Export, Technology


@dataclass(frozen=True, slots=True)
class Answers:
    """Empty where nobody was asked; powers in W."""

    export_choice: str = ""
    export_limit_w: int | None = None
    non_export_by: int | None = None
    compensation: str = ""
    phases_used: str = ""
    tracks_sun: bool | None = None


def save_connection_plan(
    *,
    application: InterconnectionApplication,
    planned_in_service_date: date,
    answers: Answers,
    at: datetime,
) -> InterconnectionApplication:
    """Keep the date and the answers together; raises InvalidInput with words by field."""
    with transaction.atomic():
        row = lock_for_customer(application)
        faults = _faults(row, answers)
        if faults:
            raise InvalidInput(say("The answers do not fit together."), fields=faults)
        InterconnectionApplication.objects.filter(pk=row.pk).update(**asdict(_kept(answers)))
        return save_planned_date(
            application=application, planned_in_service_date=planned_in_service_date, at=at
        )


def _faults(row: InterconnectionApplication, answers: Answers) -> dict[str, list[str]]:
    faults: dict[str, list[str]] = {}
    limit_w = answers.export_limit_w
    units = list(row.units.all())
    together_w = sum(unit.active_power_rating_at_unity_power_factor_w for unit in units)
    if answers.export_choice == Export.LIMITED and not limit_w:
        faults["export_limit_w"] = [say("Say how much is fed in at most.")]
    if answers.export_choice == Export.LIMITED and limit_w and limit_w >= together_w > 0:
        faults["export_limit_w"] = [
            say("This is not less than your units together. Choose that everything may be fed in.")
        ]
    if answers.export_choice == Export.NONE and answers.non_export_by is None:
        faults["non_export_by"] = [say("Say what keeps it from feeding in.")]
    has_array = any(unit.technology == Technology.PHOTOVOLTAIC for unit in units)
    if answers.tracks_sun and not has_array:
        faults["tracks_sun"] = [say("Only solar modules follow the sun.")]
    return faults


def _kept(answers: Answers) -> Answers:
    """Without what belongs to a choice that was not made."""
    choice = answers.export_choice
    return Answers(
        choice,
        answers.export_limit_w if choice == Export.LIMITED else None,
        answers.non_export_by if choice == Export.NONE else None,
        answers.compensation,
        answers.phases_used,
        answers.tracks_sun,
    )
