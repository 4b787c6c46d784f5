"""Stamps say what an installed folder was made from: it is made again when that changed."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest(sources: Iterable[Path], *extra: str) -> str:
    """Return one hash of these files' contents and these words."""
    total = hashlib.sha256()
    for source in sources:
        total.update(hashlib.sha256(source.read_bytes()).digest())
    for word in extra:
        total.update(hashlib.sha256(word.encode()).digest())
    return total.hexdigest()


def is_current(stamp: Path, wanted: str) -> bool:
    try:
        return stamp.read_text() == wanted
    except OSError:
        return False


def begin(stamp: Path) -> None:
    """Take the stamp away before the work, so that an interrupted one is done again."""
    stamp.unlink(missing_ok=True)


def finish(stamp: Path, made_from: str) -> None:
    """Put the stamp in one move: it is whole or not there."""
    attempt = stamp.with_name(stamp.name + ".new")
    attempt.write_text(made_from)
    attempt.replace(stamp)
