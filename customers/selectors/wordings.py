"""The words of every kind of notice: the utility's own, else those that come with the product."""

from dataclasses import dataclass

from django.db.models import Count, Max

from customers.channels import texts
from customers.models import Notice, NoticeWording


@dataclass(frozen=True, kw_only=True)
class WordingRow:
    """One kind of notice in the list; `number` 0 is the wording that comes with the product."""

    template: str
    name: str
    subject: str
    number: int
    sent: int


def wording_in_use(template: str) -> NoticeWording | None:
    """The newest wording of the utility's own; None while it uses the product's."""
    return NoticeWording.objects.filter(template=template).order_by("-number").first()


def words_of(wording: NoticeWording | None) -> texts.Wording | None:
    return texts.Wording(subject=wording.subject, body=wording.body) if wording else None


def wording_rows() -> list[WordingRow]:
    """All kinds of notices, by name; two questions to the database."""
    newest = NoticeWording.objects.values("template").annotate(last=Max("number"))
    own = {
        row.template: row
        for row in NoticeWording.objects.filter(number__in=[one["last"] for one in newest])
        if {"template": row.template, "last": row.number} in list(newest)
    }
    sent = dict(Notice.objects.order_by().values_list("template").annotate(how_many=Count("pk")))
    return [
        WordingRow(
            template=template,
            name=name_of(template),
            subject=own[template].subject if template in own else wording.subject,
            number=own[template].number if template in own else 0,
            sent=sent.get(template, 0),
        )
        for template, wording in sorted(texts.WORDINGS.items())
    ]


def name_of(template: str) -> str:
    return template.replace("_", " ").capitalize()


def cases_of(template: str) -> list[Notice]:
    """The newest real cases a wording can be tried on: notices whose facts were kept."""
    found = Notice.objects.filter(template=template).exclude(facts={}).select_related("customer")
    return list(found.order_by("-pk")[:10])
