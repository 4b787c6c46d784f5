"""Papers come, are accepted, or go back with the reason; without them nothing is switched on."""

from datetime import datetime

from django.db import transaction

from customers.models import ServiceRequest
from customers.services.files import keep_file
from derms.lib.errors import Conflict, InvalidInput, NotFound, Refused
from derms.lib.words import say
from interconnection.models import ApplicationPaper, InterconnectionApplication
from interconnection.selectors.papers import papers_left, papers_of, standing
from interconnection.services.turns import lock, tell
from interconnection.statuses import APPLICATION_ENDED, PaperStatus


class PapersMissing(Refused):
    """The tariff asks for papers that have not been accepted; the message names each."""

    code = "papers_missing"


class PaperIsThere(Conflict):
    """This paper was sent already and has not been returned."""

    code = "paper_is_there"


def send_paper(
    *,
    application: InterconnectionApplication,
    name: str,
    file_name: str,
    content: bytes,
    at: datetime,
    by: str,
) -> ApplicationPaper:
    """Keep one paper of those the tariff asks for; customer service looks at it."""
    with transaction.atomic():
        row = lock(application, seen=None)
        _check_is_open(row)
        papers = papers_of(row)
        if name not in {paper.name for paper in papers}:
            words = say("This tariff asks for no paper of that name.")
            raise InvalidInput(words, fields={"name": [words]})
        if name in standing(papers):
            raise PaperIsThere(say("We have “{paper}” already.", paper=name))
        request = ServiceRequest.objects.get(mirrors=row.reference)
        kept = keep_file(request=request, name=file_name, content=content, at=at, by=by)
        paper = ApplicationPaper.objects.create(
            application=row, name=name, file=kept, sent_at=at, sent_by=by
        )
        paper.status_changes.create(old_status="", new_status=paper.status, at=at, by=by)
    return paper


def accept_paper(*, paper: ApplicationPaper, at: datetime, by: str) -> ApplicationPaper:
    with transaction.atomic():
        _check_is_open(lock(paper.application, seen=None))
        return paper.move(PaperStatus.ACCEPTED, at=at, by=by)


def return_paper(
    *, paper: ApplicationPaper, reason: str, at: datetime, by: str
) -> ApplicationPaper:
    """Ask for it again, in the words that the customer reads."""
    words = reason.strip()
    if not words:
        told = "Say what is wrong with the paper: the customer reads it."
        raise InvalidInput(told, fields={"reason": [told]})
    with transaction.atomic():
        row = lock(paper.application, seen=None)
        _check_is_open(row)
        paper.move(PaperStatus.RETURNED, at=at, by=by, reason=words, return_reason=words)
        tell(row, "paper_returned", at=at, again=paper.pk, paper=paper.name, reasons=words)
    return paper


def require_papers(application: InterconnectionApplication, *, at: datetime) -> None:
    """Raise PapersMissing while a paper that the tariff asks for is not accepted."""
    left = papers_left(application, at=at)
    if left:
        raise PapersMissing(
            f"{application.reference} lacks papers that its tariff asks for. {' '.join(left)}"
        )


def paper_by_id(application: InterconnectionApplication, paper_id: int) -> ApplicationPaper:
    found = application.papers.filter(pk=paper_id).select_related("application").first()
    if found is None:
        raise NotFound(f"{application.reference} has no such paper.")
    return found


def _check_is_open(application: InterconnectionApplication) -> None:
    if application.status in APPLICATION_ENDED:
        raise Refused(
            say(
                "{application} is “{status}”: its papers stay as they are.",
                application=application,
                status=application.get_status_display(),
            )
        )
