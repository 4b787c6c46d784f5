"""Files made on the spot: saved by the browser, kept by nobody on the way."""

from django.http import HttpResponse


def attachment_headers(name: str) -> dict[str, str]:
    """`name` is of our own making, with its extension."""
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


def attachment(content: bytes, *, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(content, content_type=content_type, headers=attachment_headers(name))
