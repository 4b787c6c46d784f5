"""Running the quick screens and keeping what they said (IC-3)."""

from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from derms.lib.errors import Refused
from interconnection.models import InterconnectionApplication, ScreeningResult, ScreeningRun
from interconnection.screening.result import ScreenResult as Answer
from interconnection.screening.rules import RULE_SETS
from interconnection.screening.screens import evaluate, largest_for, standing
from interconnection.selectors.screening import policy, screening_case
from interconnection.services.restudies import close_marks
from interconnection.statuses import ApplicationStatus

SCREENED_IN = frozenset({ApplicationStatus.IN_REVIEW, ApplicationStatus.HELD})


class NotInReview(Refused):
    """Screens decide nothing before completeness and nothing after the decision."""

    code = "not_in_review"


def run_screens(
    *,
    application: InterconnectionApplication,
    at: datetime,
    by: str,
    rule_set: str = "",
) -> ScreeningRun:
    """Evaluate a rule set on the network and the queue as they are now, and keep every figure.

    Without `rule_set` it is the one that this utility's policy names.
    """
    rules = RULE_SETS[rule_set or policy().rule_set]
    with transaction.atomic():
        application = (
            InterconnectionApplication.objects.select_for_update(of=("self",))
            .select_related("usage_point")
            .get(pk=application.pk)
        )
        if application.status not in SCREENED_IN:
            raise NotInReview(
                f"{application} is {application.get_status_display().lower()}; screens run while "
                "it is in engineering review or on hold.",
                reference=application.reference,
            )
        case = screening_case(application)
        answers = evaluate(case, rules)
        run = ScreeningRun.objects.create(
            application=application,
            rule_set=rules.name,
            rule_set_version=rules.version,
            inputs=asdict(case),
            performed_at=at,
            performed_by=by,
            standing=standing(answers, rules).value,
            largest_passing_w=largest_for(case, rules),
        )
        ScreeningResult.objects.bulk_create(
            _row(run, position, answer) for position, answer in enumerate(answers, start=1)
        )
        close_marks(application, at=at)
    return run


def _row(run: ScreeningRun, position: int, answer: Answer) -> ScreeningResult:
    return ScreeningResult(
        run=run,
        position=position,
        code=answer.words.code,
        title=answer.words.title,
        rule=answer.words.rule,
        citation=answer.words.citation,
        outcome=answer.outcome.value,
        inputs=[asdict(one) for one in answer.inputs],
        formula=answer.formula,
        value=answer.value,
        limit=answer.limit,
        margin=answer.margin,
        unit=answer.words.unit,
        reason=answer.reason,
        largest_passing_w=answer.largest_passing_w,
    )
