"""Importing network models: a dry run tells all, a version never changes (IC-2)."""

import io
import json
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from interconnection.models import NetworkVersion
from interconnection.powerflow import feeders
from interconnection.powerflow.facts import circuit_of
from interconnection.selectors import circuits
from interconnection.services.network_versions import (
    NetworkImport,
    UnreadableModel,
    import_network,
    keep_version,
)
from tests.interconnection.powerflow.cim_writer import cim_of
from tests.interconnection.powerflow.test_import_opendss import CODES, FILES, MASTER

pytestmark = pytest.mark.django_db


def zipped(files: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


def bring(at: datetime, files: dict[str, str], *, is_dry_run: bool = False) -> NetworkImport:
    return import_network(
        name="TOWN", file_name="town.zip", content=zipped(files), at=at, by="enzo",
        is_dry_run=is_dry_run,
    )  # fmt: skip


def test_dry_run_tells_what_would_come_and_keeps_nothing(at: datetime) -> None:
    result = bring(at, FILES, is_dry_run=True)

    added = {change.kind: len(change.added) for change in result.changes}
    assert result.is_usable
    assert added["loads"] == 3
    assert added["transformers"] == 5
    assert not NetworkVersion.objects.exists()


def test_next_version_says_what_was_added_removed_and_changed(at: datetime) -> None:
    bring(at, FILES)
    longer = MASTER.replace("length=1.5", "length=1.6").replace(
        "New Load.shop", "New Load.mill phases=3 bus1=end kv=12.47 kw=50\nNew Load.shop"
    )

    result = bring(at, FILES | {"Master.dss": longer})

    change = {change.kind: change for change in result.changes}
    assert change["loads"].added == ("mill",)
    assert [c.name for c in change["lines"].changed] == ["trunk"]
    assert "length_m" in change["lines"].changed[0].names
    assert result.version is not None
    assert result.version.number == 2


def test_the_same_model_again_makes_no_new_version(at: datetime) -> None:
    first, again = bring(at, FILES), bring(at, FILES)

    assert first.version == again.version
    assert NetworkVersion.objects.count() == 1


def test_version_gives_back_the_circuit_to_the_digit(at: datetime) -> None:
    circuit = circuit_of(feeders.feeder("HARBOUR"))

    version = keep_version(
        name="HARBOUR", circuit=circuit, source_name="seed", source_sha256="", remarks=(), at=at,
        by="enzo",
    )  # fmt: skip

    assert circuits.circuit_of(NetworkVersion.objects.get(pk=version.pk)) == circuit


def test_kept_version_cannot_be_changed_or_deleted(at: datetime) -> None:
    version = bring(at, FILES).version
    assert version is not None

    for deed in (
        lambda: NetworkVersion.objects.filter(pk=version.pk).update(name="OTHER"),
        version.delete,
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            deed()


def test_model_with_an_error_is_shown_and_not_kept(at: datetime) -> None:
    broken = MASTER.replace("New Line.tie bus1=mid", "New Line.tie bus1=nowhere")

    result = bring(at, FILES | {"Master.dss": broken})

    assert not result.is_usable
    assert result.version is None
    said = {remark.element: remark.words for remark in result.remarks}
    assert "Not connected to the source" in said["bus end"]


@pytest.mark.parametrize(
    ("old", "new", "element", "words"),
    [
        ("New Capacitor", "New Line.ring bus1=head bus2=end linecode=three length=1\nNew Capacitor",
         "", "Closes a loop"),
        ("New Load.shop bus1=end", "New Load.shop bus1=bare", "bus bare", "Not connected"),
        ("New Load.shop bus1=end phases=3 conn=delta kv=12.47", "New Load.shop bus1=end kv=.48",
         "load shop", "a transformer is missing"),
        ("bus1=mid.2 bus2=far.2", "bus1=mid.2 bus2=far.1", "transformer pole",
         "phase B of bus far"),
        ("linecode=one length=2000 units=ft", "linecode=one length=2000 units=furlong", "",
         "furlong"),
        ("rmatrix=[.25]", "rmatrix=[2500]", "line lateral", "is absurd"),
        ("xhl=8 %r=.5", "xhl=800 %r=.5", "transformer sub", "is absurd"),
    ],
)  # fmt: skip
def test_model_that_cannot_be_true_is_refused_in_words_and_not_kept(
    at: datetime, old: str, new: str, element: str, words: str
) -> None:
    files = {path: text.replace(old, new) for path, text in FILES.items()}
    assert files != FILES

    result = bring(at, files)

    said = [(r.element, r.words) for r in result.remarks if r.weight == "error"]
    said += [("", fault.words) for fault in result.found.faults]
    assert any(words in why and element in what for what, why in said), said
    assert not result.is_usable
    assert not NetworkVersion.objects.exists()


def test_meshed_network_comes_in_when_somebody_says_it_is_one(at: datetime) -> None:
    ring = "New Line.ring bus1=head bus2=end linecode=three length=1\nNew Capacitor"
    files = FILES | {"Master.dss": MASTER.replace("New Capacitor", ring)}

    result = import_network(
        name="TOWN", file_name="town.zip", content=zipped(files), at=at, by="enzo",
        is_dry_run=False, allows_loops=True,
    )  # fmt: skip

    assert result.version is not None
    assert any("loop" in remark["words"] for remark in result.version.remarks)


def test_cim_file_is_known_by_its_content_compared_and_kept(
    at: datetime, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    circuit = circuit_of(feeders.feeder("HARBOUR"))
    longer = replace(circuit, lines=(
        replace(circuit.lines[0], length_m=circuit.lines[0].length_m * 2), *circuit.lines[1:],
    ), loads=circuit.loads[1:])  # fmt: skip
    (tmp_path / "HARBOUR.xml").write_text(cim_of(circuit))
    (tmp_path / "later.zip").write_bytes(zipped({"HARBOUR.xml": cim_of(longer)}))

    call_command("import_network", tmp_path / "HARBOUR.xml", "--json")
    first = json.loads(capsys.readouterr().out)
    call_command(
        "import_network", tmp_path / "later.zip", "--name", "HARBOUR", "--dry-run", "--json"
    )
    again = json.loads(capsys.readouterr().out)

    assert first["usable"] is True
    assert first["version"] == 1
    change = {one["kind"]: one for one in again["changes"]}
    assert change["loads"]["removed"] == [circuit.loads[0].name]
    assert [one["name"] for one in change["lines"]["changed"]] == [circuit.lines[0].name]
    assert NetworkVersion.objects.count() == 1


def test_cim_file_with_an_error_says_its_line_and_nothing_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = cim_of(circuit_of(feeders.feeder("HARBOUR")))
    line = next(
        n for n, one in enumerate(text.splitlines(), start=1) if "<cim:ACLineSegment " in one
    )
    broken = text.replace("<cim:ACLineSegment.length>", "<cim:ACLineSegment.length>x", 1)
    (tmp_path / "HARBOUR.xml").write_text(broken)

    with pytest.raises(SystemExit):
        call_command("import_network", tmp_path / "HARBOUR.xml", "--json")
    said = json.loads(capsys.readouterr().out)

    assert said["usable"] is False
    assert said["errors"][0]["line"] == line
    assert "no figure" in said["errors"][0]["words"]
    assert not NetworkVersion.objects.exists()


@pytest.mark.parametrize(
    ("file_name", "content", "words"),
    [
        ("model.exe", b"MZ", "is not read"),
        ("model.zip", b"PK\x03\x04 rubbish", "no archive that can be read"),
        ("model.zip", zipped({"notes.txt": "hello"}), "0 files that begin a circuit"),
        ("model.zip", zipped({"a.dss": "new circuit.a", "b.dss": "new circuit.b"}), "2 files"),
    ],
)
def test_file_that_is_no_model_is_refused_with_what_to_bring(
    at: datetime, file_name: str, content: bytes, words: str
) -> None:
    with pytest.raises(UnreadableModel, match=words):
        import_network(
            name="X", file_name=file_name, content=content, at=at, by="enzo", is_dry_run=True
        )


def test_engineer_imports_studies_and_maps_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "TOWN.zip").write_bytes(zipped(FILES | {"Codes/linecodes.dss": CODES}))

    call_command("import_network", tmp_path / "TOWN.zip", "--json")
    imported = json.loads(capsys.readouterr().out)
    order = ("--feeder", "TOWN", "--bus", "end", "--kw", "500", "--json")
    call_command("run_study", *order)
    study = json.loads(capsys.readouterr().out)
    call_command("hosting_capacity", "--feeder", "TOWN", "--json")
    hosting = json.loads(capsys.readouterr().out)

    assert imported["usable"] is True
    assert imported["version"] == study["version"] == hosting["version"] == 1
    names = {c["name"] for scenario in study["scenarios"] for c in scenario["criteria"]}
    assert names == {
        "highest voltage", "lowest voltage", "loading", "voltage change", "reverse flow",
        "unbalance",
    }  # fmt: skip
    points = {point["bus"]: point for point in hosting["points"]}
    assert points["end"]["capacity_w"] == study["hosting"]["capacity_w"] > 0
    assert points["far"]["nodes"] == [2]


def test_study_of_an_unknown_bus_or_phase_is_refused_in_words(at: datetime) -> None:
    bring(at, FILES)

    for options, words in (
        (("--bus", "nowhere", "--kw", "5"), "has no bus nowhere"),
        (("--bus", "far", "--phases", "A", "--kw", "5"), "no phase A"),
        (("--bus", "end", "--phases", "AB", "--kw", "5"), "Phases are A, B, C or ABC"),
    ):
        with pytest.raises(CommandError, match=words):
            call_command("run_study", "--feeder", "TOWN", *options)
