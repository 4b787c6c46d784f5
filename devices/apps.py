"""App registration."""

from django.apps import AppConfig


class DevicesConfig(AppConfig):
    """See the package's docstring."""

    name = "devices"
    default_auto_field = "django.db.models.BigAutoField"
