"""Registers the shell's template tags."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Shell, parts and formats; no tables."""

    name = "derms.ui"
    label = "ui"
    verbose_name = "Shell"
