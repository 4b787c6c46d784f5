"""Numbers given out one by one, whatever runs at the same time."""

from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone


def next_number(*, letter: str, at: datetime) -> str:
    """The next number of this letter and year, such as A-2027-0042.

    Runs in the caller's transaction: the series stays locked until that ends, so that a number is
    never given out twice nor lost by a rollback.
    """
    return next_numbers(letter=letter, count=1, at=at)[0]


def next_numbers(*, letter: str, count: int, at: datetime) -> list[str]:
    """As many numbers in a row, under the same lock."""
    year = timezone.localtime(at).year
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_numberseries (name, last) VALUES (%(name)s, %(count)s)"
            " ON CONFLICT (name) DO UPDATE SET last = customers_numberseries.last + %(count)s"
            " RETURNING last",
            {"name": f"{letter}/{year}", "count": count},
        )
        last = int((cursor.fetchone() or (0,))[0])
    return [f"{letter}-{year}-{number:04d}" for number in range(last - count + 1, last + 1)]
