"""What of the network an application waits for, in words (IC-2)."""

from dataclasses import dataclass

from django.urls import reverse

from interconnection.models import (
    Feeder,
    InterconnectionApplication,
    NetworkVersion,
    ScreeningRun,
    ServiceConnection,
)
from interconnection.statuses import ScreenOutcome


@dataclass(frozen=True, slots=True)
class Awaited:
    """One thing that is missing, what comes by itself once it is there, and where to mend it."""

    title: str
    words: str
    url: str
    deed: str


def awaited(
    application: InterconnectionApplication,
    connection: ServiceConnection | None,
    run: ScreeningRun | None,
) -> tuple[Awaited, ...]:
    """Everything that is missing, what hides the rest first."""
    if connection is None:
        return (_connection(application),)
    feeder = connection.transformer.bus.feeder
    found = []
    if run is not None and run.standing == ScreenOutcome.INCONCLUSIVE:
        found.append(_facts(feeder, run))
    if not NetworkVersion.objects.filter(name=feeder.name).exists():
        words = (
            "Studies wait for it. Once one is accepted, the computer studies by itself what the "
            "screens do not pass."
        )
        title = f"Feeder {feeder.name} has no network model."
        found.append(Awaited(title, words, reverse("engineering_networks"), "Bring one in"))
    return tuple(found)


def _connection(application: InterconnectionApplication) -> Awaited:
    review = reverse("engineering_application", args=[application.reference])
    page = reverse("engineering_service_connection", args=[application.usage_point.meter_number])
    words = (
        "The service point is not in it. Once it is connected, the computer screens and studies "
        "this application by itself."
    )
    url = f"{page}?next={review}"
    return Awaited("Waits for the network model.", words, url, "Connect it")


def _facts(feeder: Feeder, run: ScreeningRun) -> Awaited:
    count = sum(one.outcome == ScreenOutcome.INCONCLUSIVE for one in run.results.all())
    title = (
        "1 screen waits for facts of the network."
        if count == 1
        else f"{count} screens wait for facts of the network."
    )
    words = "The computer runs the screens again as soon as one is entered."
    url = f"{reverse('engineering_feeder_facts', args=[feeder.name])}?show=missing"
    return Awaited(title, words, url, f"Facts of {feeder.name}")
