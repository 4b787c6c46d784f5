"""What an engineer found out where no figure decides, and the rules of the utility (IC-3)."""

from datetime import datetime

from django.db import transaction

from derms.accounts.models import User
from derms.lib.errors import InvalidInput
from interconnection.models import Finding, InterconnectionApplication, ReviewPolicy
from interconnection.screening.rules import RULE_SETS
from interconnection.services.screening import run_screens
from interconnection.statuses import JudgedScreen


def record_finding(
    *,
    application: InterconnectionApplication,
    screen: str,
    is_fine: bool,
    reason: str,
    at: datetime,
    by: User,
) -> Finding:
    """Answer a screen and run all of them again; raises InvalidInput, NotInReview."""
    faults = {}
    if screen not in JudgedScreen.values:
        faults["screen"] = ["Choose the screen that you answer."]
    if not reason.strip():
        faults["reason"] = ["Say what you found out: it stands on the page and in the report."]
    if faults:
        raise InvalidInput("The finding is not complete.", fields=faults)
    with transaction.atomic():
        finding = Finding.objects.create(
            application=application,
            screen=screen,
            is_fine=is_fine,
            reason=reason.strip(),
            found_at=at,
            found_by=by,
        )
        run_screens(application=application, at=at, by=by.username)
    return finding


def set_policy(
    *,
    rule_set: str,
    may_mark_ready: bool,
    ready_up_to_w: int,
    reason: str,
    at: datetime,
    by: User,
) -> ReviewPolicy:
    """Review by these rules from now on; what was screened before keeps its result."""
    if rule_set not in RULE_SETS:
        words = f"There is no rule set {rule_set}. Choose one of {', '.join(RULE_SETS)}."
        raise InvalidInput(words, fields={"rule_set": [words]})
    if not reason.strip():
        words = "Say why, so that it can be looked up."
        raise InvalidInput(words, fields={"reason": [words]})
    return ReviewPolicy.objects.create(
        rule_set=rule_set,
        may_mark_ready=may_mark_ready,
        ready_up_to_w=ready_up_to_w,
        reason=reason.strip(),
        set_at=at,
        set_by=by,
    )
