"""Made-up names of people and streets, drawn with a seed."""

import random
from collections.abc import Iterator

GIVEN = [
    "Amara",
    "Bruno",
    "Chiara",
    "Dmitri",
    "Elena",
    "Farid",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Keiko",
    "Luca",
    "Mina",
    "Nils",
    "Olivia",
    "Pablo",
    "Quinn",
    "Rosa",
    "Samir",
    "Tomas",
    "Ulla",
    "Viktor",
    "Wanda",
    "Xenia",
    "Yusuf",
    "Zora",
]
FAMILY = [
    "Abara",
    "Bakker",
    "Castro",
    "Dubois",
    "Eriksen",
    "Fontana",
    "Garcia",
    "Haddad",
    "Ivanov",
    "Jensen",
    "Keller",
    "Laurent",
    "Moreau",
    "Novak",
    "Ortiz",
    "Pereira",
    "Quist",
    "Rossi",
    "Silva",
    "Tanaka",
    "Urban",
    "Vargas",
    "Weber",
    "Yilmaz",
    "Zhang",
]
STREETS = [
    "Lime Quay",
    "Mill Road",
    "Copper Street",
    "Harbour View",
    "Station Road",
    "Orchard Way",
    "Beacon Hill",
]


def people(seed: int) -> Iterator[str]:
    """Distinct names without end."""
    generator = random.Random(seed)  # noqa: S311  names, not secrets
    pairs = [f"{given} {family}" for given in GIVEN for family in FAMILY]
    generator.shuffle(pairs)
    yield from pairs


def addresses(seed: int) -> Iterator[str]:
    generator = random.Random(seed)  # noqa: S311  addresses, not secrets
    pairs = [f"{number} {street}" for street in STREETS for number in range(1, 120)]
    generator.shuffle(pairs)
    yield from pairs
