"""OpenDSS models: only networks come in, faults by line, the same voltages (IC-2)."""

import pytest

from derms.lib.wire import from_data
from interconnection.powerflow.child import run_task
from interconnection.powerflow.dss_source import flatten
from interconnection.powerflow.ieee13 import CONFIGURATIONS
from interconnection.powerflow.results import Imported

MASTER = """
! A small town, written for these tests
Clear
New object=circuit.town basekv=69 pu=1.02 MVAsc3=900 MVAsc1=700
New Transformer.sub phases=3 windings=2 buses=(sourcebus bank) conns=(delta wye) kvs=(69 12.47)
~ kvas=(10000 10000) xhl=8 %r=.5
New Transformer.reg1 phases=1 buses=[bank.1 head.1] kvs=[7.2 7.2] kvas=[2000 2000] xhl=.01
new transformer.reg2 like=reg1 buses=[bank.2 head.2]
new transformer.reg3 like=reg1 buses=[bank.3 head.3]
new regcontrol.c1 transformer=reg1 winding=2 vreg=122 band=2 ptratio=60 ctprim=300 R=2 X=4
Redirect Codes/LINECODES.dss
New Line.trunk bus1=head bus2=mid linecode=three length=1.5 units=mi normamps=400
New Line.lateral bus1=mid.2 bus2=far.2 linecode=one length=2000 units=ft
New Line.tie bus1=mid bus2=end switch=yes
New Recloser.r monitoredobj=line.trunk monitoredterm=1
New Transformer.pole phases=1 windings=3 buses=[far.2 house.1.0 house.0.2] kvs=[7.2 .12 .12]
~ kvas=[25 25 25] xhl=2.04 xht=2.04 xlt=1.36 %rs=[.6 1.2 1.2] %imag=.5 %noloadloss=.2
New Load.home phases=1 bus1=house.1.2 kv=.24 kw=8 pf=.95 daily=default
New Load.shop bus1=end phases=3 conn=delta kv=12.47 kw=900 kvar=300 model=5
New Load.farm bus1=mid.1.3 phases=1 conn=delta kv=12.47 kw=120 pf=.9 model=8
~ zipv=[.3 .3 .4 .3 .3 .4 .7]
New Capacitor.bank bus1=end kv=12.47 kvar=[150 150] numsteps=2 states=[1 0]
Transformer.reg2.wdg=2 tap=1.025
set voltagebases=[69 12.47 .416]
calcv
solve
BusCoords places.csv
"""
CODES = """New Linecode.three nphases=3 units=mi
~ rmatrix=[.35 | .15 .34 | .16 .15 .34] xmatrix=[1.0 | .5 1.05 | .42 .38 1.03]
~ cmatrix=[16 | -5 15 | -3 -2 15]
New Linecode.one nphases=1 rmatrix=[.25] xmatrix=[.26] units=kft normamps=120  // pole to pole
"""
FILES = {"Master.dss": MASTER, "codes/LineCodes.DSS": CODES, "Places.csv": "head, 0, 0\nmid,1.5,2"}


def imported(files: dict[str, str], master: str = "Master.dss") -> Imported:
    payload = {"files": files, "master": master, "name": "town"}
    return from_data(Imported, run_task("import_opendss", payload))


def test_town_solves_to_the_same_voltages_as_the_file_itself() -> None:
    found = imported(FILES)

    assert found.faults == ()
    assert found.outcome == "solved"
    assert found.difference_pu is not None
    assert found.difference_pu < 1e-5
    assert found.dead == ()


def test_town_comes_with_its_devices_ratings_and_places() -> None:
    circuit = imported(FILES).circuit

    assert circuit is not None
    lines = {line.name: line for line in circuit.lines}
    assert lines["trunk"].kind == "recloser"
    assert lines["tie"].kind == "switch"
    assert lines["trunk"].ampacity_a == 400
    assert lines["trunk"].length_m == pytest.approx(2414.016)
    assert lines["tie"].ampacity_a is None
    assert [t.name for t in circuit.transformers if len(t.windings) == 3] == ["pole"]
    assert {bus: (x, y) for bus, x, y in circuit.coordinates}["mid"] == (1.5, 2.0)
    assert circuit.capacitors[0].states == (True, False)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("doscmd rm -rf /", "no command that describes a network"),
        ("redirect /etc/passwd", "etc/passwd is not in the archive"),
        ("redirect ../../etc/shadow", "etc/shadow is not in the archive"),
        ("New Linecode.evil rmatrix=(file=/etc/passwd)", "read files"),
        ("New Python.thing x=1", "not supported"),
        ("cd /tmp", "no command that describes a network"),
        ("plugin load x", "no command that describes a network"),
    ],
)
def test_what_reaches_beyond_the_network_is_refused_with_its_line(line: str, words: str) -> None:
    script = flatten(
        {"Master.dss": f"{MASTER}{line}\n", "Codes/linecodes.dss": CODES}, "Master.dss"
    )

    said = [f for f in script.faults if words in f.words]
    assert said
    assert said[0].line == len(MASTER.splitlines()) + 1
    assert not any("passwd" in c.text or "rm -rf" in c.text for c in script.commands)


def test_files_that_call_one_another_come_to_an_end() -> None:
    script = flatten({"a.dss": "redirect b.dss", "b.dss": "redirect a.dss"}, "a.dss")

    assert "Files call one another." in [fault.words for fault in script.faults]


def test_results_and_plots_are_left_out_without_a_fault() -> None:
    files = FILES | {
        "Master.dss": MASTER + "\nexport voltages /tmp/x\nplot profile\nsave circuit\n"
    }

    assert imported(files).faults == ()


def test_the_engines_complaint_names_file_and_line() -> None:
    files = FILES | {"Master.dss": MASTER.replace("linecode=one", "linecode=absent")}

    (fault, *_) = imported(files).faults

    assert (fault.file, fault.line) == ("Master.dss", 13)
    assert "absent" in fault.words


def test_an_island_behind_a_missing_line_is_named() -> None:
    files = FILES | {"Master.dss": MASTER.replace("New Line.tie bus1=mid", "New Line.tie bus1=md")}

    assert "end" in imported(files).dead


def test_rubbish_gives_faults_and_no_circuit() -> None:
    found = imported({"m.dss": "\x00\xff new\nnew new new\n= = =\n~ x\n"}, "m.dss")

    assert found.circuit is None
    assert found.faults


WIRES = """Clear
New object=circuit.t basekv=4.16 pu=1.0 MVAsc3=400 MVAsc1=300
New WireData.phase GMRac=0.0313 GMRunits=ft Rac=0.1859 Runits=mi normamps=730 diam=0.927 radunits=in
New WireData.neutral GMRac=0.00814 GMRunits=ft Rac=0.592 Runits=mi normamps=340 diam=0.563
~ radunits=in
{line} length=1 units=mi
New Load.x bus1=far phases=3 kv=4.16 kw=900 pf=.95
set voltagebases=[4.16]
calcv
solve
"""
BY_SPACING = """New LineSpacing.s nconds=4 nphases=3 units=ft x=[-4 -1.5 3 0] h=[28 28 28 24]
New Line.one bus1=sourcebus bus2=far spacing=s wires=[phase phase phase neutral]"""
BY_GEOMETRY = """New LineGeometry.g nconds=4 nphases=3 cond=1 wire=phase x=-4 h=28 units=ft
~ cond=2 wire=phase x=-1.5 h=28 units=ft
~ cond=3 wire=phase x=3 h=28 units=ft
~ cond=4 wire=neutral x=0 h=24 units=ft reduce=y
New Line.one bus1=sourcebus bus2=far geometry=g"""


@pytest.mark.parametrize("line", [BY_SPACING, BY_GEOMETRY])
def test_wires_and_spacings_become_the_published_matrices(line: str) -> None:
    """Configuration 601 of the IEEE 13-node feeder: 556,500 26/7 and 4/0 6/1 on spacing ID-500."""
    found = imported({"T.dss": WIRES.format(line=line)}, "T.dss")

    published = next(one for one in CONFIGURATIONS if one.name == "601")
    assert found.faults == ()
    assert found.circuit is not None
    (one,) = found.circuit.lines
    assert one.ampacity_a == published.ampacity_a
    # The published order is B, A, C along the crossarm; the model's is as its wires are named.
    order = [published.phases.index(phase) for phase in "BAC"]
    for row, place in enumerate(order):
        for column, other in enumerate(order):
            low, high = max(place, other), min(place, other)
            ohm = published.resistance_ohm_per_mile[low][high]
            reactance = published.reactance_ohm_per_mile[low][high]
            assert one.resistance_ohm[row][column] == pytest.approx(ohm, rel=0.04)
            assert one.reactance_ohm[row][column] == pytest.approx(reactance, rel=0.03)
