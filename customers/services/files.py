"""Notes and files beside a request; files lie in a private folder under names of ours (CS-4)."""

import hashlib
import uuid
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from customers.flows.flow import LONG_TEXT_MAX
from customers.flows.uploads import FILES_MAX, NotAccepted, check_upload
from customers.models import RequestFile, RequestNote, ServiceRequest
from derms.lib.errors import InvalidInput
from derms.lib.words import say


def write_note(
    *, request: ServiceRequest, text: str, is_internal: bool, at: datetime, by: str
) -> RequestNote:
    words = text.strip()
    if not words or len(words) > LONG_TEXT_MAX or "\0" in words:
        told = f"Write a note of at most {LONG_TEXT_MAX} characters."
        raise InvalidInput(told, fields={"text": [told]})
    return request.notes.create(at=at, by=by, text=words, is_internal=is_internal)


def keep_file(
    *,
    request: ServiceRequest,
    name: str,
    content: bytes,
    at: datetime,
    by: str,
    is_internal: bool = False,
) -> RequestFile:
    """Keep a file when its content, size and name may be; the same file again is kept once.

    It is on the disk before the row that names it is written, so no row points at nothing.
    """
    try:
        upload = check_upload(name=name, content=content)
    except NotAccepted as refusal:
        raise InvalidInput(str(refusal), fields={"file": [str(refusal)]}) from refusal
    sha256 = hashlib.sha256(content).hexdigest()
    known = request.files.filter(sha256=sha256).first()
    if known is not None:
        return known
    key = uuid.uuid4()
    path = path_of(key)
    write_privately(path, content)
    try:
        with transaction.atomic():
            ServiceRequest.objects.select_for_update().get(pk=request.pk)
            _check_room(request)
            return request.files.create(
                key=key,
                name=upload.name,
                content_type=upload.content_type,
                size_bytes=len(content),
                sha256=sha256,
                at=at,
                by=by,
                is_internal=is_internal,
            )
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _check_room(request: ServiceRequest) -> None:
    if request.files.count() >= FILES_MAX:
        words = say("There are {count} files already. Ask us if more are needed.", count=FILES_MAX)
        raise InvalidInput(words, fields={"file": [words]})


def path_of(key: uuid.UUID) -> Path:
    """Where a file lies; never under a name that somebody typed."""
    return Path(settings.PRIVATE_DIR) / key.hex[:2] / key.hex


def write_privately(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_bytes(content)
    path.chmod(0o600)
