"""Back office for people and roles."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest
from django.utils import timezone

from derms.accounts.models import RoleGrant, User


class RoleGrantInline(admin.TabularInline[RoleGrant, User]):
    """Roles of one person; who granted them and when is recorded."""

    model = RoleGrant
    extra = 0
    fields = ("role", "granted_at", "granted_by")
    readonly_fields = ("granted_at", "granted_by")


@admin.register(User)
class PeopleAdmin(UserAdmin[User]):
    """People, their sign-in and their roles."""

    inlines = (RoleGrantInline,)
    list_display = ("username", "email", "first_name", "last_name", "is_active")

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: Any) -> None:  # noqa: ANN401  Django's signature
        for grant in formset.save(commit=False):
            grant.granted_at = timezone.now()
            grant.granted_by = request.user.get_username()
            grant.save()
        for grant in formset.deleted_objects:
            grant.delete()
        formset.save_m2m()
