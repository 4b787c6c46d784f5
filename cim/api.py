"""The endpoint of enterprise messages: XML in, XML out, for systems with a token (IX-1)."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.views import APIView

from cim import services
from cim.messages.reading import BYTES_MAX
from derms.accounts.models import User
from derms.accounts.roles import Role


class WorkMessages(APIView):
    """Service orders and work requests of IEC 61968-6, in envelopes of IEC 61968-100."""

    allowed_roles = frozenset({Role.SYSTEM})

    @extend_schema(
        request={"application/xml": bytes},
        responses={(200, "application/xml"): bytes, (400, "application/xml"): bytes},
        description="One message; the same MessageID again gets the same answer.",
    )
    def post(self, request: Request) -> HttpResponse:
        assert isinstance(request.user, User)  # noqa: S101  the gate let a person through
        try:
            content: bytes = request.body
        except RequestDataTooBig:
            content = b" " * (BYTES_MAX + 1)
        answer, is_read = services.receive(content=content, sender=request.user, at=timezone.now())
        return HttpResponse(
            answer,
            content_type="application/xml; charset=utf-8",
            status=status.HTTP_200_OK if is_read else status.HTTP_400_BAD_REQUEST,
        )
