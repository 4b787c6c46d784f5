"""CIM100 models: the same voltages as the circuit they were written from, faults by line (IC-2)."""

import base64
import re
from dataclasses import replace

import pytest

from derms.lib.wire import from_data, to_data
from interconnection.powerflow import feeders
from interconnection.powerflow.checks import Weight, remarks
from interconnection.powerflow.child import run_task
from interconnection.powerflow.cim_lines import SWITCH_OHM
from interconnection.powerflow.cim_read import read_cim
from interconnection.powerflow.circuit import Circuit, Line, LoadModel
from interconnection.powerflow.facts import circuit_of
from interconnection.powerflow.results import Imported, Read, Snapshot
from tests.interconnection.powerflow.cim_writer import cim_of
from tests.interconnection.powerflow.test_import_opendss import FILES, MASTER
from tests.interconnection.powerflow.test_import_opendss import imported as from_opendss

IEEE13 = circuit_of(feeders.feeder("IEEE13"))
HARBOUR = circuit_of(feeders.feeder("HARBOUR"))


def town() -> Circuit:
    """The town of the OpenDSS tests: with a bank, a secondary and loads on two phases.

    CIM has no words for the bounds of a load's model nor for a tap that nothing moves.
    """
    files = FILES | {"Master.dss": MASTER.replace("Transformer.reg2.wdg=2 tap=1.025", "")}
    files["Master.dss"] = (
        files["Master.dss"].replace(".416]", ".208]").replace("=mid.1.3", "=mid.3.1")
    )
    circuit = from_opendss(files).circuit
    assert circuit is not None
    loads = tuple(
        replace(load, model=LoadModel.POWER if load.zip_shares else load.model, zip_shares=(),
                lowest_pu=0.8, highest_pu=1.2)
        for load in circuit.loads
    )  # fmt: skip
    return replace(circuit, loads=loads)


def with_engine_switches(circuit: Circuit) -> Circuit:
    """CIM states no impedance of a switch: it is read as what the engine itself takes for one."""

    def closed(line: Line) -> Line:
        own = tuple(
            tuple(SWITCH_OHM if one is row else 0.0 for one in line.resistance_ohm)
            for row in line.resistance_ohm
        )
        return replace(line, resistance_ohm=own, reactance_ohm=own)

    return replace(
        circuit, lines=tuple(line if line.length_m else closed(line) for line in circuit.lines)
    )


def read(text: str) -> Read:
    return read_cim(text.encode(), "feeder.xml", "feeder")


def imported(text: str) -> Imported:
    content = base64.b64encode(text.encode()).decode()
    payload = {"content": content, "file": "feeder.xml", "name": "feeder"}
    return from_data(Imported, run_task("import_cim", payload))


def voltages(circuit: Circuit) -> dict[str, float]:
    task = {"circuit": to_data(circuit), "load_share": 1.0}
    found = from_data(Snapshot, run_task("snapshot", task))
    assert found.is_solved
    return {f"{v.bus}.{v.node}": v.voltage_pu for v in found.voltages}


@pytest.mark.parametrize("name", ["IEEE13", "HARBOUR", "town"])
def test_written_as_cim_and_read_again_it_solves_to_the_same_voltages(name: str) -> None:
    circuit = {"IEEE13": lambda: IEEE13, "HARBOUR": lambda: HARBOUR, "town": town}[name]()

    found = imported(cim_of(circuit))

    assert found.faults == ()
    assert found.outcome == "solved"
    assert found.circuit is not None
    ours, theirs = voltages(found.circuit), voltages(with_engine_switches(circuit))
    assert ours.keys() == theirs.keys()
    assert max(abs(ours[node] - theirs[node]) for node in theirs) < 1e-4


def test_prefix_namespace_and_order_do_not_matter() -> None:
    text = cim_of(HARBOUR, prefix="c", namespace="http://iec.ch/TC57/2019/CIM-schema-cim17#")
    head, *objects = re.split(r"\n(?=<c:)", text.replace("\n</rdf:RDF>", ""))
    turned = "\n".join([head, *reversed(objects), "</rdf:RDF>"])

    found = read(turned)

    assert found.circuit is not None
    assert found.faults == []
    assert {line.name for line in found.circuit.lines} == {line.name for line in HARBOUR.lines}
    assert {load.active_power_w for load in found.circuit.loads} == {
        load.active_power_w for load in HARBOUR.loads
    }


def test_ratings_places_and_controls_come_along() -> None:
    found = read(cim_of(HARBOUR)).circuit

    assert found is not None
    ours, theirs = ({line.name: line for line in c.lines} for c in (found, HARBOUR))
    assert {n: line.ampacity_a for n, line in ours.items()} == {
        n: line.ampacity_a for n, line in theirs.items()
    }
    assert {r.voltage_setting_v for r in found.regulators} == {122.0}
    assert {r.compensation_r_v for r in found.regulators} == {3.0}
    places = {bus: (x, y) for bus, x, y in found.coordinates}
    assert places["T1"] == {bus: (x, y) for bus, x, y in HARBOUR.coordinates}["T1"]


def test_sequence_impedances_make_the_matrix() -> None:
    text = cim_of(HARBOUR).replace("</rdf:RDF>", (
        '<cim:PerLengthSequenceImpedance rdf:ID="_seq">'
        "<cim:PerLengthSequenceImpedance.r>0.0002</cim:PerLengthSequenceImpedance.r>"
        "<cim:PerLengthSequenceImpedance.x>0.0004</cim:PerLengthSequenceImpedance.x>"
        "<cim:PerLengthSequenceImpedance.r0>0.0005</cim:PerLengthSequenceImpedance.r0>"
        "<cim:PerLengthSequenceImpedance.x0>0.0012</cim:PerLengthSequenceImpedance.x0>"
        "</cim:PerLengthSequenceImpedance></rdf:RDF>"
    ))  # fmt: skip
    name = next(line.name for line in HARBOUR.lines if len(line.sending.nodes) == 3)
    code = re.search(rf"<cim:ACLineSegment.name>{re.escape(name)}<.*?resource=\"#([^\"]+)\"", text,
                     re.DOTALL)  # fmt: skip
    assert code is not None
    circuit = read(text.replace(f'PerLengthImpedance rdf:resource="#{code[1]}"',
                                'PerLengthImpedance rdf:resource="#_seq"')).circuit  # fmt: skip

    assert circuit is not None
    line = next(line for line in circuit.lines if line.name == name)
    per_m = [value / line.length_m for value in line.resistance_ohm[0]]
    assert per_m[:2] == pytest.approx([0.0003, 0.0001])


def test_opendss_own_default_rating_counts_as_not_stated() -> None:
    text = cim_of(HARBOUR)
    name = next(line.name for line in HARBOUR.lines if line.ampacity_a)
    stated = re.sub(r"(CurrentLimit.value)>[\d.]+<", r"\1>400<", text)
    double = stated.replace("</rdf:RDF>", "".join(
        f'<cim:CurrentLimit rdf:ID="_e{n}"><cim:CurrentLimit.value>600</cim:CurrentLimit.value>'
        f'<cim:OperationalLimit.OperationalLimitSet rdf:resource="#{found}"/></cim:CurrentLimit>'
        for n, found in enumerate(re.findall(r'<cim:OperationalLimitSet rdf:ID="([^"]+)"', text))
    ) + "</rdf:RDF>")  # fmt: skip

    one, other = read(stated).circuit, read(double).circuit

    assert one is not None
    assert other is not None
    assert next(line for line in one.lines if line.name == name).ampacity_a == 400
    assert next(line for line in other.lines if line.name == name).ampacity_a is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (r"<cim:ACLineSegment.PerLengthImpedance [^>]*/>", "", "has no impedance"),
        (r"<cim:ACLineSegment.length>.*?<", "<cim:ACLineSegment.length>a mile<", "is no figure"),
        (r"<cim:ACLineSegment.length>.*?<", "<cim:ACLineSegment.length>NaN<", "is no figure"),
        (r"<cim:ACLineSegment.length>.*?<", "<cim:ACLineSegment.length>-3<", "has no length"),
        (
            r'(<cim:Terminal rdf:ID="_line[^>]*>\s*<cim:Terminal.Cond)[^>]*>',
            r"\1x/>",
            "1 of 2 term",
        ),
        (r"<cim:TransformerTank rdf.*?</cim:TransformerTank>", "", "tank that is not in the file"),
        (r"<cim:TransformerEndInfo.ratedS>.*?<", "<cim:TransformerEndInfo.ratedS>0<", "rated"),
        (r"<cim:ShortCircuitTest rdf.*?</cim:ShortCircuitTest>", "", "has no impedance between"),
        (r"<cim:EnergySource rdf.*?</cim:EnergySource>", "", "0 sources"),
        (r"(<cim:RatioTapChanger.step)>.*?<", r"\1>99<", "stands at step 99"),
    ],
)
def test_what_is_broken_is_named_with_its_line(old: str, new: str, words: str) -> None:
    text = re.sub(old, new, cim_of(HARBOUR), count=1, flags=re.DOTALL)

    found = read(text)

    said = [fault for fault in found.faults if words in fault.words]
    assert said, found.faults
    assert said[0].file == "feeder.xml"
    if "source" not in words:
        kind = said[0].words.split()[0]
        assert f"<cim:{kind} " in text.splitlines()[said[0].line - 1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]><RDF>&b;</RDF>', "Document types"),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><RDF/>', "Document types"),
        ("<RDF><a>", "no well-formed XML"),
        ("<html/>", "no CIM model"),
        ("<RDF/>", "nothing in it"),
        ("<RDF" + "<a" * 10_000, "no well-formed XML"),
        ("<RDF>" + "<a>" * 5_000, "no well-formed XML"),
    ],
)
def test_bombs_and_rubbish_are_refused_in_words(text: str, words: str) -> None:
    found = read(text)

    assert found.circuit is None
    assert words in found.faults[0].words


def test_a_value_of_ten_megabytes_is_refused() -> None:
    found = read("<RDF><A ID='x'><A.b>" + "x" * 11_000_000 + "</A.b></A></RDF>")

    assert found.circuit is None
    assert found.faults


def test_unknown_classes_are_counted_and_told() -> None:
    extra = '<cim:WaveTrap rdf:ID="_w1"/><cim:WaveTrap rdf:ID="_w2"/>'

    found = read(cim_of(HARBOUR).replace("</rdf:RDF>", f"{extra}</rdf:RDF>"))

    assert "2 of the class WaveTrap are not used." in [note.words for note in found.notes]
    assert found.circuit is not None


def test_equipment_that_carries_current_is_refused_by_name_and_line_where_it_is_not_read() -> None:
    extra = "\n".join(
        f'<cim:{kind} rdf:ID="_{kind}"><cim:IdentifiedObject.name>Nine</cim:IdentifiedObject.name>'
        f"</cim:{kind}>"
        for kind in ("StaticVarCompensator", "EquivalentBranch", "PetersenCoil")
    )
    text = cim_of(HARBOUR).replace("</rdf:RDF>", f"{extra}\n</rdf:RDF>")

    faults = {fault.words.split()[0]: fault for fault in read(text).faults}

    assert "Nine carries current and is not read" in faults["PetersenCoil"].words
    for kind in ("StaticVarCompensator", "EquivalentBranch", "PetersenCoil"):
        assert f"<cim:{kind} " in text.splitlines()[faults[kind].line - 1]


def test_two_objects_with_one_id_are_told() -> None:
    text = cim_of(HARBOUR)
    twice = text.replace("</rdf:RDF>", '<cim:Fuse rdf:ID="_source"/></rdf:RDF>')

    assert any("has the id of line" in fault.words for fault in read(twice).faults)


def test_a_line_on_a_phase_that_is_not_there_is_an_error() -> None:
    lines = HARBOUR.lines
    single = next(
        line
        for line in lines
        if len(line.sending.nodes) == 1 and any(o.sending.bus == line.receiving.bus for o in lines)
    )
    behind = next(line for line in HARBOUR.lines if line.sending.bus == single.receiving.bus)
    phase, wrong = "ABC"[behind.sending.nodes[0] - 1], "ABC"[behind.sending.nodes[0] % 3]
    text = cim_of(HARBOUR)
    own = re.search(rf'rdf:ID="([^"]+)">\s*<cim:ACLineSegment.name>{re.escape(behind.name)}<', text)
    assert own is not None
    pattern = rf"(Kind\.){phase}(\"/>\s*<cim:ACLineSegmentPhase.sequenceNumber>1<[^\n]*\s*"
    pattern += rf'<cim:ACLineSegmentPhase.ACLineSegment rdf:resource="#{own[1]}")'
    changed, count = re.subn(pattern, rf"\g<1>{wrong}\2", text)
    circuit = read(changed).circuit

    assert count == 1
    assert circuit is not None
    said = {r.element for r in remarks(circuit) if r.weight is Weight.ERROR}
    assert f"line {behind.name}" in said
