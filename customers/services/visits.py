"""What a technician does and reports on site, from a phone that may lose its connection (CS-6)."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from customers.flows.checklists import Line, check_line, checklist_of, left
from customers.flows.uploads import FILES_MAX, NotAccepted, Upload, check_upload
from customers.models import ServiceOrder, VisitPhoto, VisitReport
from customers.services import works
from customers.services.files import path_of, write_privately
from customers.services.orders import (
    cancel_service_order,
    finish_service_order,
    start_service_order,
)
from customers.services.passages import go_by_itself
from customers.statuses import ServiceOrderStatus
from derms.lib.errors import Conflict, InvalidInput, Refused

RESULT_MAX = 2000


class VisitNotFinished(Refused):
    """Something on the checklist is left."""

    code = "visit_not_finished"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one sending of the phone holds; `key` is made once when the page is opened."""

    key: uuid.UUID
    answers: Mapping[str, str]
    result: str = ""
    photos: Sequence[tuple[str, bytes]] = field(default=())
    is_final: bool = False


def record_visit(*, order: ServiceOrder, report: Report, at: datetime, by: str) -> ServiceOrder:
    """Keep what was typed and the photos; a final report also finishes the order.

    The same key again changes nothing: a phone that heard no answer sends once more. Raises
    VisitNotFinished for a final report with something left; nothing is kept then.
    """
    if VisitReport.objects.filter(key=report.key, order=order).exists():
        return order
    lines = checklist_of(order.kind)
    answers = _checked(lines, report)
    photos = [(content, _upload(name, content)) for name, content in report.photos]
    keys = [(uuid.uuid4(), content, upload) for content, upload in photos]
    for key, content, _ in keys:
        write_privately(path_of(key), content)
    kept: set[uuid.UUID] = set()
    try:
        with transaction.atomic():
            row = ServiceOrder.objects.select_for_update().get(pk=order.pk)
            if VisitReport.objects.filter(key=report.key).exists():
                return row
            _check_started(row)
            row.answers = {**row.answers, **answers}
            row.result = report.result.strip() or row.result
            row.save(update_fields=["answers", "result"])
            row.reports.create(
                key=report.key,
                at=at,
                by=by,
                answers=answers,
                result=report.result.strip(),
                is_final=report.is_final,
            )
            kept = {
                key for key, content, upload in keys if _keep(row, key, content, upload, at, by)
            }
            if report.is_final:
                _finish(row, lines, at=at, by=by)
    except BaseException:
        kept = set()
        raise
    finally:
        for key, _, _ in keys:
            if key not in kept:
                path_of(key).unlink(missing_ok=True)
    return row


def cancel_visit(*, order: ServiceOrder, reason: str, at: datetime, by: str) -> ServiceOrder:
    """Call an order off; what waited for it goes back to whoever planned it."""
    with transaction.atomic():
        cancel_service_order(order=order, reason=reason, at=at, by=by)
        works.follow_order(order, words=reason, at=at, by=by)
        go_by_itself(order.request, "order_cancelled", words=reason, at=at, by=by)
    return order


def close_from_outside(*, order: ServiceOrder, result: str, at: datetime, by: str) -> ServiceOrder:
    """Close an order that a work-management system carried out, with its own checklist."""
    with transaction.atomic():
        row = ServiceOrder.objects.select_for_update().get(pk=order.pk)
        if row.status in {ServiceOrderStatus.OPEN, ServiceOrderStatus.BLOCKED}:
            start_service_order(order=row, at=at, by=by)
        row.result = result.strip() or "Done, as the work-management system says."
        row.save(update_fields=["result"])
        _close(row, at=at, by=by)
    return row


def _finish(row: ServiceOrder, lines: Sequence[Line], *, at: datetime, by: str) -> None:
    missing = left(lines, row.answers)
    if not row.result:
        missing.append("What was found and done")
    if missing:
        raise VisitNotFinished(f"Not finished yet. Missing: {'; '.join(missing)}.")
    _close(row, at=at, by=by)


def _close(row: ServiceOrder, *, at: datetime, by: str) -> None:
    finish_service_order(order=row, at=at, by=by)
    works.follow_order(row, words=row.result, at=at, by=by)
    go_by_itself(row.request, "order_done", words=row.result, at=at, by=by)


def _check_started(row: ServiceOrder) -> None:
    if row.status != ServiceOrderStatus.IN_PROGRESS:
        raise Conflict(
            f"{row} is {row.get_status_display().lower()}. "
            "Start the work first, or reload the page."
        )


def _checked(lines: Sequence[Line], report: Report) -> dict[str, str]:
    known = {line.key: line for line in lines}
    answers = {key: value.strip() for key, value in report.answers.items() if key in known}
    wrong = {
        key: [words] for key, value in answers.items() if (words := check_line(known[key], value))
    }
    if len(report.result) > RESULT_MAX:
        wrong["result"] = [f"Use at most {RESULT_MAX} characters."]
    if len(report.photos) > FILES_MAX:
        wrong["photos"] = [f"Send at most {FILES_MAX} photos at once."]
    if wrong:
        raise InvalidInput("Something cannot be kept like this.", fields=wrong)
    return answers


def _upload(name: str, content: bytes) -> Upload:
    try:
        return check_upload(name=name, content=content)
    except NotAccepted as refusal:
        raise InvalidInput(str(refusal), fields={"photos": [str(refusal)]}) from refusal


def _keep(
    row: ServiceOrder, key: uuid.UUID, content: bytes, upload: Upload, at: datetime, by: str
) -> bool:
    """Whether it is new: the same picture again is kept once."""
    _, is_new = VisitPhoto.objects.get_or_create(
        order=row,
        sha256=hashlib.sha256(content).hexdigest(),
        defaults={
            "key": key,
            "name": upload.name,
            "content_type": upload.content_type,
            "size_bytes": len(content),
            "at": at,
            "by": by,
        },
    )
    return is_new
