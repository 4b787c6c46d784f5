"""A supervisor with toy programs, run as a process of its own: `toy_supervisor STATE SCENARIO`."""

import os
import sys
from pathlib import Path

from derms.supervisor import Program, ProgramError, StoppedError, Supervisor

ROOT = Path(__file__).resolve().parents[2]
SLEEPER = "import time; print('INFO up', flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER
PARENT = (
    "import subprocess, sys, time; "
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
    "print('INFO up', flush=True); time.sleep(600)"
)
CRASHER = (
    "import time; print('INFO up', flush=True); time.sleep(0.3); "
    "print('WARNING it is getting warm', flush=True); time.sleep(0.3); raise SystemExit('no oil')"
)
SCENARIOS = {
    "calm": {"sleeper": SLEEPER, "parent": PARENT},
    "crash": {"sleeper": SLEEPER, "crasher": CRASHER},
    "stubborn": {"stubborn": STUBBORN},
}


def toy(supervisor: Supervisor, name: str, code: str) -> Program:
    return Program(
        name,
        [sys.executable, "-c", code],
        is_ready=lambda: supervisor.has_logged(name, "up"),
    )


def main(state: Path, scenario: str) -> int:
    try:
        with Supervisor(state, folder=ROOT, environment=os.environ) as supervisor:
            if scenario == "services":
                supervisor.start_services()
            if scenario == "long step":
                print("in the step", flush=True)
                supervisor.run("step", [sys.executable, "-c", SLEEPER])
            toys = SCENARIOS.get(scenario, SCENARIOS["calm"])
            programs = [toy(supervisor, name, code) for name, code in toys.items()]
            supervisor.start(*programs)
            supervisor.wait_for(*programs)
            print("ready", flush=True)
            supervisor.watch()
    except ProgramError as error:
        print(error, flush=True)
        return 1
    except StoppedError:
        print("stopped", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
