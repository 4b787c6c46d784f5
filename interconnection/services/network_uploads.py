"""Network models on pages: brought, checked by a worker, accepted or rejected (IC-2)."""

import json
import zlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from derms.lib.errors import Conflict, InvalidInput
from derms.lib.jobs import run_after_commit
from derms.lib.wire import from_data, to_data
from interconnection.models import NetworkUpload
from interconnection.powerflow.checks import Remark
from interconnection.powerflow.child import TaskFailed
from interconnection.powerflow.circuit import Circuit
from interconnection.selectors.circuits import current_version
from interconnection.selectors.network_check import network_check
from interconnection.services.application_studies import QUEUE
from interconnection.services.network_versions import (
    NetworkImport,
    UnreadableModel,
    check_network,
    keep_network,
    refuse_at_once,
)
from interconnection.services.watching import (
    MOST_ATTEMPTS,
    Watch,
    end,
    lost_too_often,
    take_next,
)
from interconnection.statuses import UPLOAD_OPEN, UploadStatus


class CheckUnderWay(Conflict):
    """Another file for the same feeder is being checked."""

    code = "check_under_way"


class ModelChangedMeanwhile(Conflict):
    """It was compared with a version that is no longer the current one."""

    code = "model_changed_meanwhile"


def bring_network(
    *,
    name: str,
    file_name: str,
    content: bytes,
    allows_loops: bool,
    at: datetime,
    by: str,
) -> NetworkUpload:
    """Keep the file and ask a worker to check it; raises UnreadableModel, CheckUnderWay."""
    refuse_at_once(file_name, len(content))
    try:
        with transaction.atomic():
            upload = NetworkUpload.objects.create(
                name=name, source_name=file_name[:200], content=content,
                allows_loops=allows_loops, asked_at=at, asked_by=by,
            )  # fmt: skip
            run_after_commit("interconnection.tasks.run_studies", queue=QUEUE)
    except IntegrityError as error:
        raise CheckUnderWay(
            f"Another file for {name} is being checked. Wait for it, or cancel that check."
        ) from error
    return upload


def cancel_check(*, upload: NetworkUpload, at: datetime, by: str) -> None:
    """End one that waits or runs; its worker stops within a second."""
    if upload.status in UPLOAD_OPEN:
        upload.move(
            UploadStatus.CANCELLED, at=at, by=by, ended_at=at, failure=f"Cancelled by {by}."
        )


def check_again(*, upload: NetworkUpload, at: datetime, by: str) -> None:
    """Compare with what is current now; raises MoveNotAllowed, CheckUnderWay."""
    try:
        with transaction.atomic():
            upload.move(
                UploadStatus.QUEUED, at=at, by=by, reason="Compare with what is current now.",
                attempts=0, findings=None, circuit=None, is_usable=False,
            )  # fmt: skip
            run_after_commit("interconnection.tasks.run_studies", queue=QUEUE)
    except IntegrityError as error:
        words = f"Another file for {upload.name} is being checked. Wait for it."
        raise CheckUnderWay(words) from error


def give_up_on_lost(*, at: datetime, by: str) -> None:
    """End those that took several workers with them: the next shall not follow."""
    for upload in lost_too_often(NetworkUpload.objects.all(), at=at):
        words = f"Its worker went away {MOST_ATTEMPTS} times: look at the file."
        upload.move(UploadStatus.UNREADABLE, at=at, by=by, ended_at=at, failure=words)


def take_next_upload(*, at: datetime, worker: str) -> NetworkUpload | None:
    """Claim the next to check; what took several workers with it ends."""
    give_up_on_lost(at=at, by=worker)
    return take_next(NetworkUpload.objects.all(), oldest_by="asked_at", at=at, worker=worker)


def check_to_its_end(*, upload: NetworkUpload, clock: Callable[[], datetime], worker: str) -> None:
    """Check one that was taken. Whatever comes out is written to its row."""
    mine = NetworkUpload.objects.filter(
        pk=upload.pk, status=UploadStatus.RUNNING, started_at=upload.started_at
    )
    watch = Watch(mine, clock)
    try:
        result = check_network(
            name=upload.name, file_name=upload.source_name, content=bytes(upload.content),
            allows_loops=upload.allows_loops, progress=watch.tell, is_cancelled=watch.is_over,
        )  # fmt: skip
    except UnreadableModel as refusal:
        end(upload, UploadStatus.UNREADABLE, clock(), worker, failure=refusal.message)
        return
    except TaskFailed:
        return  # cancelled, or taken by another worker
    end(upload, UploadStatus.CHECKED, clock(), worker, **_kept(result))


def accept_network(*, upload: NetworkUpload, reason: str, at: datetime, by: str) -> NetworkUpload:
    """Make it the current version, all of it or nothing.

    Raises InvalidInput without a reason or for a model with errors, ModelChangedMeanwhile, and
    what `move` raises when somebody was faster.
    """
    _need(reason)
    if not upload.is_usable or upload.circuit is None:
        raise _refused("It has errors. Bring a corrected file.")
    circuit = from_data(Circuit, json.loads(zlib.decompress(bytes(upload.circuit))))
    findings = json.loads(zlib.decompress(bytes(upload.findings or b"")))
    with transaction.atomic():
        locked = NetworkUpload.objects.select_for_update(of=("self",)).get(pk=upload.pk)
        current = current_version(locked.name)
        if (current.pk if current else None) != locked.compared_with_id:
            raise ModelChangedMeanwhile(
                f"{current} came in after this was checked. Check it again, and look anew."
            )
        version, _ = keep_network(
            name=locked.name, circuit=circuit, source_name=locked.source_name,
            content=bytes(locked.content), remarks=_remarks(findings), at=at, by=by,
        )  # fmt: skip
        return locked.move(
            UploadStatus.ACCEPTED, at=at, by=by, reason=reason.strip(), why=reason.strip(),
            version=version, decided_at=at, decided_by=by,
        )  # fmt: skip


def reject_network(*, upload: NetworkUpload, reason: str, at: datetime, by: str) -> NetworkUpload:
    """Leave the current version as it is; raises InvalidInput without a reason."""
    _need(reason)
    return upload.move(
        UploadStatus.REJECTED, at=at, by=by, reason=reason.strip(), why=reason.strip(),
        decided_at=at, decided_by=by,
    )  # fmt: skip


def _kept(result: NetworkImport) -> dict[str, Any]:
    shown = network_check(
        result.name, result.found, result.remarks, result.changes, result.tables,
        result.compared_with,
    )  # fmt: skip
    circuit = result.found.circuit
    return {
        "findings": _packed({"shown": to_data(shown), "remarks": to_data(result.remarks)}),
        "circuit": _packed(to_data(circuit)) if circuit else None,
        "compared_with": result.compared_with,
        "is_usable": result.is_usable,
        "progress_pct": 100,
        "progress_words": "Checked",
    }


def _packed(data: object) -> bytes:
    return zlib.compress(json.dumps(data, separators=(",", ":")).encode())


def _remarks(findings: dict[str, Any]) -> tuple[Remark, ...]:
    return from_data(tuple[Remark, ...], findings["remarks"])


def _need(reason: str) -> None:
    if not reason.strip():
        raise _refused("Say why: it stays with the version.")


def _refused(words: str) -> InvalidInput:
    return InvalidInput(words, fields={"reason": [words]})
