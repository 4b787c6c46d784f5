"""An engineer's word against a screen, in force when another person confirms it (IC-3)."""

from datetime import datetime
from typing import TypeVar

from django.db import transaction

from derms.accounts.models import User
from derms.lib.errors import Conflict, InvalidInput, Refused
from interconnection.models import (
    InterconnectionApplication,
    ScreeningResult,
    ScreeningRun,
    ScreenOverride,
)
from interconnection.models.override import AskedAndAnswered
from interconnection.services.screening import SCREENED_IN
from interconnection.statuses import OverrideStatus, ScreenOutcome

Asked = TypeVar("Asked", bound=AskedAndAnswered)
OVERRIDABLE = frozenset({ScreenOutcome.FAIL, ScreenOutcome.INCONCLUSIVE})


class OverriddenMeanwhile(Conflict):
    """Another engineer was first."""

    code = "overridden_meanwhile"


class NotOverridable(Refused):
    """There is nothing to override, or it is too late for it."""

    code = "not_overridable"


class OverrideTakesTwoPeople(Refused):
    """Who asks for an override does not answer it."""

    code = "override_takes_two_people"


def ask_override(*, result: ScreeningResult, reason: str, at: datetime, by: User) -> ScreenOverride:
    """Say why this result does not stand; raises InvalidInput, NotOverridable, Conflict."""
    if not reason.strip():
        words = "Say why the result does not stand: another person confirms it, and it is shown."
        raise InvalidInput(words, fields={"reason": [words]})
    with transaction.atomic():
        _lock(result)
        if result.outcome not in OVERRIDABLE:
            raise NotOverridable(f"{result.title} did not fail: there is nothing to override.")
        standing = result.overrides.exclude(status=OverrideStatus.DECLINED).first()
        if standing is not None:
            raise OverriddenMeanwhile(
                f"{standing.asked_by} has already asked to override {result.title}. Look at theirs."
            )
        override = ScreenOverride.objects.create(
            result=result, reason=reason.strip(), asked_by=by, asked_at=at
        )
        override.status_changes.create(
            old_status="", new_status=override.status, at=at, by=by.username, reason=reason.strip()
        )
    return override


def confirm_override(
    *, override: ScreenOverride, note: str = "", at: datetime, by: User
) -> ScreenOverride:
    """Agree; never by the person who asked."""
    return _answer(override, OverrideStatus.CONFIRMED, note, at=at, by=by)


def decline_override(
    *, override: ScreenOverride, note: str, at: datetime, by: User
) -> ScreenOverride:
    """Let the result stand; `note` says why."""
    if not note.strip():
        words = "Say why the result stands."
        raise InvalidInput(words, fields={"note": [words]})
    return _answer(override, OverrideStatus.DECLINED, note, at=at, by=by)


def _answer(
    override: ScreenOverride, status: OverrideStatus, note: str, *, at: datetime, by: User
) -> ScreenOverride:
    with transaction.atomic():
        _lock(override.result)
        override = ScreenOverride.objects.select_related("result", "asked_by", "answered_by").get(
            pk=override.pk
        )
        title = override.result.title
        return settle(
            override, status, note, at=at, by=by,
            asked=f"to override {title}", subject=f"the override of {title}",
        )  # fmt: skip


def settle(
    override: Asked, status: OverrideStatus, note: str, *,
    asked: str, subject: str, at: datetime, by: User,
) -> Asked:  # fmt: skip
    """The second engineer's answer to what a first one `asked`; the row must be locked."""
    if override.asked_by_id == by.pk:
        raise OverrideTakesTwoPeople(
            f"You asked {asked} yourself. Another engineer must confirm or decline it."
        )
    if override.status != OverrideStatus.ASKED:
        raise OverriddenMeanwhile(
            f"{override.answered_by} has already {override.status} {subject}. Reload the page."
        )
    return override.move(
        status, at=at, by=by.username, reason=note.strip(),
        answered_by=by, answered_at=at, answer_note=note.strip(),
    )  # fmt: skip


def _lock(result: ScreeningResult) -> InterconnectionApplication:
    """The application as it is now; refused where this result is no longer what it stands on."""
    run = ScreeningRun.objects.get(pk=result.run_id)
    application = InterconnectionApplication.objects.select_for_update(of=("self",)).get(
        pk=run.application_id
    )
    newest = application.screening_runs.order_by("-performed_at", "-pk").first()
    if newest is None or newest.pk != run.pk:
        raise OverriddenMeanwhile("The screens have run again since. Reload the page.")
    if application.status not in SCREENED_IN:
        raise NotOverridable(
            f"{application} is {application.get_status_display().lower()}; screens are overridden "
            "while it is in engineering review or on hold."
        )
    return application
