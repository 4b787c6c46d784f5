"""Takes one returned mail from a mail system's pipe, and makes it a task (CS-9)."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from customers.channels.bounces import SIZE_MAX, read_bounce
from customers.models import Notice
from customers.services.outcomes import record_bounce


class Command(BaseCommand):
    """`manage.py receive_bounce < returned.eml`, or with the file's name."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="the mail; standard input without")

    def handle(self, *_args: Any, file: Path | None, **_options: Any) -> None:
        """What is no report of ours is no error: the mail system must not send it back again."""
        content = file.read_bytes() if file else sys.stdin.buffer.read(SIZE_MAX)
        bounce = read_bounce(content)
        notice = Notice.objects.filter(pk=bounce.notice_id).first() if bounce else None
        if bounce is None or notice is None:
            self.stdout.write("No report of a notice of ours: nothing was recorded.")
            return
        record_bounce(notice=notice, words=bounce.words, at=timezone.now())
        self.stdout.write(f"Notice {notice.pk} came back. Customer service has it as a task.")
