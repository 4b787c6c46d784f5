"""Bringing network models in: read, check, compare, and keep as a version that never changes."""

import base64
import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from derms.lib.errors import Refused
from derms.lib.wire import from_data, to_data
from interconnection.models import NetworkVersion
from interconnection.powerflow.changes import Changes, TableChanges, changes
from interconnection.powerflow.checks import Remark, Weight, remarks
from interconnection.powerflow.child import Bounds, Ending, TaskFailed, run_task
from interconnection.powerflow.circuit import Circuit
from interconnection.powerflow.results import Imported
from interconnection.selectors.circuits import circuit_of, current_version
from interconnection.services.missing_network import facts_have_come, first_model_has_come
from interconnection.services.network_tables import fill_tables, table_changes

LARGEST_BYTES, MOST_FILES, MOST_EXPANDED = 50_000_000, 500, 200_000_000
READ = (".dss", ".txt", ".csv")
MASTERS = ("master.dss", "main.dss")
SAME_PU = 1e-4
LONGEST_S = 300.0
BROKEN = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError)
Progress = Callable[[float, str], None]


class UnreadableModel(Refused):
    """The file is no network model; the message says what to bring instead."""

    code = "unreadable_model"


@dataclass(frozen=True, slots=True)
class NetworkImport:
    """What an import found. It may be used when there is a circuit and nothing weighs as error."""

    name: str
    source: str
    found: Imported
    remarks: tuple[Remark, ...]
    changes: tuple[Changes, ...]
    compared_with: NetworkVersion | None = None
    version: NetworkVersion | None = None
    tables: tuple[TableChanges, ...] = ()

    @property
    def is_usable(self) -> bool:
        difference = self.found.difference_pu
        return (
            self.found.circuit is not None
            and not self.found.faults
            and self.found.outcome == "solved"
            and (not self.found.is_compared or (difference is not None and difference < SAME_PU))
            and not any(remark.weight is Weight.ERROR for remark in self.remarks)
        )


def import_network(
    *,
    name: str,
    file_name: str,
    content: bytes,
    at: datetime,
    by: str,
    is_dry_run: bool,
    allows_loops: bool = False,
) -> NetworkImport:
    """Read, check and compare; keep a new version unless it is a dry run or not usable.

    Importing what is current already keeps nothing new. Raises UnreadableModel.
    """
    result = check_network(
        name=name, file_name=file_name, content=content, allows_loops=allows_loops
    )
    if is_dry_run or not result.is_usable or result.found.circuit is None:
        return result
    version, tables = keep_network(
        name=name, circuit=result.found.circuit, source_name=result.source, content=content,
        remarks=result.remarks, at=at, by=by,
    )  # fmt: skip
    return replace(result, version=version, tables=tables)


def check_network(
    *,
    name: str,
    file_name: str,
    content: bytes,
    allows_loops: bool = False,
    progress: Progress = lambda _share, _words: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> NetworkImport:
    """What bringing it in would do; nothing is kept.

    OpenDSS and CIM are told apart by what stands in the file. Raises UnreadableModel, and
    TaskFailed when it was cancelled.
    """
    task, payload, master = _task(name, file_name, content)
    source = f"{file_name} ({master})" if master != file_name else file_name
    try:
        answer = run_task(
            task, payload, bounds=Bounds(LONGEST_S), progress=progress, is_cancelled=is_cancelled
        )
    except TaskFailed as failed:
        if failed.ending is Ending.CANCELLED:
            raise
        raise UnreadableModel(f"{file_name} could not be read: {failed}") from failed
    found = from_data(Imported, answer)
    if found.circuit is None:
        return NetworkImport(name, source, found, (), ())
    before = current_version(name)
    old = circuit_of(before) if before else None
    seen = remarks(found.circuit, allows_loops=allows_loops)
    result = NetworkImport(name, source, found, seen, changes(old, found.circuit), before)
    if not result.is_usable:
        return result
    return replace(result, tables=table_changes(name, found.circuit))


def keep_network(
    *,
    name: str,
    circuit: Circuit,
    source_name: str,
    content: bytes,
    remarks: tuple[Remark, ...],
    at: datetime,
    by: str,
) -> tuple[NetworkVersion, tuple[TableChanges, ...]]:
    """The version, and the tables of the feeder in step with it; the engine has run before."""
    with transaction.atomic():
        version = keep_version(
            name=name, circuit=circuit, source_name=source_name,
            source_sha256=hashlib.sha256(content).hexdigest(), remarks=remarks, at=at, by=by,
        )  # fmt: skip
        filled = fill_tables(name=name, circuit=circuit, source=f"Imported from {source_name}")
        if version.number == 1:
            first_model_has_come(feeder=name, at=at, by=by)
        else:
            facts_have_come(feeders=[name], at=at, by=by)
    return version, filled


def keep_version(
    *,
    name: str,
    circuit: Circuit,
    source_name: str,
    source_sha256: str,
    remarks: tuple[Remark, ...],
    at: datetime,
    by: str,
) -> NetworkVersion:
    """The next version of this name; the current one when it is the same circuit."""
    text = json.dumps(to_data(circuit), separators=(",", ":"), sort_keys=True).encode()
    digest = hashlib.sha256(text).hexdigest()
    packed = zlib.compress(text)
    with transaction.atomic():
        newest = (
            NetworkVersion.objects.select_for_update(no_key=True)
            .filter(name=name)
            .order_by("-number")
            .first()
        )
        if newest is not None and newest.circuit_sha256 == digest:
            return newest
        return NetworkVersion.objects.create(
            name=name,
            number=newest.number + 1 if newest else 1,
            source_name=source_name[:200],
            source_sha256=source_sha256,
            circuit=packed,
            circuit_sha256=digest,
            buses=len(circuit.buses),
            load_w=circuit.load_w,
            remarks=to_data(remarks),
            created_at=at,
            created_by=by,
        )


def refuse_at_once(file_name: str, size_bytes: int) -> None:
    """What nobody has to read to refuse it; raises UnreadableModel."""
    if not file_name.lower().endswith((".dss", ".xml", ".zip")):
        raise _unknown_kind(file_name)
    if not size_bytes:
        raise UnreadableModel(f"{file_name} is empty.")
    if size_bytes > LARGEST_BYTES:
        raise UnreadableModel(f"{file_name} is larger than {LARGEST_BYTES // 10**6} MB.")


def _unknown_kind(file_name: str) -> UnreadableModel:
    return UnreadableModel(
        f"{file_name} is not read: bring a .dss or CIM .xml file, or a .zip of the folder with "
        "all files."
    )


def _task(name: str, file_name: str, content: bytes) -> tuple[str, dict[str, object], str]:
    """What reads it, what that is given, and the file it begins with."""
    if len(content) > LARGEST_BYTES:
        raise UnreadableModel(f"{file_name} is larger than {LARGEST_BYTES // 10**6} MB.")
    begins = file_name
    if file_name.lower().endswith(".zip"):
        begins, content = _only_xml(file_name, content)
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        text = base64.b64encode(content).decode()
        return "import_cim", {"content": text, "file": begins, "name": name}, begins
    files, master = _files(file_name, content)
    return "import_opendss", {"files": files, "master": master, "name": name}, master


def _only_xml(file_name: str, content: bytes) -> tuple[str, bytes]:
    """The one CIM file of an archive without OpenDSS files; else the archive as it is."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            found = [m for m in members if m.filename.lower().endswith(".xml")]
            if len(found) != 1 or any(m.filename.lower().endswith(".dss") for m in members):
                return file_name, content
            if found[0].file_size > MOST_EXPANDED:
                raise UnreadableModel(f"{file_name} unpacks to too much. Bring one feeder.")
            return found[0].filename, archive.read(found[0])
    except BROKEN as error:
        raise UnreadableModel(f"{file_name} is no archive that can be read: {error}.") from error


def _files(file_name: str, content: bytes) -> tuple[dict[str, str], str]:
    """The texts in it by path, and the one to begin with."""
    if file_name.lower().endswith(".dss"):
        return {file_name: _text(content)}, file_name
    if not file_name.lower().endswith(".zip"):
        raise _unknown_kind(file_name)
    files = _unpacked(file_name, content)
    return files, _master(file_name, files)


def _unpacked(file_name: str, content: bytes) -> dict[str, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [m for m in archive.infolist() if m.filename.lower().endswith(READ)]
            if len(members) > MOST_FILES or sum(m.file_size for m in members) > MOST_EXPANDED:
                raise UnreadableModel(f"{file_name} unpacks to too much. Bring one feeder.")
            return {m.filename.replace("\\", "/"): _text(archive.read(m)) for m in members}
    except BROKEN as error:
        raise UnreadableModel(f"{file_name} is no archive that can be read: {error}.") from error


def _master(file_name: str, files: Mapping[str, str]) -> str:
    """The file named master, else the only one that makes a circuit."""
    named = [path for path in files if path.lower().rpartition("/")[2] in MASTERS]
    makers = [path for path, text in files.items() if "circuit." in text.lower()]
    for found in (named, makers):
        if len(found) == 1:
            return found[0]
    raise UnreadableModel(
        f"{file_name} has {len(makers)} files that begin a circuit. "
        "Name the one to begin with Master.dss."
    )


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
