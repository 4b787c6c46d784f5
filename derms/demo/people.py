"""The people of the demo town, and how each signs in."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from derms.accounts.models import RoleGrant, User
from derms.accounts.roles import Role

PASSWORD = "demo"  # noqa: S105  public on purpose: the demo prints it


@dataclass(frozen=True)
class Person:
    """One account of the demo."""

    role: Role
    username: str
    first_name: str
    last_name: str


PEOPLE = (
    Person(Role.CUSTOMER, "ada", "Ada", "Lindqvist"),
    Person(Role.CUSTOMER, "ben", "Ben", "Okoro"),
    Person(Role.CUSTOMER_SERVICE, "cleo", "Cleo", "Martins"),
    Person(Role.CUSTOMER_SERVICE, "cora", "Cora", "Novak"),
    Person(Role.ENGINEER, "enzo", "Enzo", "Ferri"),
    Person(Role.ENGINEER, "edda", "Edda", "Holm"),
    Person(Role.OPERATOR, "olga", "Olga", "Petrova"),
    Person(Role.OPERATOR, "otto", "Otto", "Brandt"),
    Person(Role.TECHNICIAN, "tess", "Tess", "Nakamura"),
    Person(Role.THIRD_PARTY, "tara", "Tara", "Singh"),
    Person(Role.ADMINISTRATOR, "adam", "Adam", "Kowalski"),
    Person(Role.AUDITOR, "audrey", "Audrey", "Chen"),
    Person(Role.SYSTEM, "dms", "DMS", "of the utility"),
)


def seed_people(*, at: datetime) -> dict[str, User]:
    """Open the accounts; everybody's password is the same."""
    people = {}
    for person in PEOPLE:
        is_administrator = person.role == Role.ADMINISTRATOR
        user = User.objects.create_user(
            person.username,
            f"{person.username}@demo.example",
            PASSWORD,
            first_name=person.first_name,
            last_name=person.last_name,
            is_staff=is_administrator,
            is_superuser=is_administrator,
        )
        RoleGrant.objects.create(user=user, role=person.role, granted_at=at, granted_by="seed")
        people[person.username] = user
    return people


def write_accounts(path: Path) -> None:
    """For whoever tells people how to sign in."""
    rows = [
        {"role": str(person.role.label), "username": person.username, "password": PASSWORD}
        for person in PEOPLE
    ]
    path.write_text(json.dumps(rows, indent=1))
