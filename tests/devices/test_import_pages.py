"""Bringing a list at the pages and on the command line: allowed, forbidden, malformed (DV-6)."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from derms.accounts.models import ExportRecord, User
from devices.models import Device, ImportRun
from devices.services import apply_list, check_list
from interconnection.models import DER
from tests.devices.register.lists import HEADS, csv_file, row, workbook
from tests.factories import connect, make_der, make_feeder, make_transformer

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(olga: User) -> Client:
    client = Client()
    client.force_login(olga)
    return client


@pytest.fixture
def roof(inverter: Device) -> DER:
    assert inverter.der is not None
    connect(inverter.usage_point, make_transformer(make_feeder("F12")))
    return make_der(inverter.usage_point, inverter.der.agreement)


def new(der: DER, **values: object) -> list[object]:
    facts = {
        "serial_number": der.serial_number,
        "manufacturer": der.manufacturer,
        "kind": "inverter",
        "meter_number": der.usage_point.meter_number,
        "host": "10.20.0.17",
    }
    return row(**facts | values)


def bring(client: Client, content: bytes, name: str = "fleet.csv") -> Any:
    file = io.BytesIO(content)
    file.name = name
    return client.post(reverse("operations_imports"), {"file": file})


def brought(client: Client, content: bytes) -> ImportRun:
    bring(client, content)
    run = check_list(run_id=ImportRun.objects.latest("pk").pk, at=timezone.now())
    assert run is not None
    return run


def page_of(client: Client, run: ImportRun, **query: str) -> str:
    return str(client.get(reverse("operations_import", args=[run.pk]), query).content.decode())


def post(client: Client, run: ImportRun, deed: str, **posted: object) -> Any:
    return client.post(reverse(f"operations_import_{deed}", args=[run.pk]), posted)


def test_a_list_goes_from_the_form_to_the_register(operator: Client, roof: DER) -> None:
    answer = bring(operator, workbook([new(roof)]), "fleet.xlsx")
    run = ImportRun.objects.get()
    assert answer["Location"] == reverse("operations_import", args=[run.pk])
    assert "Waiting to be read" in page_of(operator, run)

    check_list(run_id=run.pk, at=timezone.now())
    preview = page_of(operator, run)
    assert "Apply 1 row<" in preview
    assert roof.serial_number in preview
    assert run.file_sha256 in preview

    asked = post(operator, run, "apply", edition=1)
    assert asked["Location"] == reverse("operations_import", args=[run.pk])
    assert "1 rows are compared" in page_of(operator, run)
    apply_list(run_id=run.pk, at=timezone.now())

    done = page_of(operator, run)
    assert "What it changed" in done
    assert "applied" in done
    assert Device.objects.get(der=roof).registered_by == "olga"


def test_findings_and_changes_stand_in_the_preview_in_words(
    operator: Client, inverter: Device
) -> None:
    run = brought(
        operator,
        csv_file([
            row(serial_number=inverter.serial_number, manufacturer="Helios", port="1502"),
            row(serial_number="SN-X", manufacturer="Sol", kind="toaster", port="-1"),
        ]),
    )  # fmt: skip

    everything, refused = page_of(operator, run), page_of(operator, run, show="refused")

    assert f"{inverter.port}</span> → <strong>1502</strong>" in everything
    assert "“toaster” is no kind of device." in refused
    assert "Write inverter, battery or meter." in refused
    assert "<strong>1502</strong>" not in refused
    assert "No such row" in page_of(operator, run, show="new")
    assert "toaster" in page_of(operator, run, show="nonsense", page="x")


def test_choices_of_the_page_are_kept(operator: Client, inverter: Device) -> None:
    serial = inverter.serial_number.replace("SN-0", "SN-O")
    run = brought(
        operator, csv_file([row(serial_number=serial, manufacturer="Helios", port="1502")])
    )
    assert "It is another device" in page_of(operator, run)

    post(operator, run, "choices", edition=1, line=["2", "-7", "x"], **{"choice-2": "same_keep"})

    (only,) = run.rows.all()
    assert (only.verdict, only.choice) == ("changed", "same_keep")
    post(operator, run, "choices", edition=2, line=["2"], **{"may-2": "1"})
    (only,) = run.rows.all()
    assert only.is_left_out
    assert "left out" in page_of(operator, run)


def test_an_old_page_is_refused_with_the_preview_as_it_is(operator: Client, roof: DER) -> None:
    run = brought(operator, csv_file([new(roof)]))
    post(operator, run, "check")

    for deed in ("apply", "choices"):
        answer = post(operator, run, deed, edition=1)
        assert answer.status_code == 409
        assert "has changed since you looked" in answer.content.decode()
    assert post(operator, run, "apply", edition="rubbish").status_code == 409
    assert not Device.objects.filter(der=roof).exists()


def test_a_list_is_discarded_and_then_nothing_more_can_be_done(operator: Client, roof: DER) -> None:
    run = brought(operator, csv_file([new(roof)]))

    post(operator, run, "discard")

    for deed in ("apply", "check", "choices", "discard"):
        assert post(operator, run, deed, edition=1).status_code == 409
    assert "Discarded" in page_of(operator, run)
    assert "Apply 1 row" not in page_of(operator, run)


def test_rows_to_correct_come_as_a_list_that_can_be_brought_again(
    operator: Client, roof: DER
) -> None:
    good, bad = new(roof), new(roof, serial_number="=1+1", port="x")
    run = brought(operator, csv_file([good, bad]))

    content = b"".join(operator.get(reverse("operations_import_rows", args=[run.pk])))

    (only,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert only["Serial number"] == "'=1+1"
    assert only["Line"] == "3"
    assert "Port: “x” is no port." in only["What is wrong"]
    assert ExportRecord.objects.get().rows == 1
    again = brought(operator, content.replace(b"'=1+1", b"SN-77").replace(b",x,", b",1502,"))
    assert again.notes == []
    assert again.rows.get().verdict == "new"


def test_the_template_is_a_list_without_rows(operator: Client) -> None:
    content = b"".join(operator.get(reverse("operations_import_template")))

    assert content.decode("utf-8-sig").strip().split(",") == list(HEADS)
    refused = brought(operator, content)
    assert "no rows under" in page_of(operator, refused)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "is empty"), (b"x" * 5_000_001, "too large")],
)
def test_a_file_that_cannot_be_a_list_stays_in_the_form(
    operator: Client, content: bytes, words: str
) -> None:
    answer = bring(operator, content)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert operator.post(reverse("operations_imports")).status_code == 422
    assert not ImportRun.objects.exists()


def test_who_may_bring_a_list_and_who_may_look(
    cem: User, cleo: User, audrey: User, operator: Client, roof: DER
) -> None:
    run = brought(operator, csv_file([new(roof)]))
    auditor = Client()
    auditor.force_login(audrey)
    assert "Apply 1 row" not in page_of(auditor, run)
    assert bring(auditor, csv_file([new(roof)])).status_code == 403
    assert post(auditor, run, "apply", edition=1).status_code == 403
    for person in (cem, cleo):
        client = Client()
        client.force_login(person)
        assert client.get(reverse("operations_imports")).status_code == 403
        assert client.get(reverse("operations_import", args=[run.pk])).status_code == 403
        assert post(client, run, "apply", edition=1).status_code == 403


def test_an_import_that_is_not_there_is_not_found(operator: Client) -> None:
    for deed in ("choices", "check", "apply", "discard"):
        name = f"operations_import_{deed}"
        assert operator.post(reverse(name, args=[0])).status_code == 404
    assert operator.get(reverse("operations_import", args=[0])).status_code == 404
    assert operator.get(reverse("operations_import_rows", args=[0])).status_code == 404


@given(content=st.binary(max_size=300), name=st.text(max_size=300))
@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_rubbish_is_never_an_error_and_never_writes(
    operator: Client, inverter: Device, content: bytes, name: str
) -> None:
    answer = bring(operator, content, name or "x")
    for run in ImportRun.objects.filter(status="received"):
        check_list(run_id=run.pk, at=timezone.now())
        assert "Traceback" not in page_of(operator, run)

    assert answer.status_code in (302, 422)
    assert list(Device.objects.values_list("pk", flat=True)) == [inverter.pk]


def command(*arguments: str) -> tuple[dict[str, Any], int]:
    out = io.StringIO()
    try:
        call_command("import_devices", *arguments, "--json", stdout=out)
    except SystemExit as ended:
        return json.loads(out.getvalue()), int(str(ended.code))
    return json.loads(out.getvalue()), 0


def test_the_command_is_a_dry_run_unless_it_is_told_to_apply(tmp_path: Path, roof: DER) -> None:
    file = tmp_path / "fleet.csv"
    file.write_bytes(csv_file([new(roof)]))

    for how in ([], ["--dry-run"]):
        said, code = command(str(file), *how)
        assert (said["status"], code) == ("ready", 0)
        assert said["counts"]["new"] == said["counts"]["to_apply"] == 1
        assert not Device.objects.filter(der=roof).exists()
    said, code = command(str(file), "--apply", "--by", "olga")

    assert (said["status"], code) == ("applied", 0)
    assert Device.objects.get(der=roof).registered_by == "olga"


def test_the_command_applies_nothing_while_a_row_is_refused(tmp_path: Path, roof: DER) -> None:
    file = tmp_path / "fleet.csv"
    file.write_bytes(csv_file([new(roof), row(serial_number="x")]))

    said, code = command(str(file), "--apply")
    assert (said["status"], code) == ("ready", 2)
    assert said["rows"][1]["findings"][0]["what"] == "The manufacturer is empty."
    assert not Device.objects.filter(der=roof).exists()
    said, code = command(str(file), "--apply", "--leave-out")

    assert (said["status"], code) == ("applied", 0)
    assert Device.objects.filter(der=roof).exists()


def test_the_command_says_in_words_what_is_wrong(tmp_path: Path, db: None) -> None:
    file = tmp_path / "fleet.csv"
    file.write_bytes(b"\x00")

    said, code = command(str(file))

    assert (said["status"], code) == ("refused", 2)
    assert "no text file has" in said["problem"]
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_devices", str(tmp_path / "missing.csv"))


def test_the_commands_words_name_each_line(tmp_path: Path, inverter: Device) -> None:
    file, out = tmp_path / "fleet.csv", io.StringIO()
    file.write_bytes(
        csv_file([row(serial_number=inverter.serial_number, manufacturer="Helios", port="1502")])
    )

    call_command("import_devices", str(file), stdout=out)

    assert f"line 2 (changed): Port: {inverter.port} -> 1502." in out.getvalue()
    assert "Nothing is written." in out.getvalue()
