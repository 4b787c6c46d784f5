"""What an engineer would write without us: `python engine_by_hand.py FILE HOURS`.

Compiles the file, solves it once or hour after hour with the same shares of load, and reads what
the study reads: every voltage, every loading, the head's power and the taps.
"""

import json
import math
import sys

import numpy as np
from dss import DSS

from tests.bench.profiles import generation_share, load_share


def main() -> None:
    DSS.Text.Command = f"redirect {sys.argv[1]}"
    DSS.Text.Command = "set maxcontroliter=200 maxiterations=100 mode=snapshot"
    circuit, hours = DSS.ActiveCircuit, int(sys.argv[2])
    if hours == 0:
        circuit.Solution.Solve()
        voltages = np.asarray(circuit.AllBusVmagPu).tolist()
        print(json.dumps([voltages, np.asarray(circuit.PDElements.AllPctNorm()).tolist()]))
        return
    lowest = highest = circuit.AllBusVmagPu.copy()
    head_kw, taps = [], []
    controls, transformers, generators = (
        circuit.RegControls, circuit.Transformers, circuit.Generators
    )  # fmt: skip
    rated_kw = [generators.kW for _ in generators]
    for hour in range(hours):
        for _, kilowatt in zip(generators, rated_kw, strict=True):
            generators.kW = kilowatt * generation_share(hour)
        circuit.Solution.LoadMult = load_share(hour)
        circuit.Solution.Solve()
        volts = circuit.AllBusVmagPu
        lowest, highest = np.minimum(lowest, volts), np.maximum(highest, volts)
        loading = circuit.PDElements.AllPctNorm()
        head_kw.append(-circuit.TotalPower[0])
        for _ in controls:
            transformers.Name = controls.Transformer
            taps.append(transformers.Tap)
    print(json.dumps([math.fsum(head_kw), lowest.tolist(), highest.tolist(), len(taps),
                      float(loading.max())]))  # fmt: skip


if __name__ == "__main__":
    main()
