"""The recorded facts from which an application's standing is explained."""

from django.utils import timezone

from derms.lib.telling import Sentence
from interconnection.explaining import (
    ApplicationFacts,
    FailedScreen,
    reasons_said,
    why_application,
)
from interconnection.models import (
    CommissioningOrder,
    Decision,
    InterconnectionApplication,
    ScreeningResult,
)
from interconnection.selectors.applications import total_power_w
from interconnection.selectors.progress import Progress
from interconnection.selectors.screening import latest_run
from interconnection.statuses import ApplicationStatus, DecisionStatus, ScreenOutcome

UNASKED = frozenset({ScreenOutcome.NOT_APPLICABLE, ScreenOutcome.SKIPPED})


def why(application: InterconnectionApplication, progress: Progress) -> tuple[Sentence, ...]:
    """For an application that `applications()` brought, with what `progress_of` said of it."""
    return why_application(facts_of(application, progress))


def facts_of(application: InterconnectionApplication, progress: Progress) -> ApplicationFacts:
    run = latest_run(application)
    results = list(run.results.order_by("position")) if run else []
    applied = [one for one in results if one.outcome not in UNASKED]
    order = (
        CommissioningOrder.objects.filter(application=application)
        .select_related("service_order")
        .first()
    )
    visit = order.service_order if order else None
    decision = (
        Decision.objects.filter(application=application, status=DecisionStatus.CONFIRMED)
        .select_related("upgrade")
        .order_by("-answered_at")
        .first()
    )
    upgrade = decision.upgrade if decision else None
    moves = [one for one in application.moves_in_order() if one.new_status == application.status]
    is_permitted = application.status == ApplicationStatus.PERMITTED and moves
    return ApplicationFacts(
        status=str(application.status),
        applied_w=total_power_w(application),
        due_on=progress.clock.due_date if progress.clock else None,
        asked_for=application.incomplete_reason,
        failed=[_failed(one) for one in applied if one.outcome != ScreenOutcome.PASS],
        screened=len(applied),
        work=upgrade.name if upgrade else "",
        ready_on=upgrade.planned_in_service_date if upgrade else None,
        reasons=reasons_said(decision.reasons) if decision else "",
        visit_from=visit.planned_from if visit else None,
        visit_to=visit.planned_to if visit else None,
        visit_on=timezone.localdate(visit.planned_from) if visit else None,
        permitted_on=timezone.localdate(moves[-1].at) if is_permitted else None,
        papers=progress.papers_asked,
    )


def _failed(one: ScreeningResult) -> FailedScreen:
    is_power = one.unit == "W"
    return FailedScreen(
        title=one.title,
        reason=one.reason,
        largest_w=one.largest_passing_w,
        code=one.code,
        value_w=one.value if is_power else None,
        limit_w=one.limit if is_power else None,
        is_open=one.outcome == ScreenOutcome.INCONCLUSIVE,
    )
