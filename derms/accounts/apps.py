"""App registration."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People and roles."""

    name = "derms.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
