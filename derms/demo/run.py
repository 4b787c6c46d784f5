"""`manage.py demo`: the whole product on this machine, with a simulated fleet to talk to."""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from derms import embedded, ports, progress, stamps
from derms.demo import programs, town
from derms.demo.programs import Demo
from derms.postgres_binaries import EmbeddedError
from derms.supervisor import ProgramError, StoppedError, Supervisor

ROOT = Path(__file__).resolve().parents[2]
COMMAND = "python3 manage.py demo"
DEVICES = 200
STOPPED_EARLY = 130  # as shells say of a program ended by Ctrl-C
WEATHERS = ("fair", "clear", "cloudy")
# Of the fleet: devices that wait for commissioning, and its control port.
SPARE_PORTS = 40


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    state = embedded.state_folder(ROOT)
    try:
        if options.reset:
            _reset(state)
        _run(state, devices=options.devices, weather=options.weather)
    except (embedded.AlreadyRunningError, ports.PortError) as error:
        progress.fail(str(error), status=2)
    except (EmbeddedError, ProgramError) as error:
        progress.fail(f"{error}\n\nEverything was stopped.")
    except StoppedError:
        progress.note("Everything was stopped, before it was ready.")
        return STOPPED_EARLY
    progress.note("Everything was stopped.")
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="manage.py demo",
        description=__doc__,
        epilog="PORT names the port of the pages (8000), DERMS_VAR the folder of the state.",
    )
    parser.add_argument("--reset", action="store_true", help="remove the state and begin anew")
    parser.add_argument(
        "--devices", type=int, default=DEVICES, metavar="N", help="devices of a new fleet (200)"
    )
    parser.add_argument(
        "--weather", choices=WEATHERS, default=WEATHERS[0], help="over a new fleet (fair)"
    )
    return parser.parse_args(arguments)


def _reset(state: Path) -> None:
    if "DATABASE_URL" in os.environ:
        progress.fail(
            "`--reset` removes the demo's own state, and DATABASE_URL names a database of yours.\n"
            "Empty that yourself, or unset DATABASE_URL.",
            status=2,
        )
    removed = embedded.remove_state(state) if state.exists() else []
    for place in removed:
        progress.note(f"Removed {place}")


def _run(state: Path, *, devices: int, weather: str) -> None:
    embedded.StateLock(state).release()  # a second demo shall hear of the first, not of its port
    now = datetime.now(UTC)
    mail_port, phone_port = ports.single_ports(2)
    demo = Demo(
        state=state,
        web_port=ports.web_port(COMMAND),
        mail_port=mail_port,
        phone_port=phone_port,
        town=town.keep(state / "demo.json", now),
    )
    (state / "static").mkdir(exist_ok=True)  # where collected files would be
    with Supervisor(state, folder=ROOT, environment=demo.environment()) as supervisor:
        try:
            _start(demo, supervisor, devices=devices, weather=weather)
            if advice := town.light_advice(demo.town, now):
                progress.note(advice)
            _announce(demo)
            with contextlib.suppress(StoppedError):
                supervisor.watch()
        finally:
            _running_file(demo).unlink(missing_ok=True)
            progress.note("Stopping.")


def _start(demo: Demo, supervisor: Supervisor, *, devices: int, weather: str) -> None:
    with progress.step("PostgreSQL and Valkey"):
        services = supervisor.start_services()
    if services.is_new:
        for stamp in demo.state.glob("*.stamp"):
            stamps.begin(stamp)
    if not _is_done(demo, "migrate", migrations := _migrations()):
        with progress.step("Database tables"):
            _manage(demo, supervisor, "migrate", migrations)
    addresses = _fleet_addresses(demo, supervisor, devices, weather)
    if not _is_done(demo, "seed_demo", fleet := [demo.fleet]):
        with progress.step("Customers, grid, a day of history"):
            _manage(demo, supervisor, "seed_demo", fleet, "--fleet", str(demo.fleet))
    with progress.step("Simulated fleet, web, workers"):
        outside, others = programs.fleet(demo, supervisor), programs.others(demo, supervisor)
        gateway = programs.gateway(supervisor)
        addresses.release()
        supervisor.start(outside, *others)
        # Else the gateway's first round would find no device at home, and raise alarms.
        supervisor.wait_for(outside)
        supervisor.start(gateway)
        supervisor.wait_for(gateway, *others)


def _is_done(demo: Demo, command: str, sources: Iterable[Path]) -> bool:
    """Say whether a management command ran on this state with these sources already."""
    if "DATABASE_URL" in os.environ:
        return False  # the database may be another one, or empty, by now
    return stamps.is_current(demo.state / f"{command}.stamp", stamps.digest(sources))


def _manage(
    demo: Demo, supervisor: Supervisor, command: str, sources: Iterable[Path], *options: str
) -> None:
    stamp = demo.state / f"{command}.stamp"
    stamps.begin(stamp)
    supervisor.run(command, (sys.executable, str(ROOT / "manage.py"), command, *options))
    stamps.finish(stamp, stamps.digest(sources))


def _migrations() -> list[Path]:
    """Return what decides whether there is anything to migrate; the lock for other packages'."""
    ours = [*ROOT.glob("*/migrations/*.py"), *ROOT.glob("derms/*/migrations/*.py")]
    return [ROOT / "requirements" / "all.lock", *sorted(ours)]


def _fleet_addresses(
    demo: Demo, supervisor: Supervisor, devices: int, weather: str
) -> ports.Reservation:
    """Describe the fleet where there is none, and hold its ports until it starts."""
    if demo.fleet.exists():
        return _known_addresses(demo.fleet)
    attempt = demo.fleet.with_suffix(".new")
    first, reservation = ports.reserve_block(devices + SPARE_PORTS)
    options = {
        "--out": attempt,
        "--count": devices,
        "--weather": weather,
        "--control-port": first,
        "--base-port": first + 1,
        "--latitude": demo.town.latitude,
        "--longitude": demo.town.longitude,
    }
    words = ["--showcase", *(f"{name}={value}" for name, value in options.items())]
    supervisor.run("describe", (sys.executable, "-m", "simulators", "describe", *words))
    attempt.replace(demo.fleet)
    return reservation


def _known_addresses(fleet: Path) -> ports.Reservation:
    """The devices' addresses are in the product's database: they cannot move."""
    described = json.loads(fleet.read_text())
    wanted = {described["control"]["port"], *(device["port"] for device in described["devices"])}
    reservation = ports.Reservation(sorted(wanted))
    if taken := reservation.taken:
        shown = ", ".join(str(port) for port in taken[:5])
        raise ports.PortError(
            f"{len(taken)} of the ports of the simulated devices are used by another program "
            f"({shown}{' ...' if len(taken) > 5 else ''}).\n"
            f"Stop that program, or begin anew on other ports: {COMMAND} --reset"
        )
    return reservation


def _running_file(demo: Demo) -> Path:
    return demo.state / "running.json"


def _announce(demo: Demo) -> None:
    """Say where to look and how to sign in; leave the same in a file for programs."""
    accounts = json.loads((demo.state / "demo-accounts.json").read_text())
    running = {
        "url": demo.url,
        "process": os.getpid(),
        "accounts": accounts,
        "fleet": str(demo.fleet),
        "mail": str(demo.mail),
        "phone": str(demo.phone),
    }
    attempt = _running_file(demo).with_suffix(".new")
    attempt.write_text(json.dumps(running, indent=1) + "\n")
    attempt.replace(_running_file(demo))
    progress.note(sign_in_line(demo.url, accounts, progress.seconds_since_start()))


def sign_in_line(url: str, accounts: Sequence[dict[str, str]], seconds: float) -> str:
    """Return the one line that says where to look and how to sign in as each role."""
    passwords = {account["password"] for account in accounts}
    if len(passwords) == 1:
        names = ", ".join(f"{a['username']} ({a['role']})" for a in accounts)
        how = f"sign in as {names}, password {passwords.pop()}"
    else:
        names = ", ".join(f"{a['username']}/{a['password']} ({a['role']})" for a in accounts)
        how = f"sign in as {names}"
    return f"Ready in {seconds:.1f} s: {url} - {how}. Ctrl-C stops everything."
