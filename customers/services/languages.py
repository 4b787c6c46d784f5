"""The language a person reads and is written to in."""

from customers.models import Customer
from derms.accounts.models import User


def choose_language(*, person: User, language: str) -> None:
    """Pages come in it on every device; a customer's notices and letters too."""
    User.objects.filter(pk=person.pk).update(language=language)
    Customer.objects.filter(user=person).exclude(language=language).update(language=language)
