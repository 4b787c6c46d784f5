"""The one permission rule of the REST API."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from typing_extensions import override

from derms.accounts.access import may_open

if TYPE_CHECKING:
    # Views load their default permission while they load themselves.
    from rest_framework.views import APIView


class RoleMayOpen(BasePermission):
    """The view's `allowed_roles` decide, as for every page; a view without them is closed."""

    @override
    def has_permission(self, request: Request, view: "APIView") -> bool:
        return may_open(request.user, getattr(view, "allowed_roles", None))
