"""Which network models are in force, and since when (IC-2)."""

from django.db.models import QuerySet

from interconnection.models import NetworkVersion


def versions_in_force() -> "QuerySet[NetworkVersion]":
    """The newest version of each feeder."""
    newest = NetworkVersion.objects.order_by("name", "-number").distinct("name")
    return newest.defer("circuit", "remarks")
