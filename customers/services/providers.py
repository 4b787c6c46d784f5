"""The list of service providers that customers are offered, kept by the desk (CS-11)."""

from collections.abc import Sequence
from datetime import date

from django.db import IntegrityError, transaction

from customers.models import ServiceProvider
from derms.lib.errors import InvalidInput


def save_service_provider(
    *,
    provider: ServiceProvider | None,
    name: str,
    phone: str,
    postcodes: Sequence[str],
    skills: Sequence[str],
    is_listed: bool,
    checked_on: date,
    by: str,
) -> ServiceProvider:
    """Write a new one, or what is known now of one; each time somebody has checked it.

    Raises InvalidInput when another one has this name.
    """
    row = provider or ServiceProvider()
    row.name, row.phone = " ".join(name.split()), phone
    row.postcodes, row.skills = sorted(set(postcodes)), list(skills)
    row.is_listed = is_listed
    row.checked_on, row.checked_by = checked_on, by
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        words = "This company is on the list already. Change that entry."
        raise InvalidInput(words, fields={"name": [words]}) from error
    return row
