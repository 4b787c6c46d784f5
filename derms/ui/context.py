"""What the shell of every page shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def shell(_request: HttpRequest) -> dict[str, Any]:
    return {"is_demo": settings.IS_DEMO, "site_name": settings.SITE_NAME}
