"""What differs between two versions of a circuit, element by element (IC-2). Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from interconnection.powerflow.circuit import Circuit

KINDS = (
    "lines", "transformers", "regulators", "capacitors", "capacitor_controls", "reactors", "loads",
    "inverters",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Changed:
    """One element that is in both; `names` are the fields that differ."""

    name: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """Of one kind of element."""

    kind: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[Changed, ...]
    unchanged: int


@dataclass(frozen=True, slots=True)
class TableChanges:
    """Of one table of a feeder; `kept` are gone from the model and still feed service points."""

    kind: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]


def changes(old: Circuit | None, new: Circuit) -> tuple[Changes, ...]:
    """Kind by kind; without an old circuit everything is added."""
    return tuple(_of_kind(kind, old, new) for kind in KINDS)


def _of_kind(kind: str, old: Circuit | None, new: Circuit) -> Changes:
    before = {element.name: element for element in getattr(old, kind, ())}
    after = {element.name: element for element in getattr(new, kind)}
    both = [name for name in after if name in before]
    changed = [name for name in both if after[name] != before[name]]
    return Changes(
        kind=kind,
        added=tuple(name for name in after if name not in before),
        removed=tuple(name for name in before if name not in after),
        changed=tuple(Changed(name, _differ(before[name], after[name])) for name in changed),
        unchanged=len(both) - len(changed),
    )


def _differ(before: Any, after: Any) -> tuple[str, ...]:  # noqa: ANN401  elements of one kind
    return tuple(f.name for f in fields(after) if getattr(before, f.name) != getattr(after, f.name))
