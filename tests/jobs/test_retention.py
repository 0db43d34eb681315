"""How long the ledger remembers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from metarr.jobs import ledger, retention
from metarr.jobs.ledger import Completed, Slots
from metarr.jobs.policy import GiveUp
from metarr.store import schema
from stages import new, rows

if TYPE_CHECKING:
    from metarr.store.db import Store, Tx

DAY = timedelta(days=1)


def test_finished_jobs_go_first_failed_ones_later_and_open_ones_never(store: Store) -> None:
    def prepare(tx: Tx) -> None:
        for name, ending in (("done", Completed()), ("failed", GiveUp())):
            ledger.submit(tx, new(name))
            [job] = ledger.claim(tx, "w", Slots(1, 1))
            ledger.settle(tx, job, ending)
        ledger.submit(tx, new("running"))
        ledger.claim(tx, "w", Slots(1, 1))
        ledger.submit(tx, new("pending"))

    def prune() -> list[str]:
        store.write_now(lambda tx: retention.prune(tx, 30 * DAY, 90 * DAY))
        return [row["dedupe_key"].removeprefix("clean:") for row in store.write_now(rows)]

    store.write_now(prepare)
    store.skew = 29 * DAY
    assert prune() == ["done", "failed", "running", "pending"]
    store.skew = 31 * DAY
    assert prune() == ["failed", "running", "pending"]
    store.skew = 91 * DAY
    assert prune() == ["running", "pending"]
    assert store.write_now(lambda tx: rows(tx, schema.job_attempt)) == []
