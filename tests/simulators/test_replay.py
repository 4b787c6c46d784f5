"""DV-7: a captured register dump is served as a device, and takes writes."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pymodbus.client import ModbusTcpClient
from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP

from simulators.__main__ import main
from simulators.errors import FleetError
from simulators.wire.replay import load_dump
from tests.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
DUMP = Path(__file__).parent / "dump.json"
Start = Callable[..., int]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def run(*options: str) -> int:
        (port,) = free_ports(1)
        process = subprocess.Popen(
            [sys.executable, "-m", "simulators", "replay", str(DUMP), "--port", str(port),
             *options],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        assert process.stdout
        assert process.stdout.readline().startswith("ready: 179 registers")
        return port

    yield run
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def client_of(port: int) -> ModbusTcpClient:
    client = ModbusTcpClient("127.0.0.1", port=port, timeout=2, retries=0)
    assert client.connect()  # type: ignore[no-untyped-call]  # pymodbus leaves it untyped
    return client


@pytest.mark.processes
def test_an_independent_client_finds_what_was_captured(start: Start) -> None:
    device = SunSpecModbusClientDeviceTCP(slave_id=1, ipaddr="127.0.0.1", ipport=start(), timeout=2)
    device.scan()
    device.close()

    assert [m.model_id for m in device.model_list] == [1, 103, 120, 123]
    assert device.common[0].Mn.value == "Dumpmaker"
    assert device.models[103][0].W.cvalue == 4_200


@pytest.mark.processes
def test_writes_stay_and_are_written_down(start: Start, tmp_path: Path) -> None:
    client = client_of(start("--unit", "7", "--log", str(tmp_path / "log")))

    written = client.write_registers(40_150, [11, 22], device_id=7)
    single = client.write_register(40_152, 33, device_id=7)
    read = client.read_holding_registers(40_150, count=3, device_id=7)
    beyond = client.write_registers(40_177, [1, 1], device_id=7)
    stranger = client.read_holding_registers(40_000, count=2, device_id=1)

    assert not written.isError()
    assert not single.isError()
    assert read.registers == [11, 22, 33]
    assert (beyond.exception_code, stranger.exception_code) == (2, 11)
    rows = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [(r["addr"], r["registers"], r["accepted"]) for r in rows] == [
        (40_150, [11, 22], True), (40_152, [33], True), (40_177, [1, 1], False),
    ]  # fmt: skip


@pytest.mark.processes
def test_habits_and_read_only_hold_for_a_replayed_device_too(start: Start) -> None:
    client = client_of(start("--read-only", "--personality", "short-reads"))

    assert client.write_register(40_150, 1).exception_code == 3
    assert client.read_holding_registers(40_000, count=41).exception_code == 3
    assert len(client.read_holding_registers(40_000, count=40).registers) == 40


def test_segments_that_follow_one_another_are_one_run() -> None:
    dump = load_dump(DUMP)

    assert (dump.read(40_000, 2), dump.read(50_000, 1)) == (b"SunS", b"\0\1")
    assert len(dump.read(40_090, 20) or b"") == 40
    assert dump.read(40_177, 2) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "holds no segments"),
        ("{", "is not JSON"),
        ('{"segments": [{"start": 1}]}', "segment 1: it needs start and hex"),
        ('{"segments": [{"start": 1, "hex": "00"}]}', "segment 1: 1 bytes are no whole registers"),
        ('{"segments": [{"start": 65535, "hex": "00010002"}]}', "does not lie within 0 to 65535"),
        (
            '{"segments": [{"start": 5, "hex": "00010002"}, {"start": 6, "hex": "0001"}]}',
            "segment 2: it overlaps",
        ),
    ],
)
def test_file_that_is_no_dump_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "dump.json").write_text(text)

    with pytest.raises(FleetError, match=words):
        load_dump(tmp_path / "dump.json")


def test_missing_dump_ends_the_command_with_a_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(tmp_path / "none.json"), "--port", "15999"]) == 2
    assert "cannot be read" in capsys.readouterr().err
