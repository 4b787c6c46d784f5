"""Why an application stands where it stands, and when its owner may switch on (pure)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from derms.lib.telling import Power, Sentence, say
from derms.lib.telling import gettext_noop as _


@dataclass(frozen=True, slots=True)
class FailedScreen:
    """A quick check that did not pass, as recorded; `largest_w` would have passed."""

    title: str
    reason: str
    largest_w: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationFacts:
    """An application as recorded; None and empty where nothing is.

    `ready_on` is when the work on the grid is planned to be done, `visit_from` to `visit_to` when
    the technician comes.
    """

    status: str
    applied_w: int
    due_on: date | None = None
    asked_for: str = ""
    failed: Sequence[FailedScreen] = ()
    screened: int = 0
    work: str = ""
    ready_on: date | None = None
    reasons: str = ""
    visit_from: datetime | None = None
    visit_to: datetime | None = None
    visit_on: date | None = None
    permitted_on: date | None = None
    papers: Sequence[str] = ()


def why_application(facts: ApplicationFacts) -> tuple[Sentence, ...]:
    """One paragraph: what happened, why, what is next, and when it may be switched on."""
    return (*_so_far(facts), *_switching_on(facts))


def _so_far(facts: ApplicationFacts) -> Iterator[Sentence]:
    if facts.status in {"in_review", "decision_proposed", "held", "rejected"}:
        yield from _screens(facts)
    if facts.status == "submitted":
        yield say(_("We have your application and check whether everything is there."))
    if facts.status == "incomplete":
        yield say(
            _("Something is missing, and our clock stands still until we have it: {asked}"),
            asked=facts.asked_for,
        )
    if facts.status == "held" and facts.work:
        yield say(
            _("It is on hold because the grid has to be strengthened first: {work}."),
            work=facts.work,
        )
    if facts.status in {"held", "rejected"} and facts.reasons:
        yield say(_("Engineering writes: {reasons}"), reasons=facts.reasons)
    if facts.status == "rejected":
        yield say(_("So we cannot connect it as applied for. Often a smaller size can be."))


def _screens(facts: ApplicationFacts) -> Iterator[Sentence]:
    if not facts.screened:
        return
    if not facts.failed:
        yield say(
            _("All {count} quick checks of the grid at your address passed."),
            count=facts.screened,
        )
        return
    yield say(
        _("Of {count} quick checks of the grid at your address, {failed} did not pass."),
        count=facts.screened,
        failed=len(facts.failed),
    )
    worst = facts.failed[0]
    yield say(_("{title}: {reason}"), title=worst.title, reason=_ended(worst.reason))
    sizes = [one.largest_w for one in facts.failed if one.largest_w is not None]
    if len(sizes) == len(facts.failed) and 0 < min(sizes) < facts.applied_w:
        yield say(
            _("You applied for {applied}; up to {largest} would have passed these checks."),
            applied=Power(facts.applied_w),
            largest=Power(min(sizes)),
        )
    if facts.status == "in_review":
        yield say(_("An engineer therefore looks at it more closely."))


def _ended(words: str) -> str:
    return words if words.endswith((".", "!", "?")) else f"{words}."


def _switching_on(facts: ApplicationFacts) -> Iterator[Sentence]:
    """The answer to: when may I switch on?"""
    if facts.status == "permitted":
        if facts.permitted_on is not None:
            yield say(_("You may switch on since {day}."), day=facts.permitted_on)
        return
    if facts.status in {"rejected", "withdrawn"}:
        yield say(_("Please do not switch anything on."))
        return
    if facts.status == "draft":
        yield say(_("It has not been sent yet: finish it and send it."))
    if facts.status == "held" and facts.ready_on is not None:
        yield say(
            _("The work is planned to be done on {day}; then it goes on by itself."),
            day=facts.ready_on,
        )
    elif facts.due_on is not None:
        yield say(_("The next answer is due by {day}."), day=facts.due_on)
    if facts.status == "approved":
        yield say(_("It is approved and may be installed. We plan the visit that checks it."))
    if facts.status == "commissioning" and facts.visit_on and facts.visit_from and facts.visit_to:
        yield say(
            _("A technician comes on {day} between {begins} and {ends} to check it."),
            day=facts.visit_on,
            begins=facts.visit_from,
            ends=facts.visit_to,
        )
    if facts.papers:
        yield say(_("Before that we need from you: {papers}"), papers=" ".join(facts.papers))
    yield say(_("You may switch on when you have our permission to operate, and not before."))
