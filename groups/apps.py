"""App registration."""

from django.apps import AppConfig


class GroupsConfig(AppConfig):
    """See the package's docstring."""

    name = "groups"
    default_auto_field = "django.db.models.BigAutoField"
