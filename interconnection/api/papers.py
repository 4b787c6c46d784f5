"""REST operations on the papers that a tariff asks for: which, send one, answer (CS-2, CS-5)."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from customers.flows.uploads import SIZE_MAX
from derms.accounts.roles import Role
from interconnection.api.applications import READERS, TAGS, Operation, visible_to
from interconnection.models import InterconnectionApplication
from interconnection.selectors.applications import application_by_reference
from interconnection.selectors.papers import Paper, papers_of
from interconnection.services import papers as services
from interconnection.statuses import PaperStatus


class PaperOutput(serializers.Serializer[Paper]):
    """A paper that the tariff asks for; `id` is of the newest that was sent."""

    name = serializers.CharField()
    id = serializers.IntegerField(source="sent.pk", default=None, allow_null=True)
    status = serializers.ChoiceField(
        source="sent.status", default=None, allow_null=True, choices=PaperStatus.choices
    )
    sent_at = serializers.DateTimeField(source="sent.sent_at", default=None, allow_null=True)
    return_reason = serializers.CharField(help_text="What is wrong with it, when it was returned")


class PaperInput(serializers.Serializer[Any]):
    """One of the papers asked for, by its name, with the file: PDF, JPEG, PNG, WebP or HEIC."""

    name = serializers.CharField(max_length=120)
    file = serializers.FileField(max_length=200)


class ReturnInput(serializers.Serializer[Any]):
    """What is wrong with it, as the customer reads it."""

    reason = serializers.CharField(max_length=500)


class Papers(Operation):
    """What the papers of an application are, as its three operations answer."""

    def seen(self, reference: str) -> InterconnectionApplication:
        """An application that the caller may see; to others it does not exist."""
        found = visible_to(self.person()).filter(reference=reference).first()
        if found is None:
            raise Http404(f"There is no application {reference}.")
        return found

    def answer_papers(self, reference: str, code: int = status.HTTP_200_OK) -> Response:
        found = papers_of(application_by_reference(reference))
        return Response([PaperOutput(one).data for one in found], status=code)


@extend_schema(tags=TAGS, responses=PaperOutput(many=True))
class PaperList(Papers):
    """The papers that the accepted tariff asks for, with what came of each; POST sends one."""

    allowed_roles = READERS
    parser_classes = (MultiPartParser,)

    def get(self, _request: Request, reference: str) -> Response:
        return self.answer_papers(self.seen(reference).reference)

    @extend_schema(request={"multipart/form-data": PaperInput}, responses={201: PaperOutput})
    def post(self, _request: Request, reference: str) -> Response:
        person = self.person()
        is_desk = person.has_role(Role.CUSTOMER_SERVICE)
        found = self.seen(reference) if is_desk else self.to_change(reference)
        typed = self.typed(PaperInput)
        services.send_paper(
            application=found,
            name=typed["name"],
            file_name=typed["file"].name,
            content=typed["file"].read(SIZE_MAX + 1),
            at=timezone.now(),
            by=person.get_username(),
        )
        return self.answer_papers(reference, status.HTTP_201_CREATED)


@extend_schema(tags=TAGS, request=None, responses=PaperOutput(many=True))
class PaperAccept(Papers):
    """Accept a paper."""

    allowed_roles = frozenset({Role.CUSTOMER_SERVICE})

    def post(self, _request: Request, reference: str, paper_id: int) -> Response:
        paper = services.paper_by_id(self.seen(reference), paper_id)
        services.accept_paper(paper=paper, at=timezone.now(), by=self.person().get_username())
        return self.answer_papers(reference)


@extend_schema(tags=TAGS, request=ReturnInput, responses=PaperOutput(many=True))
class PaperReturn(Papers):
    """Return a paper; the customer is told what is wrong with it."""

    allowed_roles = frozenset({Role.CUSTOMER_SERVICE})

    def post(self, _request: Request, reference: str, paper_id: int) -> Response:
        paper = services.paper_by_id(self.seen(reference), paper_id)
        services.return_paper(
            paper=paper,
            at=timezone.now(),
            by=self.person().get_username(),
            **self.typed(ReturnInput),
        )
        return self.answer_papers(reference)
