"""Words that a spreadsheet would run, made harmless, and read back as they were (pure)."""

import re

# What a spreadsheet takes for the beginning of a formula, full-width forms of Asian keyboards too.
_BEGINNING = (
    r"(?:[\t\r\n]|\s*[=+\-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
    r"\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}])"
)
# Apostrophes in front count too, so that what was defused can be told from what was typed.
_FORMULA = re.compile(f"'*{_BEGINNING}")
_DEFUSED = re.compile(f"'+{_BEGINNING}")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")


def defused(text: str) -> str:
    """Words that a spreadsheet would run get an apostrophe in front; numbers stay."""
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text.strip()):
        return f"'{text}"
    return text


def as_written(text: str) -> str:
    """What a cell held before it was defused, for files of ours that come back."""
    return text[1:] if _DEFUSED.match(text) else text
