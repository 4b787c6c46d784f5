"""Which network models are in force, and since when (IC-2)."""

from django.db.models import QuerySet

from interconnection.models import NetworkVersion


def newer_than(version: NetworkVersion) -> NetworkVersion | None:
    """The version that is in force instead of this one; None while it is the newest."""
    newest = NetworkVersion.objects.filter(name=version.name, number__gt=version.number)
    return newest.defer("circuit", "remarks").order_by("-number").first()


def versions_in_force() -> "QuerySet[NetworkVersion]":
    """The newest version of each feeder."""
    newest = NetworkVersion.objects.order_by("name", "-number").distinct("name")
    return newest.defer("circuit", "remarks")
