"""Engineering proposes, another person in Operations confirms (IC-5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from derms.accounts.models import User
from derms.lib.errors import Conflict, InvalidInput, Refused
from derms.lib.words import Later, day, say
from interconnection.models import (
    Decision,
    Feeder,
    InterconnectionApplication,
    NetworkUpgrade,
)
from interconnection.screening.rules import RULE_SETS
from interconnection.screening.screens import not_needed, remedied
from interconnection.selectors.papers import papers_asked
from interconnection.selectors.screening import latest_run, overridden_in, proposed_of
from interconnection.services.conditions import Term, check_terms, write_terms
from interconnection.services.mirroring import mirror
from interconnection.services.restudies import mark_those_behind
from interconnection.services.turns import tell
from interconnection.statuses import (
    ApplicationStatus,
    DecisionStatus,
    DecisionVerdict,
    ScreenOutcome,
)

NOT_PASSED = (ScreenOutcome.FAIL, ScreenOutcome.INCONCLUSIVE)
AFTER_VERDICT = {
    DecisionVerdict.APPROVE: ApplicationStatus.APPROVED,
    DecisionVerdict.HOLD: ApplicationStatus.HELD,
    DecisionVerdict.REJECT: ApplicationStatus.REJECTED,
}


class DecidedMeanwhile(Conflict):
    """Another engineer, or Operations, was first."""

    code = "decided_meanwhile"


class ProposerCannotConfirm(Refused):
    """A decision takes two people."""

    code = "proposer_cannot_confirm"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an engineer proposes; `upgrade` belongs to a hold, `override_reason` to an approval."""

    verdict: DecisionVerdict
    reasons: str
    conditions: Sequence[str] = ()
    upgrade: NetworkUpgrade | None = None
    override_reason: str = ""
    new_upgrade: "NewUpgrade | None" = None
    # Of the library, with this case's figures; their words join `conditions`.
    terms: Sequence[Term] = ()


@dataclass(frozen=True, slots=True)
class NewUpgrade:
    """Work on the network that is named together with the first hold for it."""

    feeder: Feeder
    name: str
    planned_in_service_date: date


def plan_upgrade(*, new: NewUpgrade) -> NetworkUpgrade:
    """Name work on a feeder that applications may have to wait for."""
    if NetworkUpgrade.objects.filter(name=new.name).exists():
        words = f"There is already an upgrade called {new.name}. Choose it from the list."
        raise InvalidInput(words, fields={"upgrade_name": [words]})
    return NetworkUpgrade.objects.create(
        feeder=new.feeder, name=new.name, planned_in_service_date=new.planned_in_service_date
    )


def propose_decision(
    *, application: InterconnectionApplication, proposal: Proposal, at: datetime, by: User
) -> Decision:
    """Propose a verdict to Operations.

    Raises InvalidInput for a proposal that lacks something, DecidedMeanwhile when somebody has
    proposed or moved the application since it was read.
    """
    with transaction.atomic():
        application = lock_for_decision(application)
        if application.status != ApplicationStatus.IN_REVIEW:
            raise DecidedMeanwhile(_who_was_first(application), reference=application.reference)
        run = latest_run(application)
        _check(
            proposal,
            screens_left=_not_passed(application),
            asked_w=proposed_of(application.units.select_related("equipment")).active_power_w,
        )
        typed = [line.strip() for line in proposal.conditions if line.strip()]
        decision = Decision.objects.create(
            application=application,
            verdict=proposal.verdict,
            reasons=proposal.reasons.strip(),
            conditions=[*(term.words for term in proposal.terms), *typed],
            upgrade=plan_upgrade(new=proposal.new_upgrade)
            if proposal.new_upgrade
            else proposal.upgrade,
            override_reason=proposal.override_reason.strip(),
            screening_run=run,
            proposed_by=by,
            proposed_at=at,
        )
        write_terms(decision, proposal.terms)
        decision.status_changes.create(
            old_status="", new_status=decision.status, at=at, by=by.username
        )
        application.move(
            ApplicationStatus.DECISION_PROPOSED,
            at=at,
            by=by.username,
            reason=f"{decision.get_verdict_display()}: {decision.reasons}",
        )
        mirror(application, at=at, by=by.username)
    return decision


def confirm_decision(*, decision: Decision, note: str = "", at: datetime, by: User) -> Decision:
    """Make the verdict final and tell the customer; never by the person who proposed it."""
    with transaction.atomic():
        decision, application = _open(decision, by)
        decision.move(
            DecisionStatus.CONFIRMED,
            at=at,
            by=by.username,
            reason=note,
            answered_by=by,
            answered_at=at,
            answer_note=note,
        )
        verdict = DecisionVerdict(decision.verdict)
        application.move(
            AFTER_VERDICT[verdict], at=at, by=by.username, reason=note or decision.reasons
        )
        mirror(application, at=at, by=by.username)
        if verdict == DecisionVerdict.REJECT:
            mark_those_behind(application, at=at, by=by.username)
        _tell_verdict(application, decision, at)
    return decision


def decline_decision(*, decision: Decision, note: str, at: datetime, by: User) -> Decision:
    """Send the application back to Engineering; `note` says what Operations objects to."""
    if not note.strip():
        words = "Say what Engineering should look at again."
        raise InvalidInput(words, fields={"note": [words]})
    with transaction.atomic():
        decision, application = _open(decision, by)
        decision.move(
            DecisionStatus.DECLINED,
            at=at,
            by=by.username,
            reason=note,
            answered_by=by,
            answered_at=at,
            answer_note=note,
        )
        application.move(ApplicationStatus.IN_REVIEW, at=at, by=by.username, reason=note)
        mirror(application, at=at, by=by.username)
    return decision


def lock_for_decision(application: InterconnectionApplication) -> InterconnectionApplication:
    return (
        InterconnectionApplication.objects.select_for_update(of=("self",))
        .select_related("customer", "usage_point")
        .get(pk=application.pk)
    )


def _open(decision: Decision, by: User) -> tuple[Decision, InterconnectionApplication]:
    application = lock_for_decision(decision.application)
    decision = Decision.objects.select_related("proposed_by", "answered_by", "upgrade").get(
        pk=decision.pk
    )
    if decision.proposed_by_id == by.pk:
        raise ProposerCannotConfirm(
            f"You proposed this decision on {application.reference} yourself. "
            "Another person in Operations must confirm or decline it."
        )
    if decision.status != DecisionStatus.PROPOSED:
        raise DecidedMeanwhile(
            f"{decision.answered_by} has already {decision.status} this decision on "
            f"{application.reference}. Reload the page."
        )
    return decision, application


def _not_passed(application: InterconnectionApplication) -> list[str] | None:
    """Titles of screens that did not pass; None when none have been run."""
    run = latest_run(application)
    if run is None:
        return None
    results = list(run.results.all())
    rules = RULE_SETS.get(run.rule_set)
    outcomes = {result.code: result.outcome for result in results}
    aside = overridden_in(run)
    if rules:
        aside |= remedied(outcomes, rules) | not_needed(outcomes, rules, aside)
    return [r.title for r in results if r.outcome in NOT_PASSED and r.code not in aside]


def _check(proposal: Proposal, *, screens_left: list[str] | None, asked_w: int) -> None:
    faults: dict[str, list[str]] = {}
    if not proposal.reasons.strip():
        faults["reasons"] = ["Give the reasons: they go to Operations and to the customer."]
    if proposal.verdict == DecisionVerdict.HOLD and proposal.new_upgrade is None:
        faults |= _check_hold(proposal.upgrade)
    if proposal.verdict == DecisionVerdict.APPROVE:
        faults |= _check_approval(proposal, screens_left)
        faults |= check_terms(proposal.terms, asked_w=asked_w)
    if faults:
        raise InvalidInput("The proposal is not complete.", fields=faults)


def _check_hold(upgrade: NetworkUpgrade | None) -> dict[str, list[str]]:
    if upgrade is None:
        return {"upgrade": ["Name the network upgrade that the application has to wait for."]}
    if upgrade.in_service_at is not None:
        return {"upgrade": ["This upgrade is already in service: nothing to wait for."]}
    return {}


def _check_approval(proposal: Proposal, screens_left: list[str] | None) -> dict[str, list[str]]:
    if screens_left is None:
        return {"verdict": ["Run the screens first; without them nothing can be approved."]}
    if screens_left and not proposal.override_reason.strip():
        titles = ", ".join(screens_left)
        return {"override_reason": [f"Not passed: {titles}. Say why you approve all the same."]}
    return {}


def _who_was_first(application: InterconnectionApplication) -> str:
    last = application.status_changes.latest("at", "pk")
    return (
        f"{application.reference} is {application.get_status_display().lower()} since "
        f"{last.at:%H:%M} UTC, by {last.by}. Your proposal was not recorded; look at theirs first."
    )


def _tell_verdict(
    application: InterconnectionApplication, decision: Decision, at: datetime
) -> None:
    if decision.verdict == DecisionVerdict.APPROVE:
        conditions = Later(lambda: _conditions_words(decision))
        tell(application, "application_approved", at=at, conditions=conditions)
    elif decision.upgrade is not None and decision.verdict == DecisionVerdict.HOLD:
        upgrade = Later(lambda: _upgrade_words(decision))
        tell(application, "application_held", at=at, upgrade=upgrade, reasons=decision.reasons)
    else:
        tell(application, "application_rejected", at=at, reasons=decision.reasons)


def _conditions_words(decision: Decision) -> str:
    lines = [f"- {line}" for line in decision.conditions]
    said = [say("Conditions:"), *lines] if lines else [say("No conditions.")]
    if asked := papers_asked(decision.application):
        said += [say("Before you may switch on, we need papers:"), *(f"- {one}" for one in asked)]
    return "\n".join(said)


def _upgrade_words(decision: Decision) -> str:
    upgrade = decision.upgrade
    if upgrade is None:
        return ""
    planned = day(upgrade.planned_in_service_date)
    return say("{upgrade}, planned for {day}", upgrade=upgrade.name, day=planned)
