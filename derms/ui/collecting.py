"""Finds every text that is marked for translation, in templates and in Python."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

from derms.catalogues import Message

# The functions whose first words are a text; `_` is how Django's templates mark one in a tag.
SAYING = frozenset({"gettext", "gettext_lazy", "gettext_noop", "_", "say", "mark"})
COUNTING = frozenset({"ngettext", "ngettext_lazy", "say_count"})
FOLDERS = ("derms", "customers", "interconnection", "devices", "groups", "dispatch", "cim")
_TEXT = r"""(u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))"""
_CALL = re.compile(rf"\b(gettext|ngettext|_)\(\s*{_TEXT}(?:\s*,\s*{_TEXT})?")


def collected(root: Path) -> Iterator[Message]:
    """Every marked text, once for each file that has it."""
    for place in sorted((root / "templates").rglob("*.html")):
        for words, plural in marked_in_template(place.read_text()):
            yield Message(words, plural, str(place.relative_to(root)))
    for folder in FOLDERS:
        for place in sorted((root / folder).rglob("*.py")):
            if "migrations" not in place.parts:
                for words, plural in marked_in_python(place.read_text()):
                    yield Message(words, plural, str(place.relative_to(root)))


def marked_in_template(text: str) -> Iterator[tuple[str, str]]:
    for found in _CALL.finditer(templatize(text)):
        plural = ast.literal_eval(found[3]) if found[1] == "ngettext" and found[3] else ""
        yield ast.literal_eval(found[2]), plural


def marked_in_python(text: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
        given = [one.value for one in node.args if isinstance(one, ast.Constant)]
        texts = [one for one in given if isinstance(one, str)]
        if name in SAYING and texts:
            yield texts[0], ""
        elif name in COUNTING and len(texts) > 1:
            yield texts[0], texts[1]
