"""`manage.py collect_words`: bring the catalogues up to date with the marked texts."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from derms import catalogues
from derms.ui.collecting import collected


class Command(BaseCommand):
    """Write new texts into each catalogue, take out what is gone, compile."""

    help = "Collects the texts marked for translation into locale/*/LC_MESSAGES/django.po."

    def handle(self, **_options: Any) -> None:
        found = list(collected(settings.BASE_DIR))
        for code, name in settings.LANGUAGES:
            if code == settings.LANGUAGE_CODE:
                continue
            open_texts, gone = catalogues.collect(settings.BASE_DIR, code, found)
            self.stdout.write(f"{name}: {open_texts} to translate, {gone} taken out.")
        catalogues.compile_all(settings.BASE_DIR)
