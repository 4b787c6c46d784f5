"""How the REST API speaks: errors with a stable code, pages."""

from typing import Any

from rest_framework import status
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler

from derms.lib.errors import Conflict, DermsError, InvalidInput, NotFound, Unavailable

STATUS_CODES: tuple[tuple[type[DermsError], int], ...] = (
    (InvalidInput, status.HTTP_400_BAD_REQUEST),
    (NotFound, status.HTTP_404_NOT_FOUND),
    (Conflict, status.HTTP_409_CONFLICT),
    (Unavailable, status.HTTP_503_SERVICE_UNAVAILABLE),
    (DermsError, status.HTTP_422_UNPROCESSABLE_ENTITY),
)


class Pages(LimitOffsetPagination):
    """`?limit=` and `?offset=`; never more than a thousand rows in one answer."""

    default_limit = 100
    max_limit = 1000


def answer_errors(error: Exception, context: dict[str, Any]) -> Response | None:
    """The `EXCEPTION_HANDLER`: product errors become {code, message, ...}, others DRF's own."""
    if not isinstance(error, DermsError):
        return exception_handler(error, context)
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if isinstance(error, InvalidInput):
        body["fields"] = error.fields
    headers = {}
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(error.retry_after_s)
    http_status = next(code for kind, code in STATUS_CODES if isinstance(error, kind))
    return Response(body, status=http_status, headers=headers)
