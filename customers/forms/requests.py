"""Forms of service requests, made from the flow's own data (CS-4)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from customers.flows.flow import LONG_TEXT_MAX, TEXT_MAX, Flow, Question, Way
from customers.forms.visits import SeenForm, VisitForm
from customers.models import Holiday, Programme, ServiceRequest, UsagePoint
from derms.lib.words import say

ALL, OPEN, MINE, LATE = "all", "open", "mine", "late"
ANSWER_REQUIRED = _("Please answer this.")


class PointField(forms.ModelChoiceField[UsagePoint]):
    """A choice of service points by their address and meter."""

    def label_from_instance(self, obj: UsagePoint) -> str:
        return say("{location}, meter {meter}", location=obj.location, meter=obj.meter_number)


class RequestForm(forms.Form):
    """The questions of one kind of request."""

    def __init__(
        self, flow: Flow, points: QuerySet[UsagePoint], data: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data)
        only = points[0] if points.count() == 1 else None
        self.fields["usage_point"] = PointField(
            label=_("Which meter?"),
            queryset=points,
            required=flow.needs_point,
            initial=only,
            empty_label=None if only and flow.needs_point else _("Choose"),
            error_messages={
                "required": _("Choose the meter."),
                "invalid_choice": _("Choose a meter of the list."),
            },
        )
        for question in flow.questions:
            self.fields[question.key] = _field(_with_programmes(question))

    def answers(self) -> dict[str, str]:
        """What was typed, as the flow's engine checks it."""
        names = [name for name in self.fields if name != "usage_point"]
        return {name: str(self.cleaned_data.get(name) or "") for name in names}


def _with_programmes(question: Question) -> Question:
    """The programmes that there are, as the answers to choose from; words while there are none."""
    if question.key != "programme":
        return question
    names = list(Programme.objects.order_by("name").values_list("name", flat=True))
    if not names:
        return question
    return replace(question, kind="choice", choices=tuple((name, name) for name in names))


def _field(question: Question) -> forms.Field:
    facts: dict[str, Any] = {
        "label": say(question.label),
        "help_text": say(question.help) if question.help else "",
        "required": question.is_required,
        "error_messages": {
            "required": ANSWER_REQUIRED,
            "invalid_choice": _("Choose one of the list."),
            "invalid": _("Type the day as year-month-day, such as 2026-09-01."),
        },
    }
    if question.kind == "choice":
        return forms.ChoiceField(
            choices=[("", _("Choose")), *((key, say(words)) for key, words in question.choices)],
            **facts,
        )
    if question.kind == "day":
        day = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        return forms.DateField(widget=day, **facts)
    if question.kind == "long":
        area = forms.Textarea(attrs={"rows": 4})
        return forms.CharField(widget=area, max_length=LONG_TEXT_MAX, **facts)
    return forms.CharField(max_length=TEXT_MAX, **facts)


class WordsForm(SeenForm):
    """An answer at a step that only needs words, or none."""

    words = forms.CharField(
        required=False, max_length=LONG_TEXT_MAX, widget=forms.Textarea(attrs={"rows": 4})
    )


class OrderForm(VisitForm):
    """An answer at a step that sends somebody."""


def way_form(way: Way, data: Mapping[str, Any] | None, *, seen: int | None) -> SeenForm:
    """The form of one answer; its ids carry the answer's key, as a page shows several."""
    kind = OrderForm if way.orders else WordsForm
    form = kind(data, auto_id=f"id_{way.key}_%s", initial={"seen": seen})
    if isinstance(form, WordsForm):
        if way.asks:
            form.fields["words"].label = say(way.asks)
            form.fields["words"].required = True
            form.fields["words"].error_messages["required"] = say(
                "{asks}: write it.", asks=say(way.asks)
            )
        else:
            del form.fields["words"]
    return form


class RequestListForm(forms.Form):
    """Filters of the list; they live in the address."""

    show = forms.ChoiceField(
        label="Show",
        required=False,
        widget=forms.Select(attrs={"class": "filter"}),
        choices=[
            (OPEN, "All open"),
            (MINE, "Assigned to me"),
            (LATE, "Late or due tomorrow"),
            *((f"on_{value}", f"Waiting on {label}") for value, label in
              ServiceRequest.NextActor.choices if value != "nobody"),
            (ALL, "Ended too"),
        ],
    )  # fmt: skip
    kind = forms.ChoiceField(
        label="Kind",
        required=False,
        widget=forms.Select(attrs={"class": "filter"}),
        choices=[("", "Every kind"), *ServiceRequest.Kind.choices],
    )
    q = forms.CharField(label="Filter", required=False, max_length=100)


class NoteForm(forms.Form):
    """Something worth keeping beside a request."""

    text = forms.CharField(
        label="Note",
        max_length=LONG_TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write the note."},
    )
    for_customer = forms.BooleanField(label="The customer sees it", required=False)


class FileForm(forms.Form):
    """One file; its content is checked where it is kept."""

    file = forms.FileField(
        label="File",
        help_text=_("PDF, JPEG, PNG, WebP or HEIC, up to 10 MB."),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("This file is empty. Choose another one."),
        },
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,.webp,.heic,.heif"}),
    )


class ReasonForm(SeenForm):
    """Why a request ends before it is done."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why the request is withdrawn.")},
    )


class HolidayForm(forms.ModelForm[Holiday]):
    """A day that the clock does not count."""

    class Meta:
        model = Holiday
        fields = ("date", "name")
        widgets = {"date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
        error_messages = {
            "date": {
                "required": "Choose the day.",
                "invalid": "Type the day as year-month-day, such as 2026-12-25.",
                "unique": "This day is a holiday already.",
            },
            "name": {"required": "Name the holiday."},
        }
