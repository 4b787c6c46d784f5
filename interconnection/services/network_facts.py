"""What the screens need to know of the network, entered by hand or brought in as a list (IC-2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pghistory
from django.core.exceptions import ValidationError
from django.db import models, transaction

from derms.lib.errors import InvalidInput
from interconnection.models import Bus, DistributionTransformer, Feeder, LineSection, Substation
from interconnection.services.missing_network import facts_have_come

# By kind: the table, what a row is found by, and the facts that may be set.
FACTS: Mapping[str, tuple[type[models.Model], str, tuple[str, ...]]] = {
    "substation": (
        Substation, "feeders__name", ("stability", "transmission_generation_w"),
    ),
    "feeder": (Feeder, "name", ("is_under_tariff", "rated_capacity_w", "hosting_capacity_w")),
    "section": (
        LineSection, "feeder__name",
        (
            "peak_load_w", "minimum_load_w", "minimum_daytime_load_w",
            "minimum_tracking_load_w", "primary_wires",
            "interrupting_rating_a", "fault_duty_a",
        ),
    ),
    "bus": (
        Bus, "feeder__name",
        (
            "is_mainline", "fault_current_a", "ground_fault_a", "ica_static_grid_w",
            "ica_operational_w", "ica_protection_va",
        ),
    ),
    "transformer": (
        DistributionTransformer, "bus__feeder__name",
        (
            "rated_va", "secondary_a", "network_service", "network_peak_load_w",
            "primary_connection", "is_centre_tapped",
        ),
    ),
}  # fmt: skip
COLUMNS = ("kind", "feeder", "name", "fact", "value")
NAMED = frozenset({"section", "bus", "transformer"})
MOST_FAULTS = 20
YES_NO = {"yes": True, "no": False, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class NetworkFact:
    """One fact of one element; `value` as text, empty takes it away. `line` is where it stood."""

    kind: str
    feeder: str
    name: str
    fact: str
    value: str
    line: int = 0


def record_facts(
    *, facts: Sequence[NetworkFact], at: datetime, by: str, is_dry_run: bool = False
) -> int:
    """Set all of them or none; how many rows change. Raises InvalidInput with every line."""
    faults: list[str] = []
    found: dict[tuple[str, str, str], models.Model] = {}
    with transaction.atomic(), pghistory.context(by=by):
        changed: dict[int, tuple[models.Model, set[str]]] = {}
        for fact in facts:
            try:
                row = _row(fact, found)
                if _set(row, fact):
                    changed.setdefault(id(row), (row, set()))[1].add(fact.fact)
            except ValidationError as error:
                faults.append(f"Line {fact.line}: {' '.join(error.messages)}")
        if faults:
            more = len(faults) - MOST_FAULTS
            shown = [*faults[:MOST_FAULTS], *([f"And {more} more."] if more > 0 else [])]
            raise InvalidInput("Nothing was recorded. " + " ".join(shown), fields={"file": shown})
        for row, names in changed.values():
            if not is_dry_run:
                row.save(update_fields=sorted(names))
        if changed and not is_dry_run:
            facts_have_come(feeders={fact.feeder for fact in facts}, at=at, by=by)
    return len(changed)


def change_facts(
    *,
    feeder: Feeder,
    kind: str,
    row: models.Model,
    values: Mapping[str, Any],
    at: datetime,
    by: str,
) -> None:
    """Set what a form has checked; what waited for it is looked at again."""
    names = [name for name in FACTS[kind][2] if name in values]
    with transaction.atomic(), pghistory.context(by=by):
        for name in names:
            setattr(row, name, values[name])
        row.save(update_fields=names)
        facts_have_come(feeders=[feeder.name], at=at, by=by)


def _row(fact: NetworkFact, found: dict[tuple[str, str, str], models.Model]) -> models.Model:
    key = (fact.kind, fact.feeder, fact.name if fact.kind in NAMED else "")
    if key not in found:
        if fact.kind not in FACTS:
            raise ValidationError(f"{fact.kind!r} is none of {', '.join(FACTS)}.")
        table, lookup, _ = FACTS[fact.kind]
        where = {lookup: fact.feeder, **({"name": fact.name} if fact.kind in NAMED else {})}
        row = table._default_manager.filter(**where).distinct().first()
        if row is None:
            raise ValidationError(f"There is no {fact.kind} {fact.name} on feeder {fact.feeder}.")
        found[key] = row
    return found[key]


def _set(row: models.Model, fact: NetworkFact) -> bool:
    """Whether it differs from what is there."""
    names = FACTS[fact.kind][2]
    if fact.fact not in names:
        raise ValidationError(f"{fact.fact!r} is no fact of a {fact.kind}: {', '.join(names)}.")
    field: Any = row._meta.get_field(fact.fact)
    text = fact.value.strip()
    value: Any = text if text or not field.null else None
    if isinstance(field, models.BooleanField) and text:
        if text.lower() not in YES_NO:
            raise ValidationError(f"{fact.fact}: {text!r} is neither yes nor no.")
        value = YES_NO[text.lower()]
    try:
        value = field.clean(value, row)
    except ValidationError as error:
        raise ValidationError([f"{fact.fact}: {words}" for words in error.messages]) from error
    if getattr(row, fact.fact) == value:
        return False
    setattr(row, fact.fact, value)
    return True
