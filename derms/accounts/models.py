"""People who sign in, the roles they hold, the views they keep and the lists they took (OP-1)."""

from functools import cached_property
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models

from derms.accounts.roles import Role
from derms.lib.lifecycle import (
    HasLifecycle,
    Moves,
    StatusChange,
    append_only,
    only_listed_moves,
)


class User(AbstractUser):
    """A person, or another system, who signs in."""

    # What she chose to read customers' pages in; empty until she chose.
    language = models.CharField(max_length=8, blank=True, default="")
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


class TokenStatus(models.TextChoices):
    """Whether a token opens anything; one that has expired is active and opens nothing."""

    ACTIVE = "active", "Active"
    REVOKED = "revoked", "Revoked"


TOKEN_MOVES: Moves = {
    TokenStatus.ACTIVE: frozenset({TokenStatus.REVOKED}),
    TokenStatus.REVOKED: frozenset(),
}


class ApiToken(HasLifecycle):
    """A key with which a program acts for one person; only its SHA-256 is kept.

    `scopes` names what it may do besides what the person's roles allow: reading, and the rooms
    in which it may change something.
    """

    MOVES: ClassVar[Moves] = TOKEN_MOVES

    owner = models.ForeignKey(User, models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=60)
    # Its first letters, so that a person finds it again.
    key_start = models.CharField(max_length=12)
    key_sha256 = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=24))
    status = models.CharField(
        max_length=16, choices=TokenStatus.choices, default=TokenStatus.ACTIVE
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # To the minute, so that reading does not become writing.
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        triggers = [only_listed_moves(TOKEN_MOVES)]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")),
                name="token_expires_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.key_start}…)"


class ApiTokenStatusChange(StatusChange):
    """One move of a token."""

    token = models.ForeignKey(ApiToken, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]


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
