"""The list of certified equipment: read, compared, in force, offered to applicants (IC-1)."""

import json
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from customers.models import UsagePoint
from derms.accounts.models import User
from interconnection.models import EquipmentList, EquipmentModel
from interconnection.screening.equipment_list import read_list
from interconnection.services.applications import start_application
from tests.factories import AT, make_equipment
from tests.interconnection.applying import serve

# Headings and the title above them as on California's list; the models are made up.
CALIFORNIA = """Grid Support Inverter List,,,,,
Updated 3/31/2026,,,,,
Manufacturer Name,Model Number1,Maximum Continuous Output Power at Unity Power Factor (kW),\
Nominal Voltage (Vac),UL 1741 Certification,CEC Listing Date
Helios,HX-8000,8.0,240,"UL 1741 SA, UL 1741 SB",3/31/2024
Helios,HX-10000,"10.0",208,UL 1741 SA,6/1/2021
Volta,Old 3,3,240,UL 1741,1/15/2015
"""
FAULTY = """manufacturer,model,kW,certification
Helios,H1,8,UL 1741 SB
,H2,8,UL 1741 SB
Helios,H3,many,UL 1741 SB
Helios,H4,-1,UL 1741 SB
Helios,H5,8,CE
Helios,h1,9,UL 1741 SB
"""


def test_the_californian_list_is_read_as_it_is() -> None:
    found = read_list(CALIFORNIA)

    assert found.faults == ()
    assert [(one.model, one.power_w, one.voltage_v) for one in found.rows] == [
        ("HX-8000", 8_000, 240), ("HX-10000", 10_000, 208), ("Old 3", 3_000, 240),
    ]  # fmt: skip
    assert [one.certification for one in found.rows] == ["UL 1741 SB", "UL 1741 SA", "UL 1741"]
    assert [one.category for one in found.rows] == ["B", "B", "A"]
    assert found.rows[0].listed_on == date(2024, 3, 31)
    assert found.rows[0].reactive_var == 3_520


def test_each_faulty_line_is_named_and_the_others_are_read() -> None:
    found = read_list(FAULTY)

    assert [one.model for one in found.rows] == ["H1"]
    assert {fault.line: fault.words for fault in found.faults} == {
        3: "Manufacturer is empty.",
        4: "kW: 'many' is no number.",
        5: "kW: -1 does not lie above 0 and up to 20000.",
        6: "Certification: 'CE' names no UL 1741 certificate.",
        7: "Helios h1 stands in line 2 too.",
    }


def test_a_battery_is_one_that_stores_energy() -> None:
    found = read_list("Manufacturer,Model,kW,Certification,kWh\nVolta,V5,5,UL 1741 SB,13.5\n")

    assert (found.rows[0].energy_wh, found.rows[0].charge_w) == (13_500, 5_000)


def test_a_file_without_the_columns_says_which_are_missing() -> None:
    found = read_list("Name,Model\nHelios,H1\n")

    assert found.rows == ()
    assert "no column Manufacturer, kW, Certification" in found.faults[0].words


def brought(folder: Path, text: str, *options: str) -> dict[str, Any]:
    file = folder / "list.csv"
    file.write_text(text)
    out = StringIO()
    call_command("import_equipment", str(file), "--json", *options, stdout=out, stderr=StringIO())
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


@pytest.mark.django_db
def test_a_dry_run_tells_and_keeps_nothing(tmp_path: Path) -> None:
    found = brought(tmp_path, CALIFORNIA, "--dry-run")

    assert found["added"] == ["Helios HX-8000", "Helios HX-10000", "Volta Old 3"]
    assert not EquipmentModel.objects.exists()
    assert not EquipmentList.objects.exists()


@pytest.mark.django_db
def test_the_next_version_changes_withdraws_and_leaves_what_was_entered_by_hand(
    tmp_path: Path,
) -> None:
    by_hand = make_equipment()
    brought(tmp_path, CALIFORNIA)
    newer = CALIFORNIA.replace('"10.0",208,UL 1741 SA', "10.0,208,UL 1741 SB").replace(
        "Volta,Old 3,3,240,UL 1741,1/15/2015\n", "Volta,New 4,4,240,UL 1741 SB,1/15/2026\n"
    )

    found = brought(tmp_path, newer)

    assert (found["added"], found["changed"]) == (["Volta New 4"], ["Helios HX-10000"])
    assert (found["withdrawn"], found["same"]) == (["Volta Old 3"], 1)
    assert EquipmentModel.objects.get(model="Old 3").withdrawn_on_date is not None
    assert EquipmentModel.objects.get(model="HX-10000").certification == "UL 1741 SB"
    assert EquipmentModel.objects.get(pk=by_hand.pk).withdrawn_on_date is None
    assert [row.number for row in EquipmentList.objects.order_by("pk")] == [1, 2]
    assert brought(tmp_path, newer, "--dry-run")["same"] == 3


@pytest.mark.django_db
def test_a_list_with_faults_changes_nothing_until_they_are_left_out(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        brought(tmp_path, FAULTY)
    assert not EquipmentModel.objects.exists()

    brought(tmp_path, FAULTY, "--skip-faulty")

    assert EquipmentModel.objects.get().model == "H1"


@pytest.fixture
def desk(cleo: User) -> Client:
    client = Client()
    client.force_login(cleo)
    return client


def send(desk: Client, text: str) -> str:
    file = SimpleUploadedFile("list.csv", text.encode(), content_type="text/csv")
    answer = desk.post(reverse("service_equipment"), {"file": file}, follow=True)
    return answer.content.decode()


def test_the_desk_checks_looks_and_takes_a_list_into_force(desk: Client) -> None:
    body = send(desk, FAULTY)

    assert "Certification: &#x27;CE&#x27; names no UL 1741 certificate." in body
    waiting = EquipmentList.objects.get()
    take = reverse("service_equipment_in_force", args=[waiting.pk])
    refused = desk.post(take, follow=True)
    assert "5 lines have faults" in refused.content.decode()
    assert not EquipmentModel.objects.exists()
    taken = desk.post(take, {"skips_faults": "yes"}, follow=True)
    assert "1 models added, 0 changed, 0 withdrawn" in taken.content.decode()
    again = desk.post(take, {"skips_faults": "yes"}, follow=True)
    assert "is in force already" in again.content.decode()
    waiting.refresh_from_db()
    assert (waiting.number, waiting.in_force_by) == (1, "cleo")


def test_what_is_no_list_is_refused_beside_the_field(desk: Client) -> None:
    body = send(desk, "\0\1\2")

    assert "is no text. Save the list as CSV." in body
    assert not EquipmentList.objects.exists()


def test_applicants_are_offered_what_the_list_has_and_nothing_withdrawn(
    desk: Client, ada: User, ada_point: UsagePoint, tmp_path: Path
) -> None:
    serve()
    draft = start_application(usage_point=ada_point, at=AT, by="ada")
    brought(tmp_path, CALIFORNIA)
    brought(tmp_path, CALIFORNIA.replace("Helios,HX-8000", "Helios,HX-9000"))
    customer = Client()
    customer.force_login(ada)

    page = customer.get(
        reverse("portal_apply_equipment", args=[draft.reference]),
        {"technology": "photovoltaic", "q": "helios"},
    ).content.decode()

    assert "HX-9000" in page
    assert "HX-8000" not in page
    assert 'hx-select="#found"' in page


def test_a_published_workbook_saved_as_csv_is_read_as_it_stands() -> None:
    """Titles above, headings broken over lines, units below, as public readers of it find them."""
    titles = (
        "Grid Support Inverter List - Full Data,,,,,\n" + "A note on Manufacturer names,,,,,\n" * 20
    )
    head = (
        '"Manufacturer\nName",Model Number1,Description,Maximum Continuous Output Power at Unity '
        'Power Factor,Nominal Voltage,"Grid Support\nListing Date",UL 1741\n'
    )
    units = ",,,(kW),(Vac),,\n"
    row = "Helio,HX-7600,240 V,7.6,240,3/31/2026,UL 1741 SB\n"

    found = read_list(titles + head + units + row)

    assert found.faults == ()
    (one,) = found.rows
    assert (one.manufacturer, one.power_w, one.voltage_v) == ("Helio", 7_600, 240)
    assert one.listed_on is not None
