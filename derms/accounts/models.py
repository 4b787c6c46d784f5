"""People who sign in and the roles they hold (OP-1)."""

from functools import cached_property

from django.contrib.auth.models import AbstractUser
from django.db import models

from derms.accounts.roles import Role


class User(AbstractUser):
    """A person, or another system, who signs in."""

    @cached_property
    def roles(self) -> frozenset[Role]:
        """The roles held now; read once per request."""
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
