"""The command line: verbs, their options, and what may be written for each."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from simulators.errors import FleetError
from simulators.regimes import REGIMES
from simulators.wire.faults import KINDS, split_fault

DEFAULT_FLEET = Path("fleet.json")
WEATHERS = tuple(REGIMES)
WHO = (
    "a key, a pattern as in gateway1-*, all, or words that must all hold, as in "
    "'feeder:HARBOUR kind:pv 30%%'"
)
SETTABLE = (
    "soc_pct=80, local=1, alarms=BITS, clock_offset_s=300, restart=1, serial_number=TEXT, "
    "version=TEXT, or a point as on the machine's own panel: 704.WMaxLimPct=40"
)


def positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text} must be above 0")
    return value


def milliseconds(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 600_000:
        raise argparse.ArgumentTypeError(f"{text} must be between 0 and 600000 ms")
    return value


def port_number(text: str) -> int:
    value = int(text)
    if not 0 < value < 65_536:
        raise argparse.ArgumentTypeError(f"{text} is no port; it must be between 1 and 65535")
    return value


def unit_number(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 255:
        raise argparse.ArgumentTypeError(f"{text} is no unit; it must be between 0 and 255")
    return value


def latitude(text: str) -> float:
    return _degrees(text, 66)


def longitude(text: str) -> float:
    return _degrees(text, 180)


def _degrees(text: str, limit: float) -> float:
    value = float(text)
    if not -limit <= value <= limit:
        raise argparse.ArgumentTypeError(f"{text} must be between -{limit} and {limit}")
    return value


def fault_of_one(text: str) -> tuple[str, str, int | None]:
    key, _, rest = text.partition("=")
    try:
        return key, *split_fault(rest)
    except FleetError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r}: write KEY=KIND, KEY=slow:MS or KEY=exception:CODE ({error})"
        ) from error


def instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text}: add the time zone, as in 2026-06-01T00:00+00:00")
    return at.astimezone(UTC)


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(
        prog="python -m simulators",
        description="Simulated inverters, batteries and meters over Modbus TCP with SunSpec.",
    )
    verbs = whole.add_subparsers(dest="verb", required=True)
    _add_describe(verbs.add_parser("describe", help="make up a fleet and write fleet.json"))
    _add_run(verbs.add_parser("run", help="serve a fleet until stopped"))
    _add_history(verbs.add_parser("history", help="run the physics over a past period"))
    _add_replay(verbs.add_parser("replay", help="serve a captured register dump as a device"))
    _add_deeds(verbs)
    return whole


def _add_describe(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--count", type=int, default=200, help="devices in service")
    verb.add_argument("--seed", type=int, default=7)
    verb.add_argument("--base-port", type=int, default=15_020)
    verb.add_argument("--control-port", type=int, help="default: one below the base port")
    verb.add_argument("--latitude", type=latitude, default=39.05)
    verb.add_argument("--longitude", type=longitude, default=-95.68)
    verb.add_argument("--weather", choices=WEATHERS, default="fair")
    verb.add_argument("--gateways", type=int, default=0, help="each one port with 30 units")
    verb.add_argument(
        "--zoo", action="store_true", help="one machine of every personality and model besides"
    )
    verb.add_argument(
        "--showcase", action="store_true", help="some behind gateways, with curves, at local"
    )
    verb.add_argument("--out", type=Path, default=DEFAULT_FLEET)


def _add_run(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("fleet", type=Path, nargs="?", default=DEFAULT_FLEET)
    verb.add_argument("--scenario", help="a TOML or JSON file, or the name of a shipped one")
    verb.add_argument("--log", type=Path, help="append writes, reversions and truth here")
    verb.add_argument(
        "--state", type=Path, metavar="DIR", help="keep energy, counters and settings here"
    )
    verb.add_argument("--realtime-step", type=positive, default=1.0, metavar="SECONDS")
    verb.add_argument("--speed", type=positive, default=1.0, help="simulated time runs faster")
    verb.add_argument("--fault", type=fault_of_one, action="append", default=[], metavar="WHO=KIND")
    verb.add_argument("--latency-ms", type=milliseconds, default=0, help="of every answer")
    verb.add_argument("--weather", choices=WEATHERS, help="default: the scenario's, the fleet's")
    verb.add_argument("--truth-every", type=positive, default=10.0, metavar="SECONDS")
    verb.add_argument("--die-with-parent", action="store_true")


def _add_history(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("fleet", type=Path)
    verb.add_argument("--from", dest="from_at", type=instant, required=True)
    verb.add_argument("--to", dest="to_at", type=instant, required=True)
    verb.add_argument("--step-s", type=int, default=300)
    verb.add_argument("--limits", type=Path, help="JSON list of {key, from, to, limit_w}")
    verb.add_argument("--state", type=Path, help="continue from and save counters here")
    verb.add_argument("--weather", choices=WEATHERS, help="default: as described")
    verb.add_argument("--out", type=Path, default=Path("history.csv"))


def _add_replay(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("dump", type=Path)
    verb.add_argument("--port", type=port_number, required=True)
    verb.add_argument("--host", default="127.0.0.1")
    verb.add_argument("--unit", type=unit_number, default=1)
    verb.add_argument("--read-only", action="store_true", help="refuse writes with exception 3")
    verb.add_argument("--personality", default="", help="habits of the port, as in a fleet file")
    verb.add_argument("--latency-ms", type=milliseconds, default=0)
    verb.add_argument("--fault", default="none", metavar="KIND")
    verb.add_argument("--log", type=Path, help="append writes here")


def _add_deeds(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    fault = verbs.add_parser("fault", help="switch a fault of a running fleet")
    fault.add_argument("key", metavar="WHO", help=WHO)
    fault.add_argument("kind", metavar="KIND", help=f"{', '.join(KINDS)}; slow:MS, exception:CODE")
    fault.add_argument("--latency-ms", type=milliseconds)
    status = verbs.add_parser("status", help="print the truth about one device, or all")
    status.add_argument("key", metavar="WHO", nargs="?")
    put = verbs.add_parser("set", help="do something at a machine itself")
    put.add_argument("key", metavar="WHO")
    put.add_argument("assignment", metavar="NAME=VALUE", help=SETTABLE)
    event = verbs.add_parser("event", help="disturb the grid of a running fleet for a while")
    event.add_argument("kind", choices=("frequency", "voltage", "outage", "none"))
    event.add_argument("--size", type=float, default=0.0, help="in Hz or per unit")
    event.add_argument("--lasts", type=positive, default=60.0, metavar="SECONDS")
    event.add_argument("--ramp", type=float, default=0.0, metavar="SECONDS")
    event.add_argument("--feeder", help="default: all of them")
    weather = verbs.add_parser("weather", help="let another weather come in")
    weather.add_argument("kind", choices=WEATHERS)
    weather.add_argument("--over", type=float, default=120.0, metavar="SECONDS")
    for verb in (fault, status, put, event, weather):
        verb.add_argument("--fleet", type=Path, default=DEFAULT_FLEET)
