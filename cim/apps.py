"""App registration."""

from django.apps import AppConfig


class CimConfig(AppConfig):
    """See the package's docstring."""

    name = "cim"
    default_auto_field = "django.db.models.BigAutoField"
