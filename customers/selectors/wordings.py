"""The words of every kind of notice: the utility's own, else those that come with the product."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from customers.channels import texts
from customers.models import Language, Notice, NoticeWording

ENGLISH = Language.ENGLISH.value


@dataclass(frozen=True, kw_only=True)
class WordingRow:
    """One kind of notice in the list, with its subject in English."""

    template: str
    name: str
    subject: str
    # Language and number of the wording, of each language that has one of the utility's own.
    own: list[tuple[str, int]]
    sent: int


def wording_in_use(template: str, language: str) -> NoticeWording | None:
    """The newest wording of the utility's own; None while it uses the product's."""
    return versions_of(template, language).first()


def versions_of(template: str, language: str) -> QuerySet[NoticeWording]:
    """All wordings of the utility's own, newest first."""
    return NoticeWording.objects.filter(template=template, language=language).order_by("-number")


def words_of(wording: NoticeWording | None) -> texts.Wording | None:
    return texts.Wording(subject=wording.subject, body=wording.body) if wording else None


def wording_rows() -> list[WordingRow]:
    """All kinds of notices, by name; two questions to the database."""
    newest = NoticeWording.objects.order_by("template", "language", "-number")
    own: dict[str, dict[str, NoticeWording]] = {}
    for row in newest.distinct("template", "language"):
        own.setdefault(row.template, {})[row.language] = row
    sent = dict(Notice.objects.order_by().values_list("template").annotate(how_many=Count("pk")))
    return [
        WordingRow(
            template=template,
            name=name_of(template),
            subject=own[template][ENGLISH].subject
            if ENGLISH in own.get(template, {})
            else wording.subject,
            own=[
                (str(Language(language).label), row.number)
                for language, row in own.get(template, {}).items()
            ],
            sent=sent.get(template, 0),
        )
        for template, wording in sorted(texts.WORDINGS.items())
    ]


def name_of(template: str) -> str:
    return template.replace("_", " ").capitalize()


def cases_of(template: str, language: str) -> list[Notice]:
    """The newest real cases a wording can be tried on: notices whose facts were kept."""
    found = (
        Notice.objects.filter(template=template, language=language)
        .exclude(facts={})
        .select_related("customer")
    )
    return list(found.order_by("-pk")[:10])
