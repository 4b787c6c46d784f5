"""Every task that is asked for by name exists, and every scheduled one too."""

import re
import subprocess
from pathlib import Path

from django.conf import settings

from derms.celery import app

ASKED_FOR = re.compile(r"""(?:run_after_commit|ring)\(\s*["']([a-z_.]+)["']""")


def test_every_task_asked_for_by_name_is_registered() -> None:
    app.loader.import_default_modules()
    sources = subprocess.run(
        ["git", "ls-files", "*.py", ":!tests/*"], capture_output=True, text=True, check=True
    ).stdout.split()
    names = {name for path in sources for name in ASKED_FOR.findall(Path(path).read_text())}

    assert names - set(app.tasks) == set()


def test_every_scheduled_task_is_registered() -> None:
    app.loader.import_default_modules()
    names = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert names - set(app.tasks) == set()
