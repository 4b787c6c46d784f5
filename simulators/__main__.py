"""Command line of the simulated fleet."""

import argparse
import json
import sys

from simulators.arguments import parser
from simulators.errors import FleetError
from simulators.fleet import load_fleet, save_fleet
from simulators.running.control_client import ask
from simulators.wire.faults import split_fault


def _describe(options: argparse.Namespace) -> None:
    from simulators.describe import describe_fleet  # noqa: PLC0415 - keeps other verbs quick
    from simulators.extras import Extras  # noqa: PLC0415

    fleet = describe_fleet(
        count=options.count,
        seed=options.seed,
        base_port=options.base_port,
        control_port=options.control_port or options.base_port - 1,
        latitude=options.latitude,
        longitude=options.longitude,
        weather=options.weather,
        extras=Extras(gateways=options.gateways, zoo=options.zoo, showcase=options.showcase),
    )
    save_fleet(fleet, options.out)
    ports = [device.port for device in fleet.devices]
    print(f"{options.out}: {len(ports)} devices on ports {min(ports)}-{max(ports)}")


def _run(options: argparse.Namespace) -> None:
    from simulators.running.live import RunOptions, run  # noqa: PLC0415 - pulls in pvlib
    from simulators.running.scenario import load_scenario  # noqa: PLC0415 - pulls in pvlib

    run(
        load_fleet(options.fleet),
        RunOptions(
            log=options.log,
            state=options.state,
            step_s=options.realtime_step,
            speed=options.speed,
            latency_ms=options.latency_ms,
            weather=options.weather,
            scenario=load_scenario(options.scenario) if options.scenario else None,
            truth_every_s=options.truth_every,
            faults=tuple(options.fault),
        ),
        die_with_parent=options.die_with_parent,
    )


def _history(options: argparse.Namespace) -> None:
    from simulators.running.history import load_limits, write_history  # noqa: PLC0415 - pvlib

    fleet = load_fleet(options.fleet)
    rows = write_history(
        fleet,
        options.from_at.timestamp(),
        options.to_at.timestamp(),
        options.step_s,
        options.out,
        limits=load_limits(options.limits, fleet) if options.limits else [],
        state=options.state,
        weather=options.weather,
    )
    print(f"{options.out}: {rows} rows")


def _replay(options: argparse.Namespace) -> None:
    from simulators.personalities import Cast  # noqa: PLC0415 - keeps other verbs quick
    from simulators.running.journal import Journal  # noqa: PLC0415
    from simulators.wire.replay import ReplayPort, load_dump, serve_replay  # noqa: PLC0415

    port = ReplayPort(
        load_dump(options.dump),
        options.unit,
        Cast().named(options.personality, "--personality"),
        options.latency_ms,
        Journal(options.log),
        read_only=options.read_only,
    )
    port.set_fault(options.unit, *split_fault(options.fault))
    serve_replay(port, options.host, options.port)


def _ask(options: argparse.Namespace) -> None:
    request: dict[str, object] = {"op": options.verb, "key": getattr(options, "key", None)}
    if options.verb == "fault":
        kind, number = split_fault(options.kind)
        latency_ms = options.latency_ms
        request |= {"fault": kind, "number": number if latency_ms is None else latency_ms}
    if options.verb == "set":
        name, _, value = options.assignment.partition("=")
        if not name or not value:
            raise FleetError(f"{options.assignment!r}: write NAME=VALUE, as in soc_pct=80")
        request |= {"name": name, "value": value}
    if options.verb == "event":
        request |= {"kind": options.kind, "size": options.size, "lasts_s": options.lasts}
        request |= {"ramp_s": options.ramp, "feeder": options.feeder}
    if options.verb == "weather":
        request |= {"kind": options.kind, "over_s": options.over}
    print(json.dumps(ask(load_fleet(options.fleet), request), indent=1))


VERBS = {"describe": _describe, "run": _run, "history": _history, "replay": _replay}


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; 2 with a message when something is wrong with the command."""
    options = parser().parse_args(arguments)
    try:
        VERBS.get(options.verb, _ask)(options)
    except (FleetError, ValueError) as error:
        print(f"simulators: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
