"""Runs a feeder in the engine by hand, in a process of its own, and lets it write CIM100.

`python -m tests.interconnection.powerflow.exporting FEEDER.dss OUT.xml` prints the volts of every
node as JSON, its controls standing still and its tolerance tight.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def exported(feeder: Path, out: Path) -> dict[str, float]:
    """The volts by `bus.node`; the CIM100 file lies in `out`."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.interconnection.powerflow.exporting", feeder, out],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main(feeder: Path, out: Path) -> None:
    from dss import DSS  # noqa: PLC0415  never in the process of the tests

    os.chdir(feeder.parent)
    own = (f'redirect "{feeder.name}"', "set controlmode=off", "set tolerance=1e-9", "solve")
    for command in (*own, f'export cim100 file="{out}"'):
        DSS.Text.Command = command
    circuit = DSS.ActiveCircuit
    volts = zip(circuit.AllNodeNames, map(float, circuit.AllBusVmag), strict=True)
    print(json.dumps({name.lower(): one for name, one in volts}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
