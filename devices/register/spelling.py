"""When two serial numbers or two makers are the same, and when they only look alike."""

from __future__ import annotations

import re

_ALIKE = str.maketrans({"O": "0", "Q": "0", "I": "1", "L": "1"})


def maker_key(maker: str) -> str:
    """Case and blanks make no other maker."""
    return "".join(maker.split()).casefold()


def serial_key(serial_number: str) -> str:
    """Case and blanks make no other serial number."""
    return "".join(serial_number.split()).casefold()


def looks(serial_number: str) -> str:
    """What a person may take for the same: O and 0, I, l and 1, dashes, leading zeros."""
    plain = re.sub(r"[\W_]+", "", serial_number).upper().translate(_ALIKE)
    return plain.lstrip("0") or plain


def words_key(text: str) -> str:
    return " ".join(text.split()).casefold()
