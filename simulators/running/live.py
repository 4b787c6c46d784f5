"""Runs a fleet in real time: sockets, physics once a second, log, state and a clean stop."""

import asyncio
import ctypes
import gc
import os
import resource
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from simulators.fleet import Fleet
from simulators.running.control import ControlServer
from simulators.running.deeds import Deeds
from simulators.running.journal import Journal
from simulators.running.scenario import Scenario, ScenarioRun, check_against
from simulators.running.simulation import Simulation
from simulators.running.state import LONGEST_GAP_S, StateFiles
from simulators.wire.server import FleetServer

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How to run a fleet."""

    log: Path | None = None
    state: Path | None = None
    step_s: float = 1.0
    speed: float = 1.0
    latency_ms: int = 0
    weather: str | None = None
    scenario: Scenario | None = None
    truth_every_s: float = 10.0
    state_every_s: float = 30.0
    faults: tuple[tuple[str, str, int | None], ...] = field(default=())


class SimulatedClock:
    """Wall clock, or one that runs `speed` times faster from the start on."""

    def __init__(self, speed: float) -> None:
        self._speed, self._began, self._t0 = speed, time.monotonic(), time.time()

    def __call__(self) -> float:
        return self._t0 + (time.monotonic() - self._began) * self._speed


def start_simulation(fleet: Fleet, options: RunOptions, t: float) -> Simulation:
    """Build the simulation; with a state it goes on where that one ends."""
    journal = Journal(options.log)
    files = StateFiles.at(options.state) if options.state else None
    stored_t = files.time() if files else None
    begin = t if stored_t is None or not 0 <= t - stored_t <= LONGEST_GAP_S else stored_t
    weather = options.weather or (options.scenario.weather if options.scenario else None)
    simulation = Simulation(fleet, begin, weather, journal)
    if files and stored_t is not None:
        files.restore_energy(simulation.plant)
    if files:
        files.restore_settings(simulation.devices, simulation.plant, begin)
    # The machines went on working while nobody simulated them.
    simulation.advance(t)
    return simulation


class LiveFleet:
    """A fleet being served: its clock, its ports, its scenario, and what is kept when."""

    def __init__(self, fleet: Fleet, options: RunOptions) -> None:
        self.options = options
        self.clock = SimulatedClock(options.speed)
        self.simulation = start_simulation(fleet, options, self.clock())
        self.server = FleetServer(self.simulation, self.clock, options.latency_ms)
        self.deeds = Deeds(self.simulation, self.server)
        self.control = ControlServer(self.deeds)
        self.scenario: ScenarioRun | None = None
        if options.scenario:
            check_against(options.scenario, fleet)
            self.scenario = ScenarioRun(options.scenario, self.deeds, self.simulation.plant.t)
        self._next_truth = self.simulation.plant.t + options.truth_every_s
        self._next_state = self.simulation.plant.t + options.state_every_s

    async def serve(self, stop: asyncio.Event) -> None:
        for key, kind, number in self.options.faults:
            self.deeds.fault(key, kind, number)
        await self.server.open()
        await self.control.open()
        # What has been built stays: the collector need not look at it again and again.
        gc.freeze()
        print(f"ready: {len(self.simulation.fleet.devices)} endpoints", flush=True)
        try:
            while not stop.is_set():
                await self._wait(stop)
                self.advance()
        finally:
            await self.control.close()
            await self.server.close()
            self.simulation.advance(self.clock())
            self._keep()
            self.simulation.record_truth()
            self.simulation.journal.close()

    async def _wait(self, stop: asyncio.Event) -> None:
        """Until the next whole multiple of the step, or the end."""
        step_s = self.options.step_s
        wait_s = (step_s - self.clock() % step_s) / self.options.speed
        with suppress(TimeoutError):
            async with asyncio.timeout(max(wait_s, 0.005)):
                await stop.wait()

    def advance(self) -> None:
        """Go on to now, and do what is due."""
        simulation, options = self.simulation, self.options
        simulation.advance(self.clock())
        t = simulation.plant.t
        if self.scenario:
            self.scenario.advance(t)
        simulation.journal.flush()
        if t >= self._next_truth:
            simulation.record_truth()
            self._next_truth = t - t % options.truth_every_s + options.truth_every_s
        if t >= self._next_state:
            self._keep()
            self._next_state = t + options.state_every_s

    def _keep(self) -> None:
        if self.options.state:
            files = StateFiles.at(self.options.state)
            files.save_energy(self.simulation.plant)
            files.save_settings(self.simulation.devices)


async def serve(fleet: Fleet, options: RunOptions) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await LiveFleet(fleet, options).serve(stop)


def run(fleet: Fleet, options: RunOptions, *, die_with_parent: bool = False) -> None:
    if die_with_parent:
        follow_parent()
    _allow_open_files(2 * len(fleet.devices) + 256)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(fleet, options))


def follow_parent() -> None:
    """Get SIGTERM when the process that started this one ends (Linux only)."""
    parent = os.getppid()
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def _allow_open_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
