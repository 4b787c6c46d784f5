"""The utility's own words for its notices (CS-9)."""

from datetime import datetime

from django.db import IntegrityError, transaction

from customers.channels import texts
from customers.models import NoticeWording
from customers.selectors.wordings import wording_in_use
from derms.lib.errors import Conflict, InvalidInput


class WordedMeanwhile(Conflict):
    """Somebody else wrote a new wording while this person was writing."""

    code = "worded_meanwhile"


def write_wording(
    *,
    template: str,
    language: str,
    subject: str,
    body: str,
    reason: str,
    seen: int,
    at: datetime,
    by: str,
) -> NoticeWording:
    """Use these words in this language from now on; `seen` is the number that this person had read.

    Notices that are in the outbox keep theirs. Raises InvalidInput when a fact is used that the
    notice has not, WordedMeanwhile when `seen` is not the newest any more.
    """
    problem = texts.problem_with(template, texts.Wording(subject=subject, body=body))
    if problem:
        raise InvalidInput(problem, fields={"body": [problem]})
    newest = wording_in_use(template, language)
    if (newest.number if newest else 0) != seen:
        raise _meanwhile(newest)
    try:
        with transaction.atomic():
            return NoticeWording.objects.create(
                template=template,
                language=language,
                number=seen + 1,
                subject=" ".join(subject.split()),
                body=body.replace("\r\n", "\n"),
                written_at=at,
                written_by=by,
                reason=reason,
            )
    except IntegrityError as error:
        if "notice_wording_number" not in str(error):
            raise
        raise _meanwhile(wording_in_use(template, language)) from error


def _meanwhile(newest: NoticeWording | None) -> WordedMeanwhile:
    who = newest.written_by if newest else "Somebody"
    words = f"{who} wrote version {newest.number if newest else 0} meanwhile: "
    return WordedMeanwhile(
        f"{words}“{newest.subject if newest else ''}”. Yours was not kept: read it and decide anew."
    )
