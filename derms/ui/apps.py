"""App registration."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Shell and template tags."""

    name = "derms.ui"
    label = "ui"
