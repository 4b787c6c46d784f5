"""The roof of the web process: HTTP to Django, WebSocket to the consumers."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "derms.settings")
if not settings.configured:
    # Each request runs in a thread of its own: without a pool each would open a connection.
    os.environ.setdefault("DERMS_DB_POOL", "20")
django_application = get_asgi_application()

from derms.urls import websocket_urlpatterns  # noqa: E402  needs the app registry

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(URLRouter(websocket_urlpatterns))
        ),
    }
)
