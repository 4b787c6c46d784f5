"""Runs a fleet in real time: sockets, physics once a second, log, state and a clean stop."""

import asyncio
import ctypes
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
from simulators.running.journal import Journal
from simulators.running.simulation import Simulation
from simulators.running.state import LONGEST_GAP_S, restore_state, save_state, state_time
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
    """Build the simulation; with a state file it goes on where that one ends."""
    journal = Journal(options.log)
    stored_t = state_time(options.state) if options.state else None
    begin = t if stored_t is None or not 0 <= t - stored_t <= LONGEST_GAP_S else stored_t
    simulation = Simulation(fleet, begin, options.weather, journal)
    if options.state and stored_t is not None:
        restore_state(simulation.plant, options.state)
    # The machines went on working while nobody simulated them.
    simulation.advance(t)
    return simulation


async def serve(fleet: Fleet, options: RunOptions) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    clock = SimulatedClock(options.speed)
    simulation = start_simulation(fleet, options, clock())
    server = FleetServer(simulation, clock, options.latency_ms)
    control = ControlServer(simulation, server)
    for key, kind, latency_ms in options.faults:
        server.set_fault(key, kind, latency_ms)
    await server.open()
    await control.open()
    print(f"ready: {len(fleet.devices)} endpoints", flush=True)
    try:
        await _tick(simulation, options, clock, stop)
    finally:
        await control.close()
        await server.close()
        simulation.advance(clock())
        _keep(simulation, options)
        simulation.record_truth()
        simulation.journal.close()


async def _tick(
    simulation: Simulation, options: RunOptions, clock: SimulatedClock, stop: asyncio.Event
) -> None:
    """Advance at whole multiples of the step until told to stop."""
    next_truth = simulation.plant.t + options.truth_every_s
    next_state = simulation.plant.t + options.state_every_s
    while not stop.is_set():
        now = clock()
        wait_s = (options.step_s - now % options.step_s) / options.speed
        with suppress(TimeoutError):
            async with asyncio.timeout(max(wait_s, 0.005)):
                await stop.wait()
        simulation.advance(clock())
        simulation.journal.flush()
        t = simulation.plant.t
        if t >= next_truth:
            simulation.record_truth()
            next_truth = t - t % options.truth_every_s + options.truth_every_s
        if t >= next_state:
            _keep(simulation, options)
            next_state = t + options.state_every_s


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


def _keep(simulation: Simulation, options: RunOptions) -> None:
    if options.state:
        save_state(simulation.plant, options.state)
