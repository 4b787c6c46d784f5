"""Translated words: collected into `locale/*/LC_MESSAGES/django.po`, compiled beside them.

GNU gettext is not needed: what is compiled is not committed, and the set-up makes it.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from derms import stamps

LOCALE = Path("locale")
NAME = "django.po"


class Message(NamedTuple):
    """One text to translate; `plural` is empty when it has none; `where` is a file's path."""

    words: str
    plural: str
    where: str


def sources(root: Path) -> list[Path]:
    return sorted((root / LOCALE).glob(f"*/LC_MESSAGES/{NAME}"))


def are_current(root: Path) -> bool:
    return all(_is_current(source) for source in sources(root))


def compile_all(root: Path) -> None:
    """Make what programs read out of what translators write; only what has changed."""
    for source in sources(root):
        if not _is_current(source):
            _compile(source)


def collect(root: Path, language: str, found: Iterable[Message]) -> tuple[int, int]:
    """Bring one catalogue up to date; how many texts came in and how many went out."""
    place = root / LOCALE / language / "LC_MESSAGES" / NAME
    import polib  # noqa: PLC0415  the set-up imports this file before packages are there

    old = polib.pofile(str(place))
    known = {(one.msgid, one.msgid_plural or ""): one for one in old}
    new = polib.POFile(wrapwidth=100)
    new.metadata = old.metadata
    wanted: dict[str, Message] = {}
    places: dict[str, set[str]] = {}
    for message in found:
        held = wanted.setdefault(message.words, message)
        if message.plural and not held.plural:
            wanted[message.words] = message
        places.setdefault(message.words, set()).add(message.where)
    for words, message in sorted(wanted.items(), key=lambda one: (min(places[one[0]]), one[0])):
        entry = known.pop((words, message.plural), None) or polib.POEntry(
            msgid=words,
            msgid_plural=message.plural,
            msgstr_plural={0: "", 1: ""} if message.plural else {},
        )
        entry.occurrences = [(where, "") for where in sorted(places[words])]
        entry.flags = [_format_of(words)] if _format_of(words) else []
        new.append(entry)
    came = sum(1 for one in new if not is_translated(one))
    if str(new) != str(old):
        new.save(str(place))
    return came, len(known)


def entries(source: Path) -> Iterator[Any]:
    """The entries of one catalogue, as polib has them."""
    import polib  # noqa: PLC0415  see above

    return iter(polib.pofile(str(source)))


def is_translated(entry: Any) -> bool:  # noqa: ANN401  a library without types
    texts = entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]
    return "fuzzy" not in entry.flags and all(text.strip() for text in texts)


def _format_of(words: str) -> str:
    if "%(" in words:
        return "python-format"
    return "python-brace-format" if "{" in words else ""


def _compile(source: Path) -> None:
    import polib  # noqa: PLC0415  see above

    target = source.with_suffix(".mo")
    attempt = target.with_name(f"{target.name}.{os.getpid()}")
    polib.pofile(str(source)).save_as_mofile(str(attempt))
    attempt.replace(target)
    stamps.finish(_stamp(source), stamps.digest([source]))


def _is_current(source: Path) -> bool:
    made = source.with_suffix(".mo").is_file()
    return made and stamps.is_current(_stamp(source), stamps.digest([source]))


def _stamp(source: Path) -> Path:
    return source.with_suffix(".stamp")


if __name__ == "__main__":
    compile_all(Path(sys.argv[1]))
