"""The embedded servers: one owner, healed after a crash, found by path, removed without trace."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import redis

from derms import embedded, processes
from derms.postgres_binaries import EmbeddedError

pytestmark = pytest.mark.processes


@pytest.fixture(autouse=True)
def _no_given_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)


@dataclass(frozen=True)
class Made:
    """A state folder and the database cluster that belongs to it; the servers do not run."""

    state: Path
    data: Path


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    state = tmp_path_factory.mktemp("embedded") / "state"
    given = {name: os.environ.pop(name, None) for name in ("DATABASE_URL", "REDIS_URL")}
    with embedded.Services(state, durable=False) as services:
        assert services.is_new
        assert services.data
    os.environ |= {name: url for name, url in given.items() if url}
    yield Made(state, services.data)
    embedded.remove_state(state)


@pytest.fixture
def made(cluster: Made) -> Path:
    return cluster.state


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A new state folder, nothing of which stays."""
    yield tmp_path / "state"
    embedded.remove_state(tmp_path / "state")


@pytest.fixture
def services(made: Path) -> Iterator[embedded.Services]:
    with embedded.Services(made, durable=False) as running:
        yield running


def test_both_servers_answer_at_the_addresses_settings_read(services: embedded.Services) -> None:
    urls = embedded.urls(services.state)

    with psycopg.connect(urls.database) as connection:
        row = connection.execute("select current_user, current_setting('server_version_num')")
        user, version = row.fetchone() or ("", "0")
    pong = redis.Redis.from_url(urls.redis).ping()

    assert user == "derms"
    assert int(version) >= 150000
    assert pong


def test_state_folder_has_one_owner(services: embedded.Services) -> None:
    with pytest.raises(embedded.AlreadyRunningError) as refused:
        embedded.Services(services.state).start()

    assert f"process {os.getpid()}" in str(refused.value)
    assert "DERMS_VAR" in str(refused.value)
    assert redis.Redis.from_url(embedded.urls(services.state).redis).ping()


def test_stopped_servers_leave_the_folder_to_the_next(made: Path) -> None:
    with embedded.Services(made, durable=False) as first:
        pids = [child.process.pid for child in first.children]

    with embedded.Services(made, durable=False):
        assert all(processes.birth_of(pid) is None for pid in pids)


@pytest.mark.parametrize("name", ["postgres", "valkey"])
def test_killed_server_is_told_by_its_end_and_starts_again(made: Path, name: str) -> None:
    with embedded.Services(made, durable=False) as services:
        child = next(child for child in services.children if child.name == name)
        child.process.send_signal(signal.SIGKILL)
        child.process.wait(10)
        assert child.ended() == -signal.SIGKILL

    with embedded.Services(made, durable=False):
        assert redis.Redis.from_url(embedded.urls(made).redis).ping()


def test_pid_file_with_the_number_of_a_stranger_does_not_stop_the_start(cluster: Made) -> None:
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n")

    with embedded.Services(cluster.state, durable=False) as services:
        assert not services.is_new
        assert processes.birth_of(os.getpid())


def test_interrupted_creation_is_begun_again(cluster: Made, state: Path) -> None:
    half = state / f"{cluster.data.name}.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    with embedded.Services(state, durable=False) as services:
        with psycopg.connect(embedded.urls(state).database) as connection:
            answered = connection.info.status
        assert services.is_new
        assert services.data
        left = list(services.data.parent.glob("*.new"))

    assert answered == psycopg.pq.ConnStatus.OK
    assert [path for path in left if path != half] == []


def test_without_user_namespaces_the_servers_run_all_the_same(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(state))

    for is_first in (True, False):
        with embedded.Services(state, durable=False) as services:
            assert services.is_new == is_first
            assert services.data
            assert services.data.stat().st_uid != 0
            with psycopg.connect(embedded.urls(state).database) as connection:
                assert connection.execute("select 1").fetchone() == (1,)


def test_durable_servers_flush_every_commit(state: Path) -> None:
    with embedded.Services(state), psycopg.connect(embedded.urls(state).database) as connection:
        shown = [
            connection.execute(f"show {name}").fetchone()
            for name in ("fsync", "synchronous_commit", "full_page_writes")
        ]
        appends = redis.Redis.from_url(embedded.urls(state).redis).config_get("appendonly")

    assert shown == [("on",), ("on",), ("on",)]
    assert appends == {"appendonly": "yes"}


def test_path_too_long_for_a_socket_gets_a_short_private_folder(tmp_path: Path) -> None:
    state = tmp_path / ("x" * 120)

    with embedded.Services(state, durable=False):
        sockets = embedded.sockets_folder(state)
        assert redis.Redis.from_url(embedded.urls(state).redis).ping()
        assert sockets.stat().st_mode & 0o077 == 0
    removed = embedded.remove_state(state)

    assert {state, sockets} <= set(removed)
    assert not state.exists()
    assert not sockets.exists()


def test_server_that_is_given_is_not_started(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://someone@elsewhere/derms")

    with embedded.Services(made, durable=False) as services:
        assert [child.name for child in services.children] == ["valkey"]


def test_state_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path("/srv/derms")
    monkeypatch.delenv("DERMS_VAR", raising=False)
    under_pytest = embedded.state_folder(root)
    monkeypatch.delenv("PYTEST_VERSION")
    usual = embedded.state_folder(root)
    monkeypatch.setenv("DERMS_VAR", "/data/derms")

    assert under_pytest == root / "var" / "test"
    assert usual == root / "var" / "dev"
    assert embedded.state_folder(root) == Path("/data/derms")


def test_failed_start_shows_the_end_of_the_log_and_frees_the_folder(cluster: Made) -> None:
    made = cluster.state
    options = cluster.data / "postgresql.conf"
    kept = options.read_text()
    options.write_text(kept + "\nno_such_setting = 1\n")

    began_at = time.monotonic()
    with pytest.raises(EmbeddedError, match="no_such_setting"):
        embedded.Services(made, durable=False).start()
    options.write_text(kept)

    assert time.monotonic() - began_at < 10
    with embedded.Services(made, durable=False):
        pass
