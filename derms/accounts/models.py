"""People who sign in, the roles they hold, the views they keep and the lists they took (OP-1)."""

from functools import cached_property

from django.contrib.auth.models import AbstractUser
from django.db import models

from derms.accounts.roles import Role
from derms.lib.lifecycle import append_only


class User(AbstractUser):
    """A person, or another system, who signs in."""

    # Set for one request only, when customer service looks at the portal as a customer sees it.
    looks_as_customer_id: int | None = None

    @cached_property
    def roles(self) -> frozenset[Role]:
        """The roles held now; read once per request."""
        if self.looks_as_customer_id is not None:
            return frozenset({Role.CUSTOMER})
        return frozenset(Role(grant.role) for grant in self.role_grants.all())

    def has_role(self, *roles: Role) -> bool:
        return bool(self.roles.intersection(roles))


class RoleGrant(models.Model):
    """A role given to a person, by whom and when."""

    user = models.ForeignKey(User, models.CASCADE, related_name="role_grants")
    role = models.CharField(max_length=32, choices=Role.choices)
    granted_at = models.DateTimeField()
    granted_by = models.CharField(max_length=150)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role"], name="one_grant_per_role"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="role_grant_is_a_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} as {self.role}"


class SavedView(models.Model):
    """How a person likes to look at a list: its filters, order and columns, under a name."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="saved_views")
    # The URL name of the list.
    list_name = models.CharField(max_length=64)
    name = models.CharField(max_length=60)
    # Others see it too; only its owner changes it.
    is_shared = models.BooleanField(default=False)
    query = models.CharField(max_length=1000, blank=True)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "list_name", "name"], name="one_saved_view_per_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ExportRecord(models.Model):
    """A list with facts about customers that somebody took out of the product. Never changed."""

    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    list_name = models.CharField(max_length=64)
    query = models.TextField(blank=True)
    rows = models.PositiveIntegerField()

    class Meta:
        triggers = [append_only()]
        indexes = [models.Index(fields=["-at"], name="exports_newest_first")]

    def __str__(self) -> str:
        return f"{self.rows} rows of {self.list_name} by {self.by}"
