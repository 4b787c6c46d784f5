"""A list of devices from the file to the register: preview, choice, all or nothing (DV-6)."""

import json
import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from derms.accounts.models import User
from derms.lib.errors import NotFound
from derms.lib.lifecycle import MoveNotAllowed
from devices.models import Device, ImportRow, ImportRun, Zone
from devices.register.table import FileRefused
from devices.selectors.importing import run_counts, zones_to_make
from devices.services import (
    apply_list,
    ask_to_apply,
    check_list,
    choose_rows,
    continue_lists,
    discard_list,
    receive_list,
    review_list,
)
from devices.services.applying import NothingToApply
from devices.services.importing import ATTEMPTS_MAX, PreviewOutdated, alone_with
from interconnection.models import DER
from tests.devices.conftest import make_devices
from tests.devices.register.lists import csv_file, row
from tests.factories import (
    AT,
    connect,
    make_application,
    make_customer,
    make_der,
    make_device,
    make_feeder,
    make_transformer,
    make_unit,
    make_usage_point,
)

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(minutes=5)


def brought(*rows: Sequence[object]) -> ImportRun:
    """A list that somebody brought and a worker read."""
    run = receive_list(content=csv_file(rows), file_name="fleet.csv", at=AT, by="olga")
    checked = check_list(run_id=run.pk, at=AT)
    assert checked is not None
    return checked


def applied(run: ImportRun) -> ImportRun:
    ask_to_apply(run_id=run.pk, edition=run.edition, at=LATER, by="olga")
    done = apply_list(run_id=run.pk, at=LATER)
    assert done is not None
    return done


def rows_of(run: ImportRun) -> list[ImportRow]:
    return list(run.rows.order_by("line"))


@pytest.fixture
def roof(inverter: Device) -> DER:
    """A DER that has no device yet, at a meter on feeder F12."""
    assert inverter.der is not None
    connect(inverter.usage_point, make_transformer(make_feeder("F12")))
    return make_der(inverter.usage_point, inverter.der.agreement)


def new(der: DER, **values: object) -> list[object]:
    facts = {
        "serial_number": der.serial_number,
        "manufacturer": der.manufacturer,
        "model": der.model,
        "kind": "inverter",
        "meter_number": der.usage_point.meter_number,
        "host": "10.20.0.17",
    }
    return row(**facts | values)


def known(device: Device, **values: object) -> list[object]:
    facts = {"serial_number": device.serial_number, "manufacturer": device.manufacturer}
    return row(**facts | values)


def test_a_new_device_comes_into_the_register_with_who_and_when(roof: DER) -> None:
    run = brought(new(roof, zone="f99", poll_period_s="0,5"))
    assert not Device.objects.filter(der=roof).exists()
    assert zones_to_make(run) == ["f99"]

    done = applied(run)

    device = Device.objects.get(der=roof)
    assert (device.host, device.port, device.unit) == ("10.20.0.17", 502, 1)
    assert (device.zone.name, device.poll_period_s) == ("f99", 0.5)
    assert (device.registered_by, device.active_from) == ("olga", LATER)
    assert (done.status, done.applied_by, done.applied_at) == ("applied", "olga", LATER)
    (only,) = rows_of(run)
    assert (only.is_applied, only.device_id) == (True, device.pk)
    assert [change.new_status for change in run.status_changes.order_by("pk")] == [
        "received", "checking", "ready", "applying", "applied",
    ]  # fmt: skip


def test_changes_are_written_field_by_field_and_kept_in_the_history(inverter: Device) -> None:
    run = brought(known(inverter, model="H9", host="10.9.9.9", zone="f13"))

    applied(run)

    before = inverter.host
    inverter.refresh_from_db()
    assert (inverter.model, inverter.host, inverter.zone.name) == ("H9", "10.9.9.9", "f13")
    with connection.cursor() as cursor:
        cursor.execute(
            "select e.host, c.metadata->>'by' from devices_deviceevent e"
            " left join pghistory_context c on c.id = e.pgh_context_id"
            " where e.pgh_obj_id = %s order by e.pgh_id",
            [inverter.pk],
        )
        assert cursor.fetchall()[-1] == ("10.9.9.9", "olga")
    assert before != inverter.host


def test_the_preview_writes_nothing(roof: DER, inverter: Device) -> None:
    run = brought(new(roof), known(inverter, port="1502"), row(serial_number="x"))

    counts = run_counts(run)

    assert counts.by_verdict == {
        "new": 1, "changed": 1, "unchanged": 0, "undecided": 0, "refused": 1,
    }  # fmt: skip
    assert (counts.total, counts.to_apply) == (3, 2)
    assert list(Device.objects.values_list("pk", "port")) == [(inverter.pk, inverter.port)]


def test_refused_and_left_out_rows_stay_out_and_the_chosen_go_in(
    roof: DER, inverter: Device
) -> None:
    run = brought(new(roof), known(inverter, port="1502"), row(serial_number="x"))
    run = choose_rows(run_id=run.pk, edition=1, choices={}, left_out={3: True}, at=AT)

    applied(run)

    inverter.refresh_from_db()
    assert inverter.port != 1502
    assert [one.is_applied for one in rows_of(run)] == [True, False, False]
    assert Device.objects.filter(der=roof).exists()


def test_what_looks_alike_waits_for_a_person(inverter: Device, roof: DER) -> None:
    Device.objects.filter(pk=inverter.pk).update(serial_number="SN-1OO7")
    run = brought(row(serial_number="SN-1007", manufacturer="Helios", port="1502"))
    assert [one.verdict for one in rows_of(run)] == ["undecided"]
    with pytest.raises(NothingToApply):
        ask_to_apply(run_id=run.pk, edition=1, at=AT, by="olga")

    run = choose_rows(run_id=run.pk, edition=1, choices={2: "same_take"}, left_out={}, at=AT)
    applied(run)

    inverter.refresh_from_db()
    assert (inverter.serial_number, inverter.port) == ("SN-1007", 1502)
    assert Device.objects.count() == 1


def test_a_serial_number_of_an_open_application_is_refused(roof: DER, ben: User) -> None:
    application = make_application(make_usage_point(make_customer("Ben", user=ben)))
    make_unit(application, manufacturer="Helios", serial_number="SN-BEN")

    run = brought(new(roof, serial_number="sn-ben"))

    (only,) = rows_of(run)
    assert only.verdict == "refused"
    assert application.reference in json.dumps(only.findings)


def test_a_register_that_changed_since_the_preview_refuses_everything(
    roof: DER, inverter: Device
) -> None:
    run = brought(new(roof), known(inverter, port="1502"))
    Device.objects.filter(pk=inverter.pk).update(port=1600)

    back = applied(run)

    assert back.status == "ready"
    assert "The register has changed since the preview" in back.problem
    assert "Line 3 is changed now" in back.problem
    assert not Device.objects.filter(der=roof).exists()
    assert rows_of(run)[1].changes == [{"column": "port", "old": "1600", "new": "1502"}]
    assert applied(back).status == "applied"


def test_another_der_than_the_preview_showed_refuses_everything(roof: DER) -> None:
    """The row names no DER: it goes to the one without a device, which is another by now."""
    run = brought(new(roof))
    make_device(roof)
    make_der(roof.usage_point, roof.agreement)

    back = applied(run)

    assert back.status == "ready"
    assert Device.objects.filter(host="10.20.0.17").count() == 0


def test_a_row_that_needs_another_one_cannot_go_alone(inverter: Device) -> None:
    (other,) = make_devices(1)
    Device.objects.filter(pk=inverter.pk).update(host="10.0.0.1", port=502)
    Device.objects.filter(pk=other.pk).update(host="10.0.0.2", port=502)
    run = brought(known(inverter, host="10.0.0.2"), known(other, host="10.0.0.3"))
    run = choose_rows(run_id=run.pk, edition=1, choices={}, left_out={3: True}, at=AT)

    back = applied(run)

    assert back.status == "ready"
    assert "already answers at 10.0.0.2:502" in back.problem
    inverter.refresh_from_db()
    assert inverter.host == "10.0.0.1"


def test_two_devices_exchange_their_addresses(inverter: Device) -> None:
    (other,) = make_devices(1)
    Device.objects.filter(pk=inverter.pk).update(host="10.0.0.1", port=502)
    Device.objects.filter(pk=other.pk).update(host="10.0.0.2", port=502)
    run = brought(known(inverter, host="10.0.0.2"), known(other, host="10.0.0.1"))

    assert applied(run).status == "applied"

    inverter.refresh_from_db()
    other.refresh_from_db()
    assert (inverter.host, other.host) == ("10.0.0.2", "10.0.0.1")


def test_the_database_has_the_last_word_and_nothing_is_written(
    roof: DER, inverter: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A twin that no comparison sees, as one registered in the very same moment."""
    run = brought(new(roof), known(inverter, port="1502"))
    with connection.cursor() as cursor:
        cursor.execute(
            "create function refuse() returns trigger language plpgsql as $$ begin"
            " if new.serial_number = '" + roof.serial_number + "' then"
            " raise unique_violation; end if; return new; end $$;"
            "create trigger refuse before insert on devices_device for each row"
            " execute function refuse()"
        )

    back = applied(run)

    assert back.status == "ready"
    assert "at the same moment" in back.problem
    inverter.refresh_from_db()
    assert inverter.port != 1502


def test_nobody_applies_what_he_has_not_seen(roof: DER) -> None:
    run = brought(new(roof))
    review_list(run=run, at=LATER)

    with pytest.raises(PreviewOutdated, match="has changed since you looked"):
        ask_to_apply(run_id=run.pk, edition=1, at=LATER, by="olga")
    with pytest.raises(PreviewOutdated):
        choose_rows(run_id=run.pk, edition=1, choices={}, left_out={}, at=LATER)
    with pytest.raises(NotFound):
        ask_to_apply(run_id=0, edition=1, at=LATER, by="olga")


def test_applying_twice_does_it_once(roof: DER) -> None:
    run = brought(new(roof))
    applied(run)

    with pytest.raises(PreviewOutdated, match="applied by now"):
        ask_to_apply(run_id=run.pk, edition=1, at=LATER, by="otto")
    assert apply_list(run_id=run.pk, at=LATER) is None
    assert Device.objects.filter(der=roof).count() == 1


def test_a_list_with_nothing_to_do_is_not_applied(inverter: Device) -> None:
    run = brought(known(inverter))

    with pytest.raises(NothingToApply):
        ask_to_apply(run_id=run.pk, edition=1, at=LATER, by="olga")


def test_a_discarded_list_stays_as_a_record(inverter: Device) -> None:
    run = brought(known(inverter, port="1502"))

    discard_list(run_id=run.pk, at=LATER, by="olga")

    with pytest.raises(PreviewOutdated):
        ask_to_apply(run_id=run.pk, edition=1, at=LATER, by="olga")
    with pytest.raises(MoveNotAllowed):
        discard_list(run_id=run.pk, at=LATER, by="olga")
    assert run.rows.count() == 1


def test_a_file_that_cannot_be_read_is_refused_with_its_words(db: None) -> None:
    run = receive_list(content=b"\x00\x01", file_name="../../x\n.csv", at=AT, by="olga")

    refused = check_list(run_id=run.pk, at=AT)

    assert refused is not None
    assert refused.status == "refused"
    assert "no text file has" in refused.problem
    assert refused.file_name == "x .csv"
    assert ImportRun.objects.get().content is None


@pytest.mark.parametrize("content", [b"", b"x" * 5_000_001])
def test_an_empty_or_huge_file_is_not_even_kept(content: bytes) -> None:
    with pytest.raises(FileRefused):
        receive_list(content=content, file_name="x", at=AT, by="olga")

    assert not ImportRun.objects.exists()


def test_the_same_file_again_is_recognised(roof: DER) -> None:
    applied(brought(new(roof)))

    again = brought(new(roof))

    assert "This very file was applied on 15 Jun 2026 18:05 UTC by olga." in again.notes
    assert [one.verdict for one in rows_of(again)] == ["unchanged"]


def test_a_lost_bell_and_a_dead_worker_are_made_good(roof: DER) -> None:
    run = receive_list(content=csv_file([new(roof)]), file_name="x", at=AT, by="olga")
    assert continue_lists(at=AT + timedelta(seconds=1)) == 0

    assert continue_lists(at=AT + timedelta(seconds=6)) == 1

    run.refresh_from_db()
    assert run.status == "ready"
    ask_to_apply(run_id=run.pk, edition=1, at=LATER, by="olga")
    ImportRun.objects.update(began_at=LATER)
    assert continue_lists(at=LATER + timedelta(seconds=30)) == 0
    assert continue_lists(at=LATER + timedelta(seconds=60)) == 1
    assert Device.objects.filter(der=roof).exists()


def test_a_list_that_is_never_read_in_time_is_given_up(roof: DER) -> None:
    run = receive_list(content=csv_file([new(roof)]), file_name="x", at=AT, by="olga")
    ImportRun.objects.update(attempts=ATTEMPTS_MAX)

    refused = check_list(run_id=run.pk, at=AT)

    assert refused is not None
    assert "Split the file" in refused.problem


@pytest.mark.django_db(transaction=True)
def test_only_one_worker_has_a_list_at_a_time(roof: DER) -> None:
    run = receive_list(content=csv_file([new(roof)]), file_name="x", at=AT, by="olga")
    found: list[Any] = []

    def other_worker() -> None:
        try:
            found.append(check_list(run_id=run.pk, at=AT))
        finally:
            connection.close()

    with alone_with(run.pk) as is_mine:
        assert is_mine
        thread = threading.Thread(target=other_worker)
        thread.start()
        thread.join()

    assert found == [None]
    assert check_list(run_id=run.pk, at=AT) is not None


def test_the_number_of_queries_does_not_grow_with_the_list(roof: DER) -> None:
    counts = []
    for size in (1, 40):
        rows = [new(roof, serial_number=f"S{n}", host=f"10.0.0.{n + 1}") for n in range(size)]
        run = receive_list(content=csv_file(rows), file_name="x", at=AT, by="olga")
        with CaptureQueriesContext(connection) as queries:
            check_list(run_id=run.pk, at=AT)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_the_zones_of_moved_devices_are_all_told(
    inverter: Device, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = brought(known(inverter, zone="f13"))

    with django_capture_on_commit_callbacks() as bells:
        applied(run)

    assert Zone.objects.filter(name="f13").exists()
    # One for the worker, one for each of the two zones.
    assert len(bells) == 3
