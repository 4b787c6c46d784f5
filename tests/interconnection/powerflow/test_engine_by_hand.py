"""Feeders full of oddities, in both formats, against the engine run by hand (IC-2)."""

import base64
from pathlib import Path

import pytest

from derms.lib.wire import from_data, to_data
from interconnection.powerflow.child import run_task
from interconnection.powerflow.circuit import Circuit
from interconnection.powerflow.dss_source import flatten
from interconnection.powerflow.results import Imported, Snapshot
from tests.interconnection.powerflow.exporting import exported

FEEDERS = Path(__file__).parent / "feeders"
CLOSE_PU = 1e-4


def files_of(name: str) -> dict[str, str]:
    return {path.name: path.read_text() for path in FEEDERS.glob(f"{name}*")}


def from_opendss(name: str, *more: str) -> Imported:
    files = files_of(name)
    files[f"{name}.dss"] += "\n".join(more)
    payload = {"files": files, "master": f"{name}.dss", "name": name}
    return from_data(Imported, run_task("import_opendss", payload))


def from_cim(text: str) -> Imported:
    content = base64.b64encode(text.encode()).decode()
    return from_data(
        Imported, run_task("import_cim", {"content": content, "file": "f.xml", "name": "f"})
    )


def furthest_pu(circuit: Circuit, volts: dict[str, float]) -> float:
    banks = {bank.name: bank for bank in circuit.transformers}
    taps = {
        one.transformer: banks[one.transformer].windings[one.winding - 1].tap
        for one in circuit.regulators
    }
    task = {"circuit": to_data(circuit), "load_share": 1.0, "taps": taps}
    found = from_data(Snapshot, run_task("snapshot", task))
    assert found.is_solved
    ours = {f"{one.bus.lower()}.{one.node}": one.voltage_pu for one in found.voltages}
    theirs = {node: volt for node, volt in volts.items() if volt > 1}
    assert theirs.keys() <= ours.keys()
    ratios: dict[str, list[float]] = {}
    for base in circuit.voltage_bases_v:
        for node, volt in theirs.items():
            ratios.setdefault(node, []).append(abs(volt / (base / 3**0.5) - ours[node]))
    return max(min(one) for one in ratios.values())


@pytest.mark.parametrize("name", ["yard", "banks", "switched", "wording", "units"])
def test_an_opendss_feeder_solves_as_by_hand(name: str) -> None:
    """Wires, cables, banks of all kinds, open poles, DER, reverse Polish, arrays from files."""
    found = from_opendss(name)

    assert found.faults == ()
    assert found.outcome == "solved"
    assert found.difference_pu is not None
    assert found.difference_pu < CLOSE_PU


@pytest.mark.parametrize("name", ["yard", "banks", "units"])
def test_a_cim_feeder_solves_as_by_hand(name: str, tmp_path: Path) -> None:
    volts = exported(FEEDERS / f"{name}.dss", tmp_path / "feeder.xml")

    found = from_cim((tmp_path / "feeder.xml").read_text())

    assert found.faults == ()
    assert found.circuit is not None
    assert furthest_pu(found.circuit, volts) < CLOSE_PU


def test_wires_that_lack_something_are_named_with_their_line(tmp_path: Path) -> None:
    exported(FEEDERS / "yard.dss", tmp_path / "feeder.xml")
    text = (tmp_path / "feeder.xml").read_text()
    for old, new, words in (
        (":WireInfo.gmr>0.0", ":WireInfo.gmr>-0.0", "with radius"),
        (":WirePosition.sequenceNumber>4<", ":WirePosition.sequenceNumber>7<", "has more wires"),
        (":ACLineSegmentPhase.WireInfo ", ":ACLineSegmentPhase.Other ", "names no data sheet"),
        ("neutralStrandCount>13", "neutralStrandCount>0", "is not complete"),
    ):
        found = from_cim(text.replace(old, new))

        said = [fault for fault in found.faults if words in fault.words]
        assert said, words
        assert "ACLineSegment rdf:" in text.splitlines()[said[0].line - 1]
        assert found.circuit is not None


def test_der_that_give_less_than_their_most_are_told_and_kept_at_their_most() -> None:
    found = from_opendss("yard")

    assert found.circuit is not None
    ratings = {one.name: one.rated_w for one in found.circuit.inverters}
    assert ratings["p2"] == 5000
    assert ratings["s1"] == 30_000
    assert any("p2, s1" in note.words for note in found.notes)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("New Reactor.coil bus1=b phases=3 conn=delta kv=12.47 kvar=50", "three reactors"),
        ("New Capacitor.row bus1=b bus2=far phases=3 kv=12.47 kvar=50", "negative x"),
        ("New Load.odd bus1=b phases=3 kv=12.47 kw=50 model=7", "take 1 to 5 or 8"),
        ("New UPFC.u bus1=b bus2=far", "not supported"),
    ],
)
def test_what_a_model_has_no_place_for_is_refused_with_its_line(line: str, words: str) -> None:
    found = from_opendss("yard", line)

    lines = len(files_of("yard")["yard.dss"].splitlines())
    assert [fault.line for fault in found.faults if words in fault.words] == [lines + 1]


def test_an_array_in_a_file_outside_the_archive_is_refused() -> None:
    text = "new circuit.x\nnew xycurve.c npts=2 xarray=(file=/etc/passwd)\n"

    script = flatten({"m.dss": text}, "m.dss")

    assert [fault.line for fault in script.faults] == [2]
    assert not any("passwd" in command.text for command in script.commands)
