"""Service providers that a customer can be offered."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from customers.models import ServiceProvider

# As many as a person reads.
OFFERED = 5


def service_providers() -> QuerySet[ServiceProvider]:
    return ServiceProvider.objects.order_by("-is_listed", "name")


def providers_for(postcode: str, skills: Iterable[str]) -> list[ServiceProvider]:
    """Listed ones that go there and can do one of these, those checked last first."""
    near = Q(postcodes=[]) | Q(postcodes__contains=[postcode])
    found = ServiceProvider.objects.filter(
        near, is_listed=True, skills__overlap=[str(skill) for skill in skills]
    )
    return list(found.order_by("-checked_on", "name")[:OFFERED])
