"""The one way a status changes: by table, by compare-and-swap, with a row that says who and why."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

import pgtrigger
from django.db import models, transaction

from derms.lib.errors import Conflict, Refused

Moves = Mapping[str, frozenset[str]]


class MoveNotAllowed(Refused):
    """The lifecycle has no such move."""

    code = "move_not_allowed"


class MovedMeanwhile(Conflict):
    """Somebody changed the status between reading and writing."""

    code = "moved_meanwhile"


class HasLifecycle(models.Model):
    """A row whose status follows a table of moves.

    The model sets `MOVES`, has a `status` field, and a `<Model>StatusChange` table that points
    back with `related_name="status_changes"`.
    """

    MOVES: ClassVar[Moves]
    status: Any

    class Meta:
        abstract = True

    def move(self, to: str, *, at: datetime, by: str, reason: str = "", **fields: Any) -> Self:
        """Move to `to` and record it; `fields` are written in the same statement.

        Raises MoveNotAllowed when the table has no such move, MovedMeanwhile when another
        process was first. Either way nothing is written.
        """
        old = str(self.status)
        if to not in self.MOVES[old]:
            raise MoveNotAllowed(f"{self} is {old} and cannot become {to}.", old=old, new=to)
        with transaction.atomic():
            still_old = type(self)._default_manager.filter(pk=self.pk, status=old)
            if still_old.update(status=to, **fields) != 1:
                raise MovedMeanwhile(f"{self} is no longer {old}. Reload and decide again.")
            changes: Any = self
            changes.status_changes.create(
                old_status=old, new_status=to, at=at, by=by, reason=reason
            )
        self.status = to
        for name, value in fields.items():
            setattr(self, name, value)
        return self


class StatusChange(models.Model):
    """One move of one row: what, when, who, why. Never changed afterwards."""

    old_status = models.CharField(max_length=32)
    new_status = models.CharField(max_length=32)
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    reason = models.TextField(blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.old_status} -> {self.new_status}"


def only_listed_moves(moves: Moves) -> pgtrigger.FSM:
    """A database trigger that refuses any other move, from raw SQL too."""
    return pgtrigger.FSM(
        name="only_listed_moves",
        field="status",
        transitions=[(old, new) for old, targets in moves.items() for new in sorted(targets)],
    )


def append_only() -> pgtrigger.Protect:
    """A database trigger that keeps evidence as it was written."""
    return pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


def counts_versions() -> pgtrigger.Trigger:
    """A database trigger that counts a row's changes in `version`, whoever makes them."""
    return pgtrigger.Trigger(
        name="count_versions",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func="NEW.version = OLD.version + 1; RETURN NEW;",
    )
