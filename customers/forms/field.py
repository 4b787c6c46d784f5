"""What a technician types and photographs on site (CS-6)."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from customers.flows.checklists import NUMBER, TICK, WORDS_MAX, Line
from customers.flows.uploads import FILES_MAX, SIZE_MAX
from customers.services.visits import RESULT_MAX, Report

ON = "yes"


class VisitReportForm(forms.Form):
    """The checklist of one kind of order, the result, and the key of this sending."""

    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self,
        lines: Sequence[Line],
        data: Mapping[str, Any] | None = None,
        *,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}), use_required_attribute=False)
        self.lines = lines
        for line in lines:
            self.fields[line.key] = _field(line)
        self.fields["result"] = forms.CharField(
            label="What was found and done",
            required=False,
            max_length=RESULT_MAX,
            widget=forms.Textarea(attrs={"rows": 3}),
        )

    def mark_required(self) -> "VisitReportForm":
        """Say on the page what finishing needs; keeping half of it for later needs nothing."""
        for line in self.lines:
            self.fields[line.key].required = line.is_required
        self.fields["result"].required = True
        return self

    def report(self, photos: Sequence[Any], *, is_final: bool) -> Report:
        """Photos that are too large or too many are read no further than needed to refuse them."""
        answers = {}
        for line in self.lines:
            value = self.cleaned_data[line.key]
            answers[line.key] = (ON if value else "") if line.kind == TICK else value
        return Report(
            key=self.cleaned_data["key"],
            answers=answers,
            result=self.cleaned_data["result"],
            photos=[
                (photo.name or "photo", photo.read(SIZE_MAX + 1))
                for photo in photos[: FILES_MAX + 1]
            ],
            is_final=is_final,
        )


def blank_report(
    lines: Sequence[Line], *, answers: Mapping[str, str], result: str
) -> VisitReportForm:
    """The page as it stands, with a fresh key for the next sending."""
    return VisitReportForm(lines, initial={**answers, "result": result, "key": uuid.uuid4()})


def _field(line: Line) -> forms.Field:
    if line.kind == TICK:
        return forms.BooleanField(label=line.label, required=False)
    attributes = {"inputmode": "decimal"} if line.kind == NUMBER else {}
    return forms.CharField(
        label=f"{line.label}, {line.unit}" if line.unit else line.label,
        required=False,
        max_length=WORDS_MAX,
        widget=forms.TextInput(attrs=attributes),
    )


class StopForm(forms.Form):
    """Why the work cannot go on now."""

    reason = forms.CharField(
        label="What stops the work",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say what has to change before the work can go on."},
    )
