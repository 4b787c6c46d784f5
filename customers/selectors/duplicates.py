"""Accounts and meters that look as if they were one (CS-1); a person decides."""

from dataclasses import dataclass

from django.db import connection

from customers.models import Customer, UsagePoint

SHOWN = 200
NAME = "lower(regexp_replace(trim(one.name), '\\s+', ' ', 'g'))"
PHONE = "right(regexp_replace(one.phone, '[^0-9]', '', 'g'), 9)"
LIVE = "one.merged_into_id IS NULL AND one.erased_at IS NULL"
# Each way: in words, and the accounts of each group, oldest first.
ACCOUNTS = f"""
SELECT 'same name and e-mail address', array_agg(one.id ORDER BY one.id)
FROM customers_customer one WHERE {LIVE} AND one.email <> ''
GROUP BY {NAME}, lower(one.email) HAVING count(*) > 1
UNION ALL
SELECT 'same name and telephone', array_agg(one.id ORDER BY one.id)
FROM customers_customer one WHERE {LIVE} AND one.phone <> ''
GROUP BY {NAME}, {PHONE} HAVING count(*) > 1
UNION ALL
SELECT 'same name and address', array_agg(DISTINCT one.id)
FROM customers_customer one
JOIN customers_usagepoint point ON point.customer_id = one.id
JOIN customers_servicelocation place ON place.id = point.location_id
WHERE {LIVE}
GROUP BY {NAME}, lower(place.street), place.postcode HAVING count(DISTINCT one.id) > 1
LIMIT {SHOWN}
"""  # noqa: S608  our own words only
METERS = f"""
SELECT 'same number, written otherwise', array_agg(one.id ORDER BY one.id)
FROM customers_usagepoint one
GROUP BY upper(regexp_replace(one.meter_number, '[^[:alnum:]]', '', 'g')) HAVING count(*) > 1
LIMIT {SHOWN}
"""  # noqa: S608  our own words only


@dataclass(frozen=True, kw_only=True)
class AccountPair:
    """Two accounts and why they look like one."""

    kept: Customer
    other: Customer
    why: str


@dataclass(frozen=True, kw_only=True)
class MeterPair:
    """Two service points whose meters look like one."""

    kept: UsagePoint
    other: UsagePoint
    why: str


def account_pairs() -> list[AccountPair]:
    pairs = _pairs(ACCOUNTS)
    found = Customer.objects.in_bulk({pk for pair in pairs for pk in pair})
    return [
        AccountPair(kept=found[first], other=found[second], why=" and ".join(whys))
        for (first, second), whys in pairs.items()
    ]


def meter_pairs() -> list[MeterPair]:
    pairs = _pairs(METERS)
    points = UsagePoint.objects.select_related("customer", "location")
    found = points.in_bulk({pk for pair in pairs for pk in pair})
    return [
        MeterPair(kept=found[first], other=found[second], why=" and ".join(whys))
        for (first, second), whys in pairs.items()
    ]


def _pairs(question: str) -> dict[tuple[int, int], list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        groups = cursor.fetchall()
    pairs: dict[tuple[int, int], list[str]] = {}
    for why, members in groups:
        for other in members[1:]:
            pairs.setdefault((members[0], other), []).append(why)
    return pairs
