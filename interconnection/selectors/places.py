"""Place in the queue, feeder by feeder, and who has to be looked at again (IC-1)."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from interconnection.models import (
    InterconnectionApplication,
    NetworkUpgrade,
    Restudy,
    ServiceConnection,
)
from interconnection.selectors.network import queue_behind_all
from interconnection.statuses import RestudyOutcome


@dataclass(frozen=True, slots=True)
class Place:
    """`number` counts from 1 by the moment of completeness; `of` is the feeder's whole queue."""

    number: int
    of: int
    feeder: str

    def __str__(self) -> str:
        return f"{self.number} of {self.of} on {self.feeder}"


def places() -> dict[int, Place]:
    """Of every application in a queue, by its id; in two questions to the database."""
    queued = list(
        queue_behind_all().order_by("complete_at", "pk").values_list("pk", "usage_point_id")
    )
    feeder_of = dict(
        ServiceConnection.objects.filter(
            usage_point_id__in=[point for _, point in queued]
        ).values_list("usage_point_id", "transformer__bus__feeder__name")
    )
    on_feeder = Counter(feeder_of[point] for _, point in queued if point in feeder_of)
    reached: Counter[str] = Counter()
    found = {}
    for pk, point in queued:
        feeder = feeder_of.get(point)
        if feeder is not None:
            reached[feeder] += 1
            found[pk] = Place(reached[feeder], on_feeder[feeder], feeder)
    return found


def place_of(application: InterconnectionApplication) -> Place | None:
    """None outside of the queue and of the network model."""
    return places().get(application.pk)


def open_marks() -> dict[int, list[Restudy]]:
    """Why applications have to be looked at again, by their ids."""
    marks: dict[int, list[Restudy]] = defaultdict(list)
    rows = Restudy.objects.filter(outcome=RestudyOutcome.OPEN)
    for mark in rows.select_related("earlier", "upgrade", "study").order_by("pk"):
        marks[mark.application_id].append(mark)
    return marks


def restudies_of(application: InterconnectionApplication) -> list[Restudy]:
    """Newest first."""
    rows = application.restudies.select_related("earlier", "upgrade", "study")
    return list(rows.order_by("-pk"))


def marks_of(upgrade: NetworkUpgrade) -> list[Restudy]:
    """What its service has not released (yet)."""
    rows = Restudy.objects.filter(upgrade=upgrade).exclude(outcome=RestudyOutcome.RELEASED)
    return list(rows.select_related("application").order_by("pk"))
