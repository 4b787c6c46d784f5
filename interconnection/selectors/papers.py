"""Which papers a tariff asks for, which are there, and who must bring the others (CS-2, CS-5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from customers.selectors.access import representation_of
from derms.lib.words import say
from interconnection.models import ApplicationPaper, InterconnectionApplication
from interconnection.statuses import APPLICATION_ENDED, PaperStatus


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A paper that the accepted tariff asks for; `sent` is the newest that came, if any."""

    name: str
    sent: ApplicationPaper | None

    @property
    def is_accepted(self) -> bool:
        return self.sent is not None and self.sent.status == PaperStatus.ACCEPTED

    @property
    def waits_for_desk(self) -> bool:
        return self.sent is not None and self.sent.status == PaperStatus.SENT

    @property
    def waits_for_customer(self) -> bool:
        return not self.is_accepted and not self.waits_for_desk

    @property
    def return_reason(self) -> str:
        return self.sent.return_reason if self.sent is not None else ""


def papers_of(application: InterconnectionApplication) -> tuple[Paper, ...]:
    """In the tariff's order; for an application whose `papers` may have been prefetched."""
    agreement = application.agreement
    names = agreement.tariff_version.required_forms if agreement is not None else []
    if not names:
        return ()
    newest = {row.name: row for row in sorted(application.papers.all(), key=lambda row: row.pk)}
    return tuple(Paper(name=name, sent=newest.get(name)) for name in names)


def papers_asked(application: InterconnectionApplication) -> tuple[str, ...]:
    """The exact asks to the customer, one for each paper that she must still bring."""
    if application.status in APPLICATION_ENDED:
        return ()
    return tuple(_ask(paper) for paper in papers_of(application) if paper.waits_for_customer)


def papers_left(application: InterconnectionApplication, *, at: datetime) -> list[str]:
    """For staff: what is not accepted yet and who has to do something about it."""
    left = [paper for paper in papers_of(application) if not paper.is_accepted]
    brings = _who_brings(application, at) if left else ""
    return [_left(paper, brings) for paper in left]


def _ask(paper: Paper) -> str:
    if paper.return_reason:
        return say(
            "Please send “{paper}” again: {reason}", paper=paper.name, reason=paper.return_reason
        )
    return say("Please send “{paper}”.", paper=paper.name)


def _left(paper: Paper, brings: str) -> str:
    if paper.waits_for_desk:
        return f"“{paper.name}” was sent; customer service has to accept it."
    if paper.return_reason:
        return (
            f"“{paper.name}” was returned ({paper.return_reason}); {brings} has to send it again."
        )
    return f"“{paper.name}” is missing; {brings} has to send it."


def _who_brings(application: InterconnectionApplication, at: datetime) -> str:
    acting = representation_of(application.customer, at)
    name = application.customer.name
    return f"{acting.third_party.name}, acting for {name}," if acting and acting.may_file else name


def standing(papers: Iterable[Paper]) -> dict[str, ApplicationPaper]:
    """By name, what was sent and not returned."""
    return {
        paper.name: paper.sent
        for paper in papers
        if paper.sent is not None and not paper.waits_for_customer
    }
