"""Numbers given out one by one, whatever runs at the same time."""

from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone


def next_number(*, letter: str, at: datetime) -> str:
    """The next number of this letter and year, such as A-2027-0042.

    Runs in the caller's transaction: the series stays locked until that ends, so that a number is
    never given out twice nor lost by a rollback.
    """
    year = timezone.localtime(at).year
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_numberseries (name, last) VALUES (%s, 1)"
            " ON CONFLICT (name) DO UPDATE SET last = customers_numberseries.last + 1"
            " RETURNING last",
            [f"{letter}/{year}"],
        )
        (last,) = cursor.fetchone() or (None,)
    return f"{letter}-{year}-{last:04d}"
