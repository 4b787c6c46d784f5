"""Power-flow studies of applications: asked for, run by a worker, kept whole (IC-4).

The row is the truth: the bell only wakes a worker, and one whose worker died is taken up again
after its lease. The engine never runs inside a transaction.
"""

import json
import zlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from derms.lib.errors import Conflict, NotFound, Refused
from derms.lib.jobs import run_after_commit
from derms.lib.wire import to_data
from interconnection.models import InterconnectionApplication, Study
from interconnection.powerflow.child import Bounds, Ending, TaskFailed, run_task
from interconnection.powerflow.task import CapacityTask, StudyTask
from interconnection.selectors.studies import study_task
from interconnection.selectors.study_page import packed_pictures
from interconnection.services.screening import SCREENED_IN
from interconnection.services.watching import (
    MOST_ATTEMPTS,
    Watch,
    end,
    lost_too_often,
    take_next,
)
from interconnection.statuses import StudyKind, StudyStatus

QUEUE = "studies"
LONGEST_S = 900.0
USUAL = Bounds(LONGEST_S)


class StudyUnderWay(Conflict):
    """The application is being studied already."""

    code = "study_under_way"


def request_study(*, application: InterconnectionApplication, at: datetime, by: str) -> Study:
    """Freeze what is studied and put it in the queue; raises Refused, NotFound, StudyUnderWay."""
    if application.status not in SCREENED_IN:
        raise Refused(
            f"{application} is {application.get_status_display().lower()}; studies are for "
            "applications in engineering review or on hold."
        )
    prepared = study_task(application)
    try:
        with transaction.atomic():
            study = Study.objects.create(
                application=application,
                version=prepared.version,
                assumptions=list(prepared.assumptions),
                task=packed(prepared.task),
                requested_at=at,
                requested_by=by,
            )
            run_after_commit("interconnection.tasks.run_studies", queue=QUEUE)
    except IntegrityError as error:
        raise StudyUnderWay(f"{application} is being studied. Wait, or cancel that one.") from error
    return study


def cancel_study(*, study_id: int, at: datetime, by: str) -> Study:
    """End one that waits or runs; its worker stops within a second. Ended ones stay as they are."""
    study = Study.objects.filter(pk=study_id).first()
    if study is None:
        raise NotFound(f"There is no study {study_id}.")
    if study.is_open:
        study.move(
            StudyStatus.CANCELLED, at=at, by=by, ended_at=at, ending=Ending.CANCELLED,
            failure=f"Cancelled by {by}.",
        )  # fmt: skip
    return study


def take_next_study(*, at: datetime, worker: str) -> Study | None:
    """Claim the next to run; what took several workers with it ends."""
    give_up_on_lost(at=at, by=worker)
    return take_next(Study.objects.all(), oldest_by="requested_at", at=at, worker=worker)


def give_up_on_lost(*, at: datetime, by: str) -> int:
    """End those that took several workers with them; returns how many."""
    lost = list(lost_too_often(Study.objects.all(), at=at))
    for study in lost:
        words = f"Its worker went away {MOST_ATTEMPTS} times."
        study.move(
            StudyStatus.FAILED, at=at, by=by, ended_at=at, ending=Ending.ENGINE_ERROR, failure=words
        )
    return len(lost)


def run_study_to_its_end(
    *,
    study: Study,
    clock: Callable[[], datetime],
    worker: str,
    bounds: Bounds = USUAL,
) -> None:
    """Run one that was taken; `clock` gives the time. Whatever happens is written to its row."""
    mine = Study.objects.filter(
        pk=study.pk, status=StudyStatus.RUNNING, started_at=study.started_at
    )
    watch = Watch(mine, clock)
    try:
        answer = run_task(
            "capacity" if study.kind == StudyKind.CAPACITY else "study",
            json.loads(zlib.decompress(bytes(study.task))),
            bounds=bounds,
            progress=watch.tell,
            is_cancelled=watch.is_over,
        )
    except TaskFailed as failed:
        if failed.ending is not Ending.CANCELLED:
            end(study, StudyStatus.FAILED, clock(), worker, ending=failed.ending,
                failure=str(failed))  # fmt: skip
        return
    study.result = packed(answer)
    end(
        study, StudyStatus.DONE, clock(), worker, result=study.result, engine=answer["engine"],
        pictures=packed_pictures(study), verdict=answer.get("verdict", ""), progress_pct=100,
        progress_words="Done",
    )  # fmt: skip


def packed(value: StudyTask | CapacityTask | dict[str, Any]) -> bytes:
    text = json.dumps(to_data(value), separators=(",", ":"), sort_keys=True)
    return zlib.compress(text.encode())
