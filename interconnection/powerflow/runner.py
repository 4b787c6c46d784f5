"""`python -m interconnection.powerflow.runner`: one task in a process of its own, then the end.

A task comes as JSON on standard input; progress and the answer go out as lines of JSON. The process
holds itself to the memory it is given, dies with its parent, and may crash without harm to others.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from derms.lib.wire import WireFault, from_data, to_data
from interconnection.powerflow.circuit import Circuit, CircuitFault

PR_SET_PDEATHSIG = 1
Tell = Callable[[float, str], None]
Answer = Any


def main() -> int:
    """Answer one task; the status is 0 whenever an answer could be given, good or bad."""
    _die_with_parent()
    output = _take_over_stdout()
    task: dict[str, Any] = json.load(sys.stdin)
    _bound_memory(int(task["memory_bytes"]))

    def tell(share: float, words: str) -> None:
        _say(output, {"progress": round(share, 4), "words": words})

    try:
        answer = {"result": to_data(TASKS[task["name"]](task["payload"], tell))}
    except (CircuitFault, WireFault) as fault:
        answer = {"fault": str(fault), "kind": "refused"}
    except MemoryError:
        answer = {"fault": "It needs more memory than a study is given.", "kind": "out_of_memory"}
    _say(output, answer)
    return 0


def _study(payload: Mapping[str, Any], tell: Tell) -> Answer:
    # Only here, never at the top: nothing but this process may load the engine, and a snapshot
    # shall not wait for what only a study needs.
    from interconnection.powerflow.study import study  # noqa: PLC0415
    from interconnection.powerflow.task import StudyTask  # noqa: PLC0415

    return study(from_data(StudyTask, payload), progress=tell)


def _snapshot(payload: Mapping[str, Any], _tell: Tell) -> Answer:
    from interconnection.powerflow.engine import Engine  # noqa: PLC0415

    engine = Engine(from_data(Circuit, payload["circuit"]))
    if taps := payload.get("taps"):
        engine.set_taps(taps)
        return engine.snapshot(load_share=payload["load_share"], controls=False)
    return engine.snapshot(load_share=payload["load_share"])


def _hosting(payload: Mapping[str, Any], tell: Tell) -> Answer:
    return _capacity(payload, tell).points


def _capacity(payload: Mapping[str, Any], tell: Tell) -> Answer:
    from interconnection.powerflow.engine import ENGINE  # noqa: PLC0415
    from interconnection.powerflow.hosting import HostingFault, hosting  # noqa: PLC0415
    from interconnection.powerflow.task import CapacityMap, CapacityTask  # noqa: PLC0415

    task = from_data(CapacityTask, payload)
    try:
        points = hosting(
            task.circuit, task.terminals, task.moments, limits=task.limits,
            largest_w=task.largest_w, progress=lambda share: tell(share, "Hosting capacity"),
        )  # fmt: skip
    except HostingFault as fault:
        raise CircuitFault(str(fault)) from fault
    return CapacityMap(ENGINE, points)


def _year(payload: Mapping[str, Any], tell: Tell) -> Answer:
    from interconnection.powerflow.limits import Limits  # noqa: PLC0415
    from interconnection.powerflow.year import year  # noqa: PLC0415

    return year(
        from_data(Circuit, payload["circuit"]),
        load_shares=payload["load_shares"],
        generation_shares=payload["generation_shares"],
        limits=from_data(Limits, payload["limits"]),
        progress=lambda share: tell(share, "Hour by hour"),
    )


def _import_opendss(payload: Mapping[str, Any], tell: Tell) -> Answer:
    from interconnection.powerflow.importing import import_opendss  # noqa: PLC0415

    return import_opendss(payload["files"], payload["master"], payload["name"], tell)


def _import_cim(payload: Mapping[str, Any], tell: Tell) -> Answer:
    from interconnection.powerflow.importing import import_cim  # noqa: PLC0415

    content = base64.b64decode(payload["content"])
    return import_cim(content, payload["file"], payload["name"], tell)


TASKS: Mapping[str, Callable[[Mapping[str, Any], Tell], Answer]] = {
    "study": _study,
    "snapshot": _snapshot,
    "hosting": _hosting,
    "capacity": _capacity,
    "year": _year,
    "import_opendss": _import_opendss,
    "import_cim": _import_cim,
}


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))


def _take_over_stdout() -> TextIO:
    """The engine may print: what it says must not come between our lines."""
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    return own


def _bound_memory(limit: int) -> None:
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _say(output: TextIO, line: Mapping[str, Any]) -> None:
    output.write(json.dumps(line, separators=(",", ":")) + "\n")
    output.flush()


if __name__ == "__main__":
    sys.exit(main())
