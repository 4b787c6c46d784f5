"""What import contracts cannot see: keys between tables point down the floors."""

import subprocess

from django.apps import apps

FLOORS = ["accounts", "customers", "interconnection", "devices", "groups", "dispatch", "cim"]


def test_foreign_keys_point_down_and_hide_the_way_back() -> None:
    wrong = []
    for model in apps.get_models():
        here = model._meta.app_label
        if here not in FLOORS or model.__name__.endswith("Event"):
            continue
        for field in model._meta.get_fields():
            if not (field.concrete and (field.many_to_one or field.one_to_one)):
                continue
            target = field.related_model
            if not isinstance(target, type) or target._meta.app_label not in FLOORS:
                continue
            there = target._meta.app_label
            if there in (here, "accounts"):
                continue
            if FLOORS.index(there) > FLOORS.index(here):
                wrong.append(f"{model.__name__}.{field.name} points up")
            if field.remote_field is None or not field.remote_field.hidden:
                wrong.append(f"{model.__name__}.{field.name}: use related_name='+'")

    assert wrong == []


def test_models_are_never_fetched_by_name_outside_migrations() -> None:
    found = subprocess.run(
        ["git", "grep", "-l", "get_model(", "--", "*.py", ":!*/migrations/*", ":!tests/*"],
        capture_output=True,
        text=True,
        check=False,  # git grep exits 1 when it finds nothing
    ).stdout.split()

    assert found == []
