"""The command panel of one device: what each step shows."""

from dataclasses import dataclass, field

from django.urls import reverse

from devices import selectors
from devices.capabilities import Function
from devices.forms.asking import FunctionForm, ReleaseForm
from devices.forms.commands import FORMS
from devices.models import DeviceCommand
from devices.selectors.command_rows import CommandRow, command_row
from devices.selectors.rehearsals import Rehearsed
from devices.selectors.settings import supported_functions
from devices.selectors.sheet import Sheet
from devices.selectors.wording import label_of
from devices.services.by_hand import Review


@dataclass(frozen=True, slots=True)
class Choice:
    """One function that can be chosen."""

    label: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The command panel; `step` is idle, select, check, sent or refused."""

    step: str = "idle"
    label: str = ""
    url: str = ""
    choices: list[Choice] = field(default_factory=list)
    form: FunctionForm | ReleaseForm | None = None
    review: Review | None = None
    rehearsed: Rehearsed | None = None
    row: CommandRow | None = None
    refusal: str = ""
    typed: dict[str, list[str]] = field(default_factory=dict)


def idle_panel(sheet: Sheet) -> Panel:
    return Panel(choices=_choices(sheet, ""))


def release_url(row: CommandRow, device_id: int) -> str:
    base = reverse("operations_device_command", args=[device_id])
    return f"{base}?function={row.function}&release=1"


def select_panel(
    sheet: Sheet, function: str, form: FunctionForm | ReleaseForm, *, is_release: bool
) -> Panel:
    label = label_of(function)
    return Panel(
        step="select",
        label=f"Release {label.lower()}" if is_release else label,
        url=command_url(sheet, function, is_release=is_release),
        choices=[] if is_release else _choices(sheet, function),
        form=form,
    )


def refused_panel(sheet: Sheet, function: str, words: str) -> Panel:
    return Panel(
        step="refused",
        label=label_of(function) if function in FORMS else "",
        url=command_url(sheet, function, is_release=False) if function in FORMS else "",
        choices=_choices(sheet, function),
        refusal=words,
    )


def sent_panel(asked: DeviceCommand) -> Panel:
    found = selectors.command_log(asked.device_id).get(pk=asked.pk)
    return Panel(step="sent", label=label_of(asked.function), row=command_row(found))


def _choices(sheet: Sheet, current: str) -> list[Choice]:
    """What the device has; everything while that is not known."""
    supported = supported_functions(sheet.device, sheet.facts.found)
    return [
        Choice(
            label_of(function), command_url(sheet, function, is_release=False), function == current
        )
        for function in (one.value for one in Function)
        if function in FORMS and (not supported or function in supported)
    ]


def command_url(sheet: Sheet, function: str, *, is_release: bool) -> str:
    url = reverse("operations_device_command", args=[sheet.device.pk])
    return f"{url}?function={function}{'&release=1' if is_release else ''}"
