"""Registers the shell's template tags and the words' language."""

from django.apps import AppConfig

from derms.lib import words
from derms.ui.speaking import DjangoSpeaker


class UiConfig(AppConfig):
    """Shell, parts and formats; no tables."""

    name = "derms.ui"
    label = "ui"
    verbose_name = "Shell"

    def ready(self) -> None:
        words.use(DjangoSpeaker())
