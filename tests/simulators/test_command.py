"""DV-7: the fleet as a process: starts, tells the truth, keeps its state, stops cleanly."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators.__main__ import main
from simulators.fleet import DeviceSpec, Fleet, save_fleet
from simulators.maps.building import face_of
from simulators.maps.definitions import Oddities
from tests.simulators.running import small_fleet

pytestmark = pytest.mark.processes
ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "simulators"]


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    fleet = small_fleet(weather="fair")
    save_fleet(fleet, tmp_path / "fleet.json")
    return fleet


@pytest.fixture
def start(tmp_path: Path, fleet: Fleet) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def run(*options: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*COMMAND, "run", str(tmp_path / "fleet.json"), *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout
        assert process.stdout.readline() == f"ready: {len(fleet.devices)} endpoints\n"
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def verb(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words, "--fleet", str(tmp_path / "fleet.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def status(tmp_path: Path, key: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(verb(tmp_path, "status", key).stdout)
    return facts


def journal(path: Path, event: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [line for line in lines if line["event"] == event]


def test_faults_and_state_of_charge_are_switched_from_the_command_line(
    tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    start("--fault", "ada-battery=slow:250")

    assert status(tmp_path, "ada-battery")["fault"] == "slow"
    assert status(tmp_path, "ada-battery")["latency_ms"] == 250
    assert verb(tmp_path, "fault", "ada-pv", "silent").returncode == 0
    assert status(tmp_path, "ada-pv")["fault"] == "silent"
    assert verb(tmp_path, "fault", "ada-pv", "none").returncode == 0
    assert status(tmp_path, "ada-pv")["fault"] == "none"
    assert verb(tmp_path, "set", "ada-battery", "soc_pct=81").returncode == 0
    assert status(tmp_path, "ada-battery")["soc_pct"] == pytest.approx(81, abs=0.2)
    refused = verb(tmp_path, "set", "ada-pv", "soc_pct=50")
    assert refused.returncode == 2
    assert "only a battery" in refused.stderr


def test_grid_weather_and_selections_are_commanded_too(
    tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    start("--log", str(tmp_path / "log"))

    event = verb(tmp_path, "event", "outage", "--feeder", "MILLBROOK", "--lasts", "600")
    weather = verb(tmp_path, "weather", "storm", "--over", "10")
    faults = verb(tmp_path, "fault", "kind:meter", "busy")
    local = verb(tmp_path, "set", "ada-pv", "local=1")
    nowhere = verb(tmp_path, "event", "outage", "--feeder", "NOWHERE")
    time.sleep(1.2)

    assert [r.returncode for r in (event, weather, faults, local, nowhere)] == [0, 0, 0, 0, 2]
    assert "there are: HARBOUR, IEEE13, MILLBROOK" in nowhere.stderr
    assert {row["fault"] for row in json.loads(faults.stdout)} == {"busy"}
    assert status(tmp_path, "ada-pv")["voltage_v"] == 0
    assert [row["kind"] for row in journal(tmp_path / "log", "event")] == ["outage"]


def test_scenario_runs_with_the_fleet_and_a_bad_one_does_not_start(
    tmp_path: Path, start: Callable[..., subprocess.Popen[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("[[timeline]]\nat = 1\nfault = 'busy'\nwho = 'ada-pv'")
    start("--scenario", str(mine), "--speed", "20")
    wait_until(lambda: status(tmp_path, "ada-pv")["fault"] == "busy")
    mine.write_text("[[timeline]]\nat = 1\nfault = 'tired'\nwho = 'ada-pv'")

    code = main(["run", str(tmp_path / "fleet.json"), "--scenario", str(mine)])

    assert code == 2
    assert "timeline entry 1: fault 'tired' is unknown" in capsys.readouterr().err


def test_stop_is_clean_and_leaves_state_and_truth(
    tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    log, state = tmp_path / "log.jsonl", tmp_path / "state.json"
    process = start("--log", str(log), "--state", str(state))

    process.send_signal(signal.SIGINT)

    assert process.wait(5) == 0
    truth = {row["key"]: row for row in journal(log, "truth")}
    kept = json.loads(state.read_text())["devices"]
    assert truth["ada-meter"]["energy_absorbed_wh"] == pytest.approx(
        kept["ada-meter"]["absorbed_wh"], abs=0.001
    )


def test_counters_and_charge_survive_a_restart(
    tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    state = str(tmp_path / "state.json")
    first = start("--state", state, "--speed", "200")
    verb(tmp_path, "set", "ada-battery", "soc_pct=90")
    time.sleep(0.5)
    before = status(tmp_path, "ada-meter")
    first.terminate()
    first.wait(5)

    start("--state", state)

    assert status(tmp_path, "ada-battery")["soc_pct"] == pytest.approx(90, abs=5)
    assert status(tmp_path, "ada-meter")["energy_absorbed_wh"] >= before["energy_absorbed_wh"]


def test_reversion_runs_with_the_clock_and_is_logged(
    tmp_path: Path, fleet: Fleet, start: Callable[..., subprocess.Popen[str]]
) -> None:
    log = tmp_path / "log.jsonl"
    process = start("--log", str(log), "--speed", "20")
    spec = next(d for d in fleet.devices if d.key == "ada-pv")
    address = limit_address(spec)

    write_registers(spec.port, spec.unit, address, [1, 5_000, 10_000, 0, 0, 160])
    in_force = status(tmp_path, "ada-pv")
    wait_until(lambda: status(tmp_path, "ada-pv")["limit_pct"] is None)
    process.terminate()
    process.wait(5)

    assert in_force["limit_pct"] == 50
    written, reverted = journal(log, "write"), journal(log, "reversion")
    assert [row["registers"] for row in written] == [[1, 5_000, 10_000, 0, 0, 160]]
    assert written[0]["addr"] == address
    assert written[0]["accepted"] is True
    assert [(row["key"], row["control"]) for row in reverted] == [("ada-pv", "WMaxLimPct")]
    assert reverted[0]["t"] - written[0]["t"] == pytest.approx(160, abs=0.01)


def limit_address(spec: DeviceSpec) -> int:
    layout = face_of(spec).layout(spec, Oddities(common_length=spec.common_length))
    return spec.base + layout.points[704, "WMaxLimPctEna"].offset


def write_registers(port: int, unit: int, address: int, words: list[int]) -> None:
    body = b"".join(word.to_bytes(2, "big") for word in words)
    pdu = bytes((unit, 16)) + address.to_bytes(2, "big") + len(words).to_bytes(2, "big")
    pdu += bytes((len(body),)) + body
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        connection.sendall(b"\0\1\0\0" + len(pdu).to_bytes(2, "big") + pdu)
        assert connection.recv(100)[7] == 16


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 40
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_taken_port_gives_a_message_and_exit_code_2(
    tmp_path: Path, fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    port = fleet.devices[3].port
    with socket.create_server(("127.0.0.1", port)):
        code = main(["run", str(tmp_path / "fleet.json")])

    message = capsys.readouterr().err
    assert code == 2
    assert f"port {port} on 127.0.0.1 is taken" in message
    assert "--base-port" in message


def test_second_fleet_on_the_same_control_port_is_refused(
    tmp_path: Path, fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", fleet.control_port)):
        code = main(["run", str(tmp_path / "fleet.json")])

    assert code == 2
    assert f"control port {fleet.control_port} is taken" in capsys.readouterr().err


def test_command_without_a_running_fleet_says_how_to_start_one(
    tmp_path: Path, fleet: Fleet
) -> None:
    asked = verb(tmp_path, "status", "ada-pv")

    assert asked.returncode == 2
    assert "python -m simulators run" in asked.stderr
    assert fleet.devices


@pytest.mark.skipif(sys.platform != "linux", reason="needs prctl")
def test_fleet_dies_with_its_parent(tmp_path: Path, fleet: Fleet) -> None:
    script = (
        "import subprocess, sys, time\n"
        "p = subprocess.Popen([sys.executable, '-m', 'simulators', 'run', sys.argv[1],"
        " '--die-with-parent'], stdout=subprocess.PIPE, text=True)\n"
        "print(p.stdout.readline(), p.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "fleet.json")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout
    assert parent.stdout.readline() == f"ready: {len(fleet.devices)} endpoints\n"
    child = int(parent.stdout.readline())

    parent.kill()
    parent.wait()
    parent.stdout.close()

    wait_until(lambda: has_ended(child))


def has_ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"


def test_history_command_writes_rows_and_refuses_nonsense(
    tmp_path: Path, fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    early, late, out = "2026-06-21T18:00Z", "2026-06-21T19:00Z", tmp_path / "history.csv"
    command = ["history", str(tmp_path / "fleet.json"), "--out", str(out)]

    ran = main([*command, "--from", early, "--to", late])
    turned = main([*command, "--from", late, "--to", early])

    assert (ran, turned) == (0, 2)
    assert len(out.read_text().splitlines()) == 1 + 13 * (len(fleet.devices) - 1)
    assert "--from before --to" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["describe", "--latitude", "91"], "must be between -66 and 66"),
        (["run", "fleet.json", "--fault", "ada-pv=tired"], "write KEY=KIND"),
        (["run", "fleet.json", "--latency-ms", "-1"], "must be between 0 and 600000"),
        (["history", "fleet.json", "--from", "2026-06-21T18:00", "--to", "x"], "add the time zone"),
    ],
)
def test_wrong_arguments_are_refused_in_words(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)

    assert ended.value.code == 2
    assert message in capsys.readouterr().err
