"""Every status moves by its table, in Python and in the database (OP-1)."""

import itertools
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from derms.lib.lifecycle import HasLifecycle

LIFECYCLES = [model for model in apps.get_models() if issubclass(model, HasLifecycle)]


def test_there_are_lifecycles_to_look_at() -> None:
    assert len(LIFECYCLES) >= 7


@pytest.mark.parametrize("model", LIFECYCLES, ids=lambda model: model.__name__)
def test_every_status_has_its_row_of_moves(model: type[HasLifecycle]) -> None:
    status: Any = next(field for field in model._meta.get_fields() if field.name == "status")
    statuses = {value for value, _ in status.choices}

    assert set(model.MOVES) == statuses
    assert set().union(*model.MOVES.values()) <= statuses


@pytest.mark.django_db
@pytest.mark.parametrize("model", LIFECYCLES, ids=lambda model: model.__name__)
def test_the_database_keeps_the_same_table(model: type[HasLifecycle]) -> None:
    trigger: Any = next(
        trigger
        for trigger in model._meta.triggers  # type: ignore[attr-defined]  # added by pgtrigger
        if trigger.name == "only_listed_moves"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "select prosrc from pg_proc join pg_trigger on tgfoid = pg_proc.oid where tgname = %s",
            [trigger.get_pgid(model)],
        )
        source = cursor.fetchone()[0]

    for old, new in itertools.permutations(model.MOVES, 2):
        is_allowed = new in model.MOVES[old]
        assert (
            f"{old}:{new}" in source.partition("{")[2].partition("}")[0].split(",")
        ) == is_allowed
