"""Why an application stands where it stands, and when its owner may switch on (pure)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from derms.lib.telling import Power, Sentence, say
from derms.lib.telling import gettext_noop as _
from derms.lib.words import mark
from derms.lib.words import say as spoken


@dataclass(frozen=True, slots=True)
class FailedScreen:
    """A quick check that did not pass, as recorded; `largest_w` would have passed.

    `code` names the check; `value_w` and `limit_w` are what it compared, None where it compared no
    powers. A check that could not be decided `is_open`.
    """

    title: str
    reason: str
    largest_w: int | None
    code: str = ""
    value_w: float | None = None
    limit_w: float | None = None
    is_open: bool = False


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


# What each check that failed means, without its engineering words; the figures come behind.
_FAILED = {
    "section_peak": _("Together with your neighbours' the part of the line at your address would "
                      "take in more than its share of what it delivers at most."),
    "section_minimum": _("In hours of little use more would be fed in at your address than the "
                         "part of the line there can use."),
    "feeder_capacity": _("The line that serves you is near to the most it can take in."),
    "transformer_rating": _("The transformer that serves you is too small for all that would be "
                            "connected to it."),
    "shared_secondary": _("You share a wire with neighbours, and together it would be too much "
                          "for it."),
    "network_service": _("The net at your address serves a few buildings together and may take in "
                         "little."),
    "centre_tap": _("The two halves of your service would be loaded too unequally."),
    "line_configuration": _("Your equipment does not fit the kind of line at your address."),
    "fast_track": _("It is too large for the short way at your kind of line."),
    "tariff_portion": _("The place is not on the part of the net to which these rules apply."),
    "stability": _("Near your address the net becomes unsteady easily, so that every addition is "
                   "studied."),
    "fault_current": _("In a short circuit more current would flow at your address than the rules "
                       "allow."),
    "fault_contribution": _("In a short circuit it would add more current than is allowed."),
    "interrupting": _("A switch of ours would have to break more current in a short circuit than "
                      "it is made for."),
    "line_configuration_ca": _("Your equipment does not fit the kind of line at your address."),
    "certified": _("Not all of it is on the list of certified equipment."),
    "motoring": _("When it starts, the lights at your neighbours' might dim."),
    "non_export": _("It would feed into the grid, so that more has to be checked."),
    "small": _("It is larger than what is connected without more checks."),
    "net_metered": _("It is larger than what this rule for own use allows without more checks."),
    "area_flags": _("In your area something else in the net is being worked on or is limited."),
    "hosting": _("There is not enough room left on the line at your address."),
    "minimum_or_ica": _("There is not enough room left on the line at your address."),
    "construction": _("Something of ours has to be built or changed first."),
    "voltage_quality": _("The voltage at your neighbours' might no longer stay steady."),
    "safety": _("It might affect safety or reliability at your address."),
}  # fmt: skip
_OPEN = _(
    "One of the checks could not be decided by the computer, because a figure of the grid at your "
    "address is missing."
)
_COMPARED = _("It would be {value}, and {limit} is the most.")


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
    yield from _worst(facts.failed[0])
    sizes = [one.largest_w for one in facts.failed if one.largest_w is not None]
    if len(sizes) == len(facts.failed) and 0 < min(sizes) < facts.applied_w:
        yield say(
            _("You applied for {applied}; up to {largest} would have passed these checks."),
            applied=Power(facts.applied_w),
            largest=Power(min(sizes)),
        )
    if facts.status == "in_review":
        yield say(_("An engineer therefore looks at it more closely."))


def _worst(check: FailedScreen) -> Iterator[Sentence]:
    if check.is_open:
        yield say(_OPEN)
    elif check.code not in _FAILED:
        yield say(_("{title}: {reason}"), title=check.title, reason=_ended(check.reason))
    else:
        yield say(_FAILED[check.code])
        if check.value_w is not None and check.limit_w is not None:
            yield say(_COMPARED, value=Power(check.value_w), limit=Power(check.limit_w))


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


_BY_COMPUTER = (
    (
        re.compile(r"Ready for approval: every screen of (?P<rules>.+) passes\."),
        mark("Ready for approval: every screen of {rules} passes."),
    ),
    (re.compile(r"All screens pass\."), mark("All screens pass.")),
    (
        re.compile(r"Study (?P<number>\d+) does not release it: its verdict is (?P<found>.+)"),
        mark("Study {number} does not release it: it does not pass."),
    ),
    (
        re.compile(r"Study (?P<number>\d+) does not release it: (?P<found>.+)"),
        mark("Study {number} does not release it: {found}"),
    ),
)


def reasons_said(kept: str) -> str:
    """Reasons as recorded: the computer's in the reader's language, a person's as written."""
    for pattern, words in _BY_COMPUTER:
        if found := pattern.fullmatch(kept):
            return spoken(words, **found.groupdict())
    return kept
