"""The only door to a kept file: as a download, with headers that let it run nothing (OP-1)."""

from pathlib import Path

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header

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
