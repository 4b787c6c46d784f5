"""Who a program is, and the one permission rule of the REST API."""

from typing import TYPE_CHECKING

import pghistory
from django.conf import settings
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from typing_extensions import override

from derms.accounts.access import address_of, may_open
from derms.accounts.models import ApiToken, User
from derms.accounts.pace import WINDOW_S, is_too_fast
from derms.accounts.tokens import READ, SCOPES, find_token, may_use, note_use

if TYPE_CHECKING:
    # Views load their default permission while they load themselves.
    from rest_framework.views import APIView

SCHEMES = frozenset({b"token", b"bearer"})
WRONG_PER_MINUTE = 60


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Token <key>`, or Bearer; every key has its pace."""

    @override
    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() not in SCHEMES:
            return None
        at, address = timezone.now(), address_of(request.META.get("REMOTE_ADDR", ""))
        key = parts[1].decode("ascii", "replace") if len(parts) == 2 else ""
        token = find_token(key=key, at=at)
        if token is None:
            if is_too_fast("token-wrong", address or "", most=WRONG_PER_MINUTE):
                raise Throttled(wait=WINDOW_S)
            raise AuthenticationFailed("This token is unknown, revoked or too old. Make a new one.")
        if is_too_fast("token", str(token.pk), most=settings.API_PER_MINUTE):
            raise Throttled(
                wait=WINDOW_S, detail=f"At most {settings.API_PER_MINUTE} requests a minute."
            )
        note_use(token=token, address=address, at=at)
        # Whatever this request changes says in its history which token did it.
        pghistory.context(user=token.owner_id, token=token.pk)
        return token.owner, token

    @override
    def authenticate_header(self, request: Request) -> str:
        return "Token"


class RoleMayOpen(BasePermission):
    """The view's `allowed_roles` decide, as for every page; a view without them is closed.

    A token must cover the operation besides: `read`, or the room that the view belongs to.
    """

    @override
    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not may_open(request.user, getattr(view, "allowed_roles", None)):
            return False
        if not isinstance(request.auth, ApiToken):
            return True
        room = type(view).__module__.partition(".")[0]
        is_read = request.method in SAFE_METHODS
        if not may_use(request.auth, room=room, is_read=is_read):
            scope = READ if is_read else room
            words = SCOPES.get(scope, scope)
            raise PermissionDenied(f"This token lacks the scope {scope}: {words.lower()}.")
        return True
