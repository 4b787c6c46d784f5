"""The service desk at size: a search, a page of the queue, as a browser asks for them (CS-1)."""

import random
import statistics
import time
from collections.abc import Callable, Iterator

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from derms.accounts.models import User
from tests.bench.big_town import Size, fill
from tests.bench.figures import Figure
from tests.bench.options import Options
from tests.bench.rounds import percentile
from tests.bench.tables import empty_tables

QUICK = Size(customers=20_000, points=24_000, applications=4_000, requests=4_000)
SEARCH_MS, QUEUE_MS = 200, 300


def measure(options: Options) -> list[Figure]:
    fill(QUICK if options.is_quick else Size())
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(username="cleo"))
    times = 60 if options.is_quick else 300
    figures = [
        _figure("search_p95_ms", _timed(client, _searches(times)), SEARCH_MS),
        _figure("queue_page_p95_ms", _timed(client, _queue_pages(times)), QUEUE_MS),
    ]
    empty_tables()
    return figures


def _searches(times: int) -> Iterator[str]:
    """What callers say: mostly numbers and names, now and then a word that half the town has."""
    dice = random.Random(7)  # noqa: S311  for a bench
    url = reverse("service_customers")
    size = dice.randrange
    says: tuple[Callable[[], str], ...] = (
        lambda: f"MTR-{size(1, 24_000):07}",
        lambda: f"ACC-{1_000_000 + size(1, 20_000)}",
        lambda: f"A-2026-{size(1, 4_000):05}",
        lambda: f"SN-{size(1, 4_000):08}",
        lambda: f"customer{size(1, 20_000)}@mail",
        lambda: f"{size(1, 200)} mill street",
        lambda: f"rossi {size(1, 200)} quay",
        lambda: "ada lindqvist",
        lambda: "yilmaz",
        lambda: "lane",
        lambda: f"555 {size(1_000, 9_999)}",
    )
    for number in range(times):
        yield f"{url}?q={says[number % len(says)]()}"


def _queue_pages(times: int) -> Iterator[str]:
    dice = random.Random(7)  # noqa: S311  for a bench
    url = reverse("service_queue")
    kinds = (
        "", "?as=board", "?show=submitted", "?q=mill", "?show=desk&page=",
        "?kind=account", "?as=board&kind=power_quality", "?show=late&page=", "?page=",
    )  # fmt: skip
    for number in range(times):
        kind = kinds[number % len(kinds)]
        yield url + (f"{kind}{dice.randrange(1, 20)}" if kind.endswith("=") else kind)


def _timed(client: Client, urls: Iterator[str]) -> list[float]:
    took = []
    slowest = (0.0, "")
    for url in urls:
        began = time.perf_counter()
        answer = client.get(url, secure=True)
        took.append(1000 * (time.perf_counter() - began))
        assert answer.status_code == 200, url
        slowest = max(slowest, (took[-1], url))
    with CaptureQueriesContext(connection) as asked:
        client.get(slowest[1], secure=True)
    print(
        f"p50 {statistics.median(took):.0f} ms, slowest {slowest[0]:.0f} ms: {slowest[1]} "
        f"({len(asked)} questions to the database)",
        flush=True,
    )
    return took


def _figure(name: str, took: list[float], target_ms: int) -> Figure:
    p95 = percentile(took, 0.95)
    return Figure(
        name,
        p95,
        "ms, page rendered",
        spread=(min(took), max(took)),
        target=f"< {target_ms}",
        is_met=p95 < target_ms,
    )
