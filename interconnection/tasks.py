"""Celery doors of the interconnection floor."""

import socket

from celery import shared_task
from django.utils import timezone

from interconnection.services import (
    construction,
    date_offers,
    holds,
    studying_again,
    tariff_change,
)
from interconnection.services.application_studies import run_study_to_its_end, take_next_study
from interconnection.services.network_uploads import check_to_its_end, take_next_upload


@shared_task(name="interconnection.tasks.run_studies")
def run_studies(**_: object) -> None:
    """Check models that were brought and run what waits, one after the other, until none does."""
    worker = f"studies@{socket.gethostname()}"
    while True:
        if (upload := take_next_upload(at=timezone.now(), worker=worker)) is not None:
            check_to_its_end(upload=upload, clock=timezone.now, worker=worker)
        elif (study := take_next_study(at=timezone.now(), worker=worker)) is not None:
            run_study_to_its_end(study=study, clock=timezone.now, worker=worker)
        else:
            return


@shared_task(name="interconnection.tasks.answer_restudies")
def answer_restudies(**_: object) -> None:
    """What waited for a study after its upgrade is released, or told why not."""
    holds.answer_restudies(at=timezone.now())


@shared_task(name="interconnection.tasks.study_again")
def study_again(**_: object) -> None:
    """Study those behind one that has gone, and say what studies that ended have brought."""
    now = timezone.now()
    studying_again.settle_studied(at=now)
    studying_again.study_those_marked(at=now)


@shared_task(name="interconnection.tasks.end_due_agreements")
def end_due_agreements(**_: object) -> None:
    """Tariffs that were left end with their last day; what runs goes over to the next one."""
    tariff_change.end_due_agreements(at=timezone.now())


@shared_task(name="interconnection.tasks.watch_construction")
def watch_construction(**_: object) -> None:
    """Planned days that are over, offers not answered or not kept in time."""
    at = timezone.now()
    construction.note_overdue(at=at)
    date_offers.end_due_offers(at=at)
