"""How the whole suite shares the processors: a file stays with one worker, the longest go first."""

from collections.abc import Sequence

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# The product is started once for all of these, and stopped behind the last.
JOURNEYS = "tests/journeys/"
ON_ITS_OWN = "test_kill_gateway"


class LoadFiles(LoadScopeScheduling):  # type: ignore[misc]  # its base has no types
    """As `--dist loadfile`, with the journeys through one product together."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file.startswith(JOURNEYS) and ON_ITS_OWN not in file:
            return JOURNEYS
        return file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    config.option.loadscopereorder = False  # the order is ours
    return LoadFiles(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What mostly waits for real processes comes first, so that no worker is left alone with it."""
    if hasattr(config, "workerinput"):
        items.sort(key=_late)


def _late(item: pytest.Item) -> int:
    if item.nodeid.startswith(JOURNEYS):
        return 0
    return 1 if _marks(item, ("processes", "browser")) else 2


def _marks(item: pytest.Item, names: Sequence[str]) -> bool:
    module = item.getparent(pytest.Module)
    return any((module or item).get_closest_marker(name) for name in names)
