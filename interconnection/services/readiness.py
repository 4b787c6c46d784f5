"""What the computer may do alone where the utility's policy says so: never approve (IC-3).

A small, complete application that passes all screens goes to Operations, proposed by the computer.
"""

from datetime import datetime

from django.utils import timezone

from derms.accounts.models import User
from interconnection.models import InterconnectionApplication
from interconnection.screening.result import Outcome
from interconnection.screening.rules import RULE_SETS
from interconnection.screening.screens import evaluate, standing
from interconnection.selectors import applications as selectors
from interconnection.selectors.decisions import COMPUTER
from interconnection.selectors.screening import policy, screening_case
from interconnection.services.decisions import Proposal, propose_decision
from interconnection.statuses import DecisionVerdict


def may_go_alone(application: InterconnectionApplication, *, at: datetime) -> bool:
    """Whether the policy lets it, and it is small, complete and passes every screen."""
    rules_now = policy()
    if not rules_now.may_mark_ready:
        return False
    case = screening_case(application)
    if case.proposed.active_power_w > rules_now.ready_up_to_w:
        return False
    if not selectors.completeness_of(application, today=timezone.localdate(at)).is_complete:
        return False
    rules = RULE_SETS[rules_now.rule_set]
    if case.proposed.is_limited and rules.counts_export:
        return False  # it passes by its limit, which a person has to make a condition
    return standing(evaluate(case, rules), rules) == Outcome.PASS


def mark_ready(*, application: InterconnectionApplication, at: datetime) -> None:
    """Propose the approval to Operations; a person there decides."""
    rules = RULE_SETS[policy().rule_set]
    propose_decision(
        application=application,
        proposal=Proposal(
            verdict=DecisionVerdict.APPROVE,
            reasons=f"Ready for approval: every screen of {rules.name} {rules.version} passes.",
        ),
        at=at,
        by=computer(),
    )


def computer() -> User:
    """The account that signs for the computer; nobody can sign in with it."""
    account, is_new = User.objects.get_or_create(username=COMPUTER, defaults={"is_active": False})
    if is_new:
        account.set_unusable_password()
        account.save(update_fields=["password"])
    return account
