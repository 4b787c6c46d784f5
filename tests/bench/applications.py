"""Applications through the REST API of a served process, as a third party's programs send them.

Five calls make one: begin, accept the tariff, add a unit, plan the day, send. Four programs with a
token each send as fast as they are answered, in a town of size; a refusal spoils the figure.
"""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from customers.models import Representation, ServiceArea, TariffVersion
from derms.accounts.roles import Role
from tests.bench.big_town import Size, fill
from tests.bench.desk import QUICK
from tests.bench.figures import Figure
from tests.bench.options import Options
from tests.bench.rounds import percentile
from tests.bench.tables import empty_tables
from tests.factories import make_company, make_equipment, make_person, make_token, nameplate
from tests.ports import free_port

PROGRAMS = 4
APPLICATIONS, QUICK_APPLICATIONS = 400, 80
LEAST_A_MINUTE = 100
READY_S = 60


@dataclass
class Tally:
    """What the programs heard."""

    made: int = 0
    refused: list[str] = field(default_factory=list)
    took_ms: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Home:
    """A service point, and the name that its agreement is signed with."""

    point: int
    customer: str


class Program:
    """One program of a third party: one connection, one token."""

    def __init__(self, port: int, key: str, tally: Tally) -> None:
        self._link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._key, self._tally = key, tally

    def apply(self, home: Home, version: int, unit: dict[str, Any]) -> None:
        started = self._call("POST", "applications/", {"usage_point_id": home.point})
        if started is None:
            return
        own = f"applications/{started['reference']}"
        steps: tuple[tuple[str, str, dict[str, Any]], ...] = (
            (
                "PUT",
                f"{own}/tariff",
                {"tariff_version_id": version, "accepted_name": home.customer},
            ),
            ("POST", f"{own}/units/", unit),
            ("PUT", f"{own}/planned-date", {"planned_in_service_date": _some_day()}),
            ("POST", f"{own}/submit", {}),
        )
        if all(self._call(*step) is not None for step in steps):
            self._tally.made += 1

    def _call(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        headers = {"Authorization": f"Token {self._key}", "Content-Type": "application/json"}
        began = time.perf_counter()
        self._link.request(method, f"/api/v1/{path}", json.dumps(body), headers)
        answer = self._link.getresponse()
        text = answer.read()
        self._tally.took_ms.append(1000 * (time.perf_counter() - began))
        if answer.status not in {200, 201}:
            self._tally.refused.append(f"{method} {path}: {answer.status} {text[:200]!r}")
            return None
        found: dict[str, Any] = json.loads(text)
        return found


def measure(options: Options) -> list[Figure]:
    how_many = QUICK_APPLICATIONS if options.is_quick else APPLICATIONS
    size = QUICK if options.is_quick else Size()
    try:
        fill(size)
        homes, keys = _company(size, how_many)
        unit = _unit()
        version = TariffVersion.objects.values_list("pk", flat=True).get()
        with served() as (port, pid):
            before_s = _cpu_s(pid)
            tally, elapsed_s = _send(port, keys, homes, version, unit)
            cpu_s = _cpu_s(pid) - before_s
    finally:
        empty_tables()
    print(*tally.refused[:5], sep="\n", flush=True)
    a_minute = 60 * tally.made / elapsed_s
    is_met = not tally.refused and a_minute >= LEAST_A_MINUTE
    return [
        Figure("applications_per_minute", a_minute, f"sent, {len(tally.refused)} calls refused",
               target="≥ 100, none refused", is_met=is_met),
        Figure("application_call_p95_ms", percentile(tally.took_ms, 0.95), "ms, one of five calls",
               spread=(min(tally.took_ms), max(tally.took_ms))),
        Figure("application_cpu_s", cpu_s / max(1, tally.made), "s of CPU in the web processes"),
    ]  # fmt: skip


def _send(
    port: int, keys: list[str], homes: list[Home], version: int, unit: dict[str, Any]
) -> tuple[Tally, float]:
    tallies = [Tally() for _ in keys]

    def work(number: int) -> None:
        program = Program(port, keys[number], tallies[number])
        for index in range(number, len(homes), len(keys)):
            serial = f"BENCH-{homes[index].point:07}"
            program.apply(homes[index], version, {**unit, "serial_number": serial})

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(keys))]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = Tally(
        made=sum(one.made for one in tallies),
        refused=[words for one in tallies for words in one.refused],
        took_ms=[ms for one in tallies for ms in one.took_ms],
    )
    return whole, time.perf_counter() - began


def _company(size: Size, how_many: int) -> tuple[list[Home], list[str]]:
    """A third party whose customers have no application yet, and the keys of its programs."""
    now = timezone.now()
    tara = make_person("tara", Role.THIRD_PARTY)
    company = make_company("Sunpool", tara)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(p.id), c.id, c.name FROM customers_usagepoint p"
            " JOIN customers_customer c ON c.id = p.customer_id WHERE p.id > %s"
            " GROUP BY c.id ORDER BY 1 LIMIT %s",
            [size.applications, how_many],
        )
        rows = cursor.fetchall()
    Representation.objects.bulk_create(
        Representation(
            third_party=company,
            customer_id=customer,
            active_from=now - timedelta(days=1),
            may_file=True,
        )
        for _, customer, _ in rows
    )
    ServiceArea.objects.bulk_create(
        ServiceArea(postcode=f"{1000 + n}", locality=f"Town {n}") for n in range(90)
    )
    homes = [Home(point, name) for point, _, name in rows]
    return homes, [make_token(tara, at=now) for _ in range(PROGRAMS)]


def _unit() -> dict[str, Any]:
    equipment = make_equipment()
    facts = nameplate()
    return {
        **{name: value for name, value in facts.items() if value is not None},
        "technology": equipment.technology,
        "model": equipment.model,
        "equipment_id": equipment.pk,
    }


def _some_day() -> str:
    return (timezone.localdate() + timedelta(days=60)).isoformat()


@contextmanager
def served() -> Iterator[tuple[int, int]]:
    """The product's web processes, one for each core, as production starts them."""
    port = free_port()
    environment = {
        **os.environ,
        "DERMS_HTTPS": "0",
        "SECRET_KEY": "bench",
        "DERMS_LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "uvicorn", "derms.asgi:application", "--port", str(port),
               "--log-level", "error", "--ws", "websockets-sansio",
               "--workers", str(os.cpu_count() or 1)]  # fmt: skip
    process = subprocess.Popen(command, env=environment)
    try:
        _wait(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(port: int) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until:
        try:
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            link.request("GET", "/health/ready")
            if link.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("The web process was not ready in time.")


def _cpu_s(pid: int) -> float:
    """User and system time of a process and the processes that it started, so far."""
    ticks = os.sysconf("SC_CLK_TCK")
    pids = [pid]
    for one in pids:
        children = Path(f"/proc/{one}/task/{one}/children").read_text().split()
        pids += [int(child) for child in children]
    stats = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in pids]
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) / ticks
