"""What others changed in a row since somebody read it, from its recorded history (OP-1)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from derms.accounts.models import User

# Kept by the database itself, or told by another change.
SILENT = frozenset({"id", "version"})


@dataclass(frozen=True, kw_only=True)
class Change:
    """One attribute that is otherwise than it was, and the last person who touched the row."""

    label: str
    before: str
    after: str
    at: datetime
    who: str

    @property
    def words(self) -> str:
        moment = timezone.localtime(self.at)
        before, after = self.before or "nothing", self.after or "nothing"
        return (
            f"{self.who} changed {self.label} from “{before}” to “{after}” "
            f"on {moment:%d %B at %H:%M}."
        )


def changes_since(
    row: models.Model, *, version: int, apart_from: Collection[str] = ()
) -> list[Change]:
    """For a row that counts its versions and keeps its events."""
    tracked: Any = row
    events = list(
        tracked.events.filter(version__gte=version).select_related("pgh_context").order_by("pgh_id")
    )
    if len(events) < 2:
        return []
    before, after = events[0], events[-1]
    who = _who(after)
    changes = []
    for field in row._meta.concrete_fields:
        old, new = getattr(before, field.attname), getattr(after, field.attname)
        if old == new or field.name in SILENT or field.name in apart_from:
            continue
        label = str(field.verbose_name)
        changes.append(
            Change(
                label=label,
                before=_words(field, old),
                after=_words(field, new),
                at=after.pgh_created_at,
                who=who,
            )
        )
    return changes


def _who(event: Any) -> str:  # noqa: ANN401  event tables have no class of their own
    context = event.pgh_context
    number = (context.metadata if context else {}).get("user")
    user = User.objects.filter(pk=number).first() if number else None
    return (user.get_full_name() or user.get_username()) if user else "Somebody"


def _words(field: models.Field[Any, Any], value: object) -> str:
    if value is None:
        return ""
    if isinstance(field, models.ForeignKey):
        return str(field.related_model._default_manager.filter(pk=value).first() or "")
    return str(dict(field.flatchoices).get(value, value))
