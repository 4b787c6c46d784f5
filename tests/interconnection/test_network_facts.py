"""Facts that screens need: brought in as a list, changed on a page, missing ones shown (IC-2)."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from derms.accounts.models import User
from derms.lib.errors import InvalidInput
from interconnection.models import Feeder
from interconnection.services.network_facts import NetworkFact, record_facts
from tests.factories import AT

pytestmark = pytest.mark.django_db
HEAD = "kind,feeder,name,fact,value\n"


@pytest.fixture
def engineer(enzo: User) -> Client:
    client = Client()
    client.force_login(enzo)
    return client


def bring(tmp_path: Path, lines: str, *options: str) -> None:
    file = tmp_path / "facts.csv"
    file.write_text(HEAD + lines)
    call_command("import_network_facts", file, *options)


def test_a_list_sets_facts_of_every_kind(f12: Feeder, tmp_path: Path) -> None:
    bring(
        tmp_path,
        "substation,F12,,stability,posted\n"
        "feeder,F12,,is_under_tariff,no\n"
        "section,F12,1,fault_duty_a,4100\n"
        "bus,F12,1,is_mainline,\n",
    )

    f12.refresh_from_db()
    assert (f12.substation.stability, f12.is_under_tariff) == ("posted", False)
    assert f12.sections.get().fault_duty_a == 4_100
    assert f12.buses.get().is_mainline is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("cable,F12,1,fault_duty_a,1", "'cable' is none of"),
        ("section,F12,9,fault_duty_a,1", "There is no section 9"),
        ("section,F12,1,colour,red", "'colour' is no fact of a section"),
        ("section,F12,1,fault_duty_a,much", "fault_duty_a"),
        ("section,F12,1,fault_duty_a,-5", "fault_duty_a"),
        ("section,F12,1,primary_wires,5", "primary_wires"),
        ("feeder,F12,,is_under_tariff,perhaps", "neither yes nor no"),
    ],
)
def test_one_bad_line_keeps_all_of_the_list_out(
    f12: Feeder, tmp_path: Path, line: str, words: str
) -> None:
    with pytest.raises(CommandError, match="Line 3: ") as refusal:
        bring(tmp_path, f"section,F12,1,fault_duty_a,4100\n{line}\n")

    assert words in str(refusal.value)
    assert f12.sections.get().fault_duty_a == 6_000


def test_a_dry_run_keeps_nothing(f12: Feeder, tmp_path: Path) -> None:
    bring(tmp_path, "section,F12,1,fault_duty_a,4100\n", "--dry-run")

    assert f12.sections.get().fault_duty_a == 6_000


def test_a_file_without_its_columns_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "facts.csv"
    file.write_text("a,b\n1,2\n")

    with pytest.raises(CommandError, match="no column kind"):
        call_command("import_network_facts", file)


def test_what_changed_is_kept_with_who_changed_it(f12: Feeder) -> None:
    fact = NetworkFact("section", "F12", "1", "fault_duty_a", "4100")
    record_facts(facts=[fact], at=AT, by="enzo")

    events = type(f12.sections.get()).pgh_event_model.objects.order_by("pgh_id")  # type: ignore[attr-defined]
    assert [event.fault_duty_a for event in events][-2:] == [6_000, 4_100]
    assert events.last().pgh_context.metadata["by"] == "enzo"


def test_a_fault_names_the_field() -> None:
    with pytest.raises(InvalidInput) as refusal:
        record_facts(
            facts=[NetworkFact("feeder", "X", "", "is_under_tariff", "yes", 2)], at=AT, by="x"
        )

    assert "There is no feeder" in refusal.value.fields["file"][0]


def test_the_page_lists_what_is_missing(engineer: Client, f12: Feeder) -> None:
    f12.buses.update(fault_current_a=None)

    everything = engineer.get(reverse("engineering_feeder_facts", args=["F12"])).content.decode()
    only = engineer.get(
        reverse("engineering_feeder_facts", args=["F12"]), {"show": "missing"}
    ).content.decode()

    assert "1 of 4 elements lack one" in everything
    assert "fault current, A" in only
    assert "section 1" not in only


def test_an_element_is_changed_on_its_page(engineer: Client, f12: Feeder) -> None:
    section = f12.sections.get()
    url = reverse("engineering_element_facts", args=["F12", "section", section.pk])

    refused = engineer.post(url, {"fault_duty_a": "-1"})
    kept = engineer.post(url, {"fault_duty_a": "4100", "primary_wires": "3"})

    section.refresh_from_db()
    assert refused.status_code == 422
    assert kept.status_code == 302
    assert (section.fault_duty_a, section.primary_wires, section.peak_load_w) == (4_100, 3, None)


@pytest.mark.parametrize(("kind", "pk"), [("section", 0), ("cable", 1), ("feeder", 0)])
def test_what_is_not_on_the_feeder_is_not_found(
    engineer: Client, f12: Feeder, kind: str, pk: int
) -> None:
    assert engineer.get(f"/engineering/feeders/F12/facts/{kind}/{pk}").status_code == 404
    assert engineer.get("/engineering/feeders/none/facts").status_code == 404


def test_others_may_not_look(f12: Feeder, olga: User) -> None:
    client = Client()
    client.force_login(olga)

    assert client.get(reverse("engineering_feeder_facts", args=["F12"])).status_code == 403
