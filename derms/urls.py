"""Where prefixes by role meet folders by floor.

Each app's `urls.py` offers lists named after the prefix they belong under.
"""

from types import ModuleType
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

import cim.urls
import customers.urls
import devices.urls
import dispatch.urls
import groups.urls
import interconnection.urls
from derms import audit, pages
from derms.accounts import views as accounts

Route = URLPattern | URLResolver
FLOORS: tuple[ModuleType, ...] = (
    customers.urls,
    interconnection.urls,
    devices.urls,
    groups.urls,
    dispatch.urls,
    cim.urls,
)


def routes(name: str) -> list[Route]:
    """The routes every floor offers under one prefix."""
    return [route for floor in FLOORS for route in getattr(floor, name, [])]


# Consumers are no views, so Channels types its routes in its own way.
websocket_urlpatterns: Any = routes("websocket")

urlpatterns: list[Route] = [
    path("", pages.home, name="home"),
    path("health/live", pages.health_live, name="health_live"),
    path("health/ready", pages.health_ready, name="health_ready"),
    path("account/", include("allauth.urls")),
    path("portal/", include(routes("portal"))),
    path("service/", include(routes("service"))),
    path("engineering/", include(routes("engineering"))),
    path("operations/", include(routes("operations"))),
    path("field/", include(routes("field"))),
    path("audit/", audit.audit_log, name="audit_log"),
    path("audit/exports/", audit.export_log, name="audit_exports"),
    path("views/", accounts.keep, name="keep_view"),
    path("views/<int:view_id>/remove", accounts.remove, name="remove_view"),
    path("tokens/", accounts.tokens, name="tokens"),
    path("tokens/<int:token_id>/revoke", accounts.revoke, name="token_revoke"),
    path("cim/", include(routes("cim"))),
    path("api/v1/", include(routes("api"))),
    path("api/schema/", pages.schema, name="schema"),
    path("admin/", admin.site.urls),
]
if settings.IS_DEMO:
    from derms.demo import guide

    urlpatterns.append(path("demo/", guide.guide, name="demo_guide"))
handler403 = "derms.pages.forbidden"
handler404 = "derms.pages.not_found"
handler500 = "derms.pages.broken"
