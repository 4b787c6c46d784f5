"""Command line of the simulated fleet: describe, run, history, status, fault, set, event."""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from simulators.errors import FleetError
from simulators.fleet import load_fleet, save_fleet
from simulators.running.control_client import ask
from simulators.wire.faults import KINDS, split_fault

DEFAULT_FLEET = Path("fleet.json")
WEATHERS = ("clear", "fair", "cloudy")


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text} must be above 0")
    return value


def _milliseconds(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 600_000:
        raise argparse.ArgumentTypeError(f"{text} must be between 0 and 600000 ms")
    return value


def _latitude(text: str) -> float:
    return _degrees(text, 66)


def _longitude(text: str) -> float:
    return _degrees(text, 180)


def _degrees(text: str, limit: float) -> float:
    value = float(text)
    if not -limit <= value <= limit:
        raise argparse.ArgumentTypeError(f"{text} must be between -{limit} and {limit}")
    return value


def _fault(text: str) -> tuple[str, str, int | None]:
    key, _, rest = text.partition("=")
    try:
        return key, *split_fault(rest)
    except FleetError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r}: write KEY=KIND, KEY=slow:MS or KEY=exception:CODE ({error})"
        ) from error


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text}: add the time zone, as in 2026-06-01T00:00+00:00")
    return at.astimezone(UTC)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulators", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    _add_describe(verbs.add_parser("describe", help="make up a fleet and write fleet.json"))
    _add_run(verbs.add_parser("run", help="serve a fleet until stopped"))
    _add_history(verbs.add_parser("history", help="run the physics over a past period"))
    fault = verbs.add_parser("fault", help="switch a fault of a running fleet")
    fault.add_argument("key")
    fault.add_argument("kind", metavar="KIND", help=f"{', '.join(KINDS)}; slow:MS, exception:CODE")
    fault.add_argument("--latency-ms", type=_milliseconds)
    status = verbs.add_parser("status", help="print the truth about one device, or all")
    status.add_argument("key", nargs="?")
    put = verbs.add_parser("set", help="do something at a machine itself")
    put.add_argument("key")
    put.add_argument(
        "assignment",
        metavar="NAME=VALUE",
        help="soc_pct=80, local=1, alarms=BITS, serial_number=TEXT, or a point: 704.WMaxLimPct=40",
    )
    event = verbs.add_parser("event", help="disturb the grid of a running fleet for a while")
    event.add_argument("kind", choices=("frequency", "voltage", "outage", "none"))
    event.add_argument("--size", type=float, default=0.0, help="in Hz or per unit")
    event.add_argument("--lasts", type=_positive, default=60.0, metavar="SECONDS")
    event.add_argument("--ramp", type=float, default=0.0, metavar="SECONDS")
    event.add_argument("--feeder", help="default: all of them")
    for verb in (fault, status, put, event):
        verb.add_argument("--fleet", type=Path, default=DEFAULT_FLEET)
    return parser


def _add_describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=int, default=200, help="devices in service")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--base-port", type=int, default=15_020)
    parser.add_argument("--control-port", type=int, help="default: one below the base port")
    parser.add_argument("--latitude", type=_latitude, default=39.05)
    parser.add_argument("--longitude", type=_longitude, default=-95.68)
    parser.add_argument("--weather", choices=WEATHERS, default="fair")
    parser.add_argument("--gateways", type=int, default=0, help="each one port with 30 units")
    parser.add_argument("--out", type=Path, default=DEFAULT_FLEET)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("fleet", type=Path)
    parser.add_argument("--log", type=Path, help="append writes, reversions and truth here")
    parser.add_argument("--state", type=Path, help="keep stored energy and counters here")
    parser.add_argument("--realtime-step", type=_positive, default=1.0, metavar="SECONDS")
    parser.add_argument("--speed", type=_positive, default=1.0, help="simulated time runs faster")
    parser.add_argument("--fault", type=_fault, action="append", default=[], metavar="KEY=KIND")
    parser.add_argument("--latency-ms", type=_milliseconds, default=0)
    parser.add_argument("--weather", choices=WEATHERS, help="default: as described")
    parser.add_argument("--truth-every", type=_positive, default=10.0, metavar="SECONDS")
    parser.add_argument("--die-with-parent", action="store_true")


def _add_history(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("fleet", type=Path)
    parser.add_argument("--from", dest="from_at", type=_instant, required=True)
    parser.add_argument("--to", dest="to_at", type=_instant, required=True)
    parser.add_argument("--step-s", type=int, default=300)
    parser.add_argument("--limits", type=Path, help="JSON list of {key, from, to, limit_w}")
    parser.add_argument("--state", type=Path, help="continue from and save counters here")
    parser.add_argument("--weather", choices=WEATHERS, help="default: as described")
    parser.add_argument("--out", type=Path, default=Path("history.csv"))


def _describe(options: argparse.Namespace) -> None:
    from simulators.describe import describe_fleet  # noqa: PLC0415 - keeps other verbs quick

    fleet = describe_fleet(
        count=options.count,
        seed=options.seed,
        base_port=options.base_port,
        control_port=options.control_port or options.base_port - 1,
        latitude=options.latitude,
        longitude=options.longitude,
        weather=options.weather,
        gateways=options.gateways,
    )
    save_fleet(fleet, options.out)
    ports = [device.port for device in fleet.devices]
    print(f"{options.out}: {len(ports)} devices on ports {min(ports)}-{max(ports)}")


def _run(options: argparse.Namespace) -> None:
    from simulators.running.live import RunOptions, run  # noqa: PLC0415 - pulls in pvlib

    run(
        load_fleet(options.fleet),
        RunOptions(
            log=options.log,
            state=options.state,
            step_s=options.realtime_step,
            speed=options.speed,
            latency_ms=options.latency_ms,
            weather=options.weather,
            truth_every_s=options.truth_every,
            faults=tuple(options.fault),
        ),
        die_with_parent=options.die_with_parent,
    )


def _history(options: argparse.Namespace) -> None:
    from simulators.running.history import load_limits, write_history  # noqa: PLC0415 - pulls in pvlib

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
    print(json.dumps(ask(load_fleet(options.fleet), request), indent=1))


VERBS = {"describe": _describe, "run": _run, "history": _history}


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; 2 with a message when something is wrong with the command."""
    options = _parser().parse_args(arguments)
    try:
        VERBS.get(options.verb, _ask)(options)
    except (FleetError, ValueError) as error:
        print(f"simulators: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
