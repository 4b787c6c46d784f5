"""App registration."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """See the package's docstring."""

    name = "customers"
    default_auto_field = "django.db.models.BigAutoField"
