"""Readings brought in from a file: all of it or none, again without effect, late or not (DV-4)."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from derms.lib.errors import InvalidInput
from devices.models import Device, LateSpan, QuarterHourRollup, Reading
from devices.services import FileReport, ReadingRow, import_reading_file, import_readings
from devices.services.rolling import roll_up_until

AT = datetime(2026, 6, 20, 12, 0, tzinfo=UTC)
T0 = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
HEADER = "device,time,active_power_w,energy_injected_wh,interval_s"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_history")]
Bring = Callable[..., FileReport]


def lines(device: Device, count: int = 8, power_w: float = 1000) -> list[str]:
    return [
        f"{device.serial_number},{(T0 + timedelta(minutes=15 * n)).isoformat()},"
        f"{power_w},{250 * n},900"
        for n in range(count)
    ]


@pytest.fixture
def bring() -> Bring:
    def bring(*rows: str, header: str = HEADER, is_dry_run: bool = False) -> FileReport:
        return import_reading_file(
            content="\n".join([header, *rows]).encode(),
            file_name="logger.csv",
            at=AT,
            by="olga",
            is_dry_run=is_dry_run,
        )

    return bring


def test_a_file_is_stored_and_the_same_file_again_changes_nothing(
    inverter: Device, bring: Bring
) -> None:
    first = bring(*lines(inverter))
    again = bring(*lines(inverter))

    assert (first.rows, first.stored, first.devices) == (8, 8, 1)
    assert (first.first_at, first.last_at) == (T0, T0 + timedelta(minutes=105))
    assert (again.stored, again.already_there) == (0, 8)
    assert Reading.objects.filter(device_id=inverter.pk).count() == 8


def test_a_dry_run_counts_and_stores_nothing(inverter: Device, bring: Bring) -> None:
    report = bring(*lines(inverter), is_dry_run=True)

    assert report.stored == 8
    assert not Reading.objects.exists()
    assert not LateSpan.objects.exists()


def test_late_readings_fill_their_gap_in_the_roll_ups(inverter: Device, bring: Bring) -> None:
    import_readings(
        ReadingRow(
            device_id=inverter.pk,
            measured_at=T0 + timedelta(hours=hour),
            received_at=T0,
            active_power_w=1.0,
        )
        for hour in (0, 24)
    )
    roll_up_until(T0 + timedelta(days=2))

    bring(*lines(inverter)[1:])
    roll_up_until(T0 + timedelta(days=2))

    quarter = QuarterHourRollup.objects.get(begins_at=T0 + timedelta(minutes=30))
    assert quarter.covered_s == 900
    assert quarter.power_mean_w == pytest.approx(1000)


def test_a_corrected_file_counts_as_it_came_last(inverter: Device, bring: Bring) -> None:
    bring(*lines(inverter))

    report = import_reading_file(
        content="\n".join([HEADER, *lines(inverter, power_w=900)]).encode(),
        file_name="corrected.csv",
        at=AT + timedelta(hours=1),
        by="olga",
    )
    roll_up_until(T0 + timedelta(days=1))

    assert (report.stored, report.already_there) == (8, 0)
    quarter = QuarterHourRollup.objects.get(begins_at=T0 + timedelta(minutes=30))
    assert quarter.power_mean_w == pytest.approx(900)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("nobody,2026-06-15T12:00:00Z,1,,", "none has the number"),
        ("{device},2026-06-15T12:00:00,1,,", "with its zone"),
        ("{device},yesterday,1,,", "with its zone"),
        ("{device},2026-02-31T12:00:00Z,1,,", "with its zone"),
        ("{device},2027-06-15T12:00:00Z,1,,", "has not come yet"),
        ("{device},1999-06-15T12:00:00Z,1,,", "before the year 2000"),
        ("{device},2026-06-15T11:00:00Z,many,,", "no number"),
        ("{device},2026-06-15T11:00:00Z,inf,,", "no number"),
        ("{device},2026-06-15T11:00:00Z,,,", "no value"),
        ("{device},2026-06-15T11:00:00Z,1,,-5", "interval_s"),
        ("{device},2026-06-15T11:00:00Z,1", "more or fewer cells"),
        ("{device},2026-06-15T11:00:00Z,1,,,,7", "more or fewer cells"),
        ("{device},2026-06-15T12:00:00Z,7,,", "twice, with other values"),
    ],
)
def test_one_wrong_row_keeps_the_whole_file_out(
    inverter: Device, bring: Bring, wrong: str, words: str
) -> None:
    report = bring(*lines(inverter), wrong.format(device=inverter.serial_number))

    assert report.error_count == 1
    assert report.errors[0].line == 10
    assert words in report.errors[0].words
    assert not Reading.objects.exists()


@pytest.mark.parametrize(
    "header", ["time,active_power_w", "device,time", "device,time,power", "", HEADER + ",time"]
)
def test_a_file_of_something_else_is_refused(bring: Bring, header: str) -> None:
    with pytest.raises(InvalidInput, match="The first line"):
        bring("1,2", header=header)


def test_what_is_no_text_is_refused_in_words() -> None:
    with pytest.raises(InvalidInput, match="not UTF-8"):
        import_reading_file(content=b"\xff\xfe\x00d", file_name="x", at=AT, by="olga")


def test_two_devices_of_one_name_need_their_mrid(
    inverter: Device, battery: Device, bring: Bring
) -> None:
    Device.objects.filter(pk=battery.pk).update(serial_number=str(inverter.pk))

    refused = bring(f"{inverter.pk},2026-06-15T12:00:00Z,1,,")
    taken = bring(f"{inverter.mrid},2026-06-15T12:00:00Z,1,,")

    assert "Give the mRID" in refused.errors[0].words
    assert taken.stored == 1


def test_the_command_tells_in_words_and_in_json(inverter: Device, tmp_path: Path) -> None:
    path = tmp_path / "june.csv"
    path.write_text("\n".join([HEADER.replace(",", ";"), *lines(inverter)]).replace(",", ";"))
    said = StringIO()

    call_command("import_readings", path, "--dry-run", stdout=said)
    call_command("import_readings", path, "--by", "olga", "--json", stdout=(told := StringIO()))

    assert "june.csv: 8 readings of 1 devices" in said.getvalue()
    assert "8 would be stored" in said.getvalue()
    assert json.loads(told.getvalue())["june.csv"]["stored"] == 8
    assert Reading.objects.count() == 8


def test_the_command_ends_badly_when_a_file_is_not_accepted(
    inverter: Device, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text("\n".join([HEADER, *lines(inverter), "nobody,2026-06-15T12:00:00Z,1,,"]))
    said = StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("import_readings", path, stdout=said)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_readings", tmp_path / "missing.csv")

    assert ended.value.code == 2
    assert "line 10: device: none has" in said.getvalue()
