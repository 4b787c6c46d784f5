"""A file that somebody brings, and what somebody decides of its rows."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from devices.register.matching import Choice
from devices.register.table import FILE_BYTES_MAX, LIMITS

LINE_MAX = 2_147_483_647


class ListForm(forms.Form):
    """One file; whether it is a list of devices is found when it is read."""

    file = forms.FileField(
        label="List of devices",
        help_text=f"CSV or Excel (.xlsx). {LIMITS}",
        error_messages={
            "required": "Choose a file first.",
            "empty": "The file is empty. Choose the file again.",
        },
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.xlsm"}),
    )

    def clean_file(self) -> "UploadedFile[Any]":
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if file.size is None or file.size > FILE_BYTES_MAX:
            raise forms.ValidationError(f"The file is too large. {LIMITS} Split it.")
        return file


@dataclass(frozen=True, slots=True)
class RowChoices:
    """What was decided of the rows that were shown, by line."""

    edition: int
    choices: dict[int, str]
    left_out: dict[int, bool]


def choices_of(posted: QueryDict) -> RowChoices:
    """Read `line` (each row shown), `in-<line>` and `choice-<line>`; what is odd is left alone."""
    shown = [int(text) for text in posted.getlist("line") if _is_line(text)]
    choices = {
        line: posted.get(f"choice-{line}", "")
        for line in shown
        if posted.get(f"choice-{line}") in set(Choice)
    }
    left_out = {line: f"in-{line}" not in posted for line in shown if f"may-{line}" in posted}
    return RowChoices(edition_of(posted), choices, left_out)


def edition_of(posted: QueryDict) -> int:
    text = posted.get("edition", "")
    return int(text) if _is_line(text) else 0


def _is_line(text: str) -> bool:
    return text.isascii() and text.isdecimal() and int(text[:11]) <= LINE_MAX
