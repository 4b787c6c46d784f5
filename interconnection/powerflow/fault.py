"""What is wrong with a file, told so that its author finds the place. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one line of one file."""

    file: str
    line: int
    words: str
