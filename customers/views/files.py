"""The only doors of a kept file: in from a form, out as a download that can run nothing (OP-1)."""

from pathlib import Path

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from customers.flows.uploads import SIZE_MAX
from customers.forms.requests import FileForm
from customers.models import RequestFile, ServiceRequest
from customers.services import files as file_services

SAFE_HEADERS = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def file_response(path: Path, *, name: str, content_type: str) -> HttpResponse:
    """Pictures may be looked at in place; everything else is saved."""
    if not path.is_file():
        raise Http404("This file is no longer there.")
    is_picture = content_type in {"image/png", "image/jpeg", "image/webp"}
    response = HttpResponse(path.read_bytes(), content_type=content_type)
    for header, value in SAFE_HEADERS.items():
        response[header] = value
    response["Content-Disposition"] = str(
        content_disposition_header(as_attachment=not is_picture, filename=name)
    )
    return response


def keep_sent(form: FileForm, *, request: ServiceRequest, by: str) -> RequestFile:
    """Keep the file of a valid form; one byte more than is admitted is read, to be refused."""
    sent = form.cleaned_data["file"]
    return file_services.keep_file(
        request=request,
        name=sent.name,
        content=sent.read(SIZE_MAX + 1),
        at=timezone.now(),
        by=by,
    )
