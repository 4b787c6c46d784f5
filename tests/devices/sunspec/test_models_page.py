"""docs/models/sunspec_functions.md says which registers each function is written to, and is right.

`UPDATE_MODELS=1 pytest tests/devices/sunspec/test_models_page.py` writes the table anew.
"""

from __future__ import annotations

import os
from pathlib import Path

from devices.capabilities import Function
from devices.sunspec.controls import CONTROLS
from devices.sunspec.controls.adopted import AdoptedControl
from devices.sunspec.controls.block import BlockControl
from devices.sunspec.controls.control import Control
from devices.sunspec.controls.legacy_curves import HEAD, LegacyCurve
from devices.sunspec.controls.reactive import PowerFactor704, ReactivePower123
from devices.sunspec.definitions import definition
from devices.sunspec.layout import layout
from devices.sunspec.quirks import MAKERS, PLAIN

PAGE = Path(__file__).resolve().parents[3] / "docs" / "models" / "sunspec_functions.md"
FIRST, LAST = "<!-- written by tests/devices/sunspec/test_models_page.py -->", "<!-- end -->"


def runs(control: Control) -> list[tuple[str, ...]]:
    """The neighbouring points that are written together, in order."""
    if isinstance(control, PowerFactor704):
        storing = (control.absorbing, control.absorbing_switch)
        return [*control.before, *storing, control.points]
    if isinstance(control, ReactivePower123):
        return [("VArWMaxPct", *control.points)]
    if isinstance(control, BlockControl):
        return [*control.before, control.points]
    if isinstance(control, AdoptedControl):
        stored = [tuple(control.field(2, n) for n in part) for part in control.parts(2)]
        return [*stored, (control.request,), (control.timer,), (control.enable,)]
    assert isinstance(control, LegacyCurve)
    stored_names = tuple(control.field(1, name) for name in control.names(2))
    return [stored_names, (control.field(1, control.response),), HEAD]


def offsets(model_id: int, run: tuple[str, ...]) -> str:
    counts = (("NCrv", 2), ("NCtl", 2), ("NPt", 2))
    places = layout(model_id, 500, counts)
    first, last = places[run[0]], places[run[-1]]
    end = last.offset + last.size - 1
    where = f"{first.offset}" if end == first.offset else f"{first.offset}–{end}"
    named = f"`{run[0]}`" if len(run) == 1 else f"`{run[0]}` … `{run[-1]}`"
    return f"{where} {named}"


def table() -> list[str]:
    lines = ["| function | model | registers, in the order they are written |", "|---|---|---|"]
    for function in Function:
        for control in CONTROLS:
            if control.function is function:
                known = definition(control.model)
                assert known is not None
                written = ", ".join(offsets(control.model, run) for run in runs(control))
                lines.append(f"| `{function}` | {control.model} {known.label} | {written} |")
    return lines


def test_the_page_tells_where_each_function_is_written() -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(FIRST)
    _, after = rest.split(LAST)
    wanted = "\n".join([before + FIRST, "", *table(), "", LAST + after])
    if os.environ.get("UPDATE_MODELS"):
        PAGE.write_text(wanted, encoding="utf-8")
        text = wanted

    assert text == wanted


def test_every_function_has_a_control_and_every_control_its_models_points() -> None:
    assert {control.function for control in CONTROLS} == set(Function)
    for control in CONTROLS:
        for run in runs(control):
            assert offsets(control.model, run)


def test_the_drivers_readme_names_every_maker() -> None:
    readme = Path(__file__).resolve().parents[3] / "devices" / "sunspec" / "README.md"
    text = readme.read_text(encoding="utf-8")

    assert [m.quirks.name for m in MAKERS if m.quirks.name not in text] == []
    assert PLAIN.name
