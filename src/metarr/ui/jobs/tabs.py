"""What stands above each of the lists of jobs: how much waits, and how much failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from metarr.jobs import desk, flows

if TYPE_CHECKING:
    from metarr.store.db import Tx


class Tabs(NamedTuple):
    """Jobs."""

    failed: int
    waiting: int


def tabs(tx: Tx) -> Tabs:
    """The counts of now."""
    return Tabs(desk.count_failed(tx), sum(one.jobs for one in flows.waiting(tx)))
