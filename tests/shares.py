"""How the tests of a whole run are shared out among its processes: what a file's tests share is made once, and what
takes longest is begun first.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from xdist.remote import Producer

_BROWSER = "tests/browser"  # all of it shares one browser, one showroom and one library of 20,000 movies
# Those of half a minute and more, longest first. Where another becomes as long, a run only ends a little later.
LONGEST = (
    _BROWSER,
    "tests/flows/test_faults.py",
    "tests/test_rolling_upgrade.py",
    "tests/phases/test_sync_players.py",
    "tests/cli/test_run.py",
    "tests/flows/test_kills.py",
    "tests/flows/test_bad_input.py",
    "tests/api/test_fuzz.py",
    "tests/flows/test_players.py",
    "tests/flows/test_chain.py",
    "tests/test_several_machines.py",
    "tests/cli/test_commands.py",
    "tests/test_worker.py",
    "tests/chaos/test_machines_die.py",
)
_RANKS = {share: rank for rank, share in enumerate(LONGEST)}


def share_of(nodeid: str) -> str:
    """What is done by one process, one after the other: a file, or all files of the browser."""
    file = nodeid.partition("::")[0]
    return _BROWSER if Path(file).is_relative_to(_BROWSER) else file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order in which shares are handed out."""
    items.sort(key=lambda item: _RANKS.get(share_of(item.nodeid), len(_RANKS)))


class _Shares(LoadScopeScheduling):  # type: ignore[misc]  # the library has no types
    def _split_scope(self, nodeid: str) -> str:
        return share_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """For `--dist loadfile`."""
    return _Shares(config, log) if config.getoption("dist") == "loadfile" else None
