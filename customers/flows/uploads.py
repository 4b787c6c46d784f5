"""What may be uploaded: by size, by name and by what the file really is (CS-4)."""

import re
import unicodedata
from dataclasses import dataclass

from derms.lib.words import mark, say

SIZE_MAX = 10 * 1024 * 1024
FILES_MAX = 20
NAME_MAX = 100
# What begins like this is of this type; the endings are those its name may have.
TYPES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("application/pdf", ("pdf",), r"%PDF-1\.|%PDF-2\."),
    ("image/png", ("png",), r"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", ("jpg", "jpeg"), r"\xff\xd8\xff"),
    ("image/webp", ("webp",), r"RIFF....WEBP"),
    ("image/heic", ("heic", "heif"), r"....ftyp(?:heic|heix|mif1|msf1)"),
)
KINDS_WORDS = mark("PDF, JPEG, PNG, WebP or HEIC")


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file that may be kept: its plain name and the type of its content."""

    name: str
    content_type: str


class NotAccepted(ValueError):
    """The file cannot be kept; the message says why and what would do."""


def check_upload(*, name: str, content: bytes) -> Upload:
    """Raises NotAccepted in words for the person who chose the file."""
    plain = plain_name(name)
    if not content:
        raise NotAccepted(say("{plain} is empty. Choose another file.", plain=plain))
    if len(content) > SIZE_MAX:
        raise NotAccepted(
            say(
                "{plain} is larger than {most} MB. Send a smaller one.",
                plain=plain,
                most=SIZE_MAX // 1024**2,
            )
        )
    found = next(
        (
            (kind, endings)
            for kind, endings, begins in TYPES
            if re.match(begins.encode("latin-1"), content[:32], re.DOTALL)
        ),
        None,
    )
    if found is None:
        raise NotAccepted(
            say(
                "{plain} is no {kinds} file. Save it as one of these.",
                plain=plain,
                kinds=say(KINDS_WORDS),
            )
        )
    kind, endings = found
    ending = plain.rpartition(".")[2].lower()
    if ending not in endings:
        raise NotAccepted(
            say(
                "{plain} is named .{ending} but holds {kind}. Name it .{right}.",
                plain=plain,
                ending=ending,
                kind=kind.partition("/")[2].upper(),
                right=endings[0],
            )
        )
    return Upload(name=plain, content_type=kind)


def plain_name(name: str) -> str:
    """Only the last part of a path, letters, digits and a few signs, short enough."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = re.sub(r"[^\w.\- ()]", "_", last).strip(" .")
    stem, dot, ending = kept.rpartition(".")
    if not dot:
        return kept[:NAME_MAX] or "file"
    return f"{stem[: NAME_MAX - len(ending) - 1] or 'file'}.{ending[:8]}"
