"""Machines that tests may kill: real processes of a small worker program, and what their jobs leave behind.

Every completion writes a row in the transaction that settles its job, so lost and doubled work can be counted.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from metarr.jobs import ledger
from metarr.model.job import JobKind, NewJob
from metarr.model.media import ItemId
from metarr.store import schema
from patience import PATIENCE
from stages import library, movie

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from metarr.model.job import Job
    from metarr.store.db import Store, Tx

_ROOT = Path(__file__).parents[1]
PROGRAM = Path(__file__).parent / "chaos" / "program.py"
READY, ENDED = "ready", "ended"
CHAIN = (JobKind.SCAN, JobKind.ENRICH, JobKind.PUBLISH, JobKind.SYNC)
_COMPLETION = sa.Table(
    "completion",
    sa.MetaData(),
    sa.Column("item_id", sa.BigInteger),
    sa.Column("kind", sa.Text),
    sa.Column("claim", sa.Text),
)
_UNFINISHED = sa.select(schema.job).where(schema.job.c.state != "completed")


def complete(tx: Tx, job: Job, _result: Any) -> Sequence[ItemId]:
    """What the jobs of these tests record. A scan names its item in its payload; the item goes on along the chain."""
    item_id = ItemId(job.item_id or job.payload["item"])
    tx.execute(sa.insert(_COMPLETION), {"item_id": item_id, "kind": job.kind.value, "claim": job.claim})
    return [item_id]


class Ledger:
    """The test's own eye on the database: prepares it, submits work, counts what came of it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._items: list[ItemId] = []
        with store.engine.begin() as connection:
            _COMPLETION.create(connection)
        self._library = store.write_now(library)

    def submit(self, count: int) -> None:
        """So many scans, each of which becomes a chain of four jobs."""

        def body(tx: Tx) -> list[ItemId]:
            known = len(self._items)
            found = [movie(tx, self._library, f"Movie {known + number}") for number in range(count)]
            for item in found:
                scan = {"path": f"{item}", "item": item}
                ledger.submit(tx, NewJob(JobKind.SCAN, 5, library_id=self._library, payload=scan))
            return found

        self._items += self.store.write_now(body)

    def check(self) -> None:
        """Everything was completed, and nothing twice."""
        with self.store.engine.connect() as connection:
            rows = connection.execute(sa.select(_COMPLETION.c.item_id, _COMPLETION.c.kind)).all()
        found = Counter((row.item_id, row.kind) for row in rows)
        assert found == Counter((item, kind.value) for item in self._items for kind in CHAIN)
        jobs = self.read(sa.select(schema.job.c.state, schema.job.c.message))
        assert {job["state"] for job in jobs} == {"completed"}, jobs
        completed = self.attempts("completed")
        assert len(completed) == len({attempt["job_id"] for attempt in completed}) == len(jobs)

    def attempts(self, outcome: str) -> Sequence[sa.RowMapping]:
        return self.read(sa.select(schema.job_attempt).where(schema.job_attempt.c.outcome == outcome))

    def read(self, query: sa.Select[Any]) -> Sequence[sa.RowMapping]:
        return self.store.write_now(lambda tx: tx.rows(query))

    def until(self, question: Callable[[Tx], Any], patience: float = PATIENCE) -> None:
        """Return when the answer is true."""
        deadline = time.monotonic() + patience
        while not self.store.write_now(question):
            assert time.monotonic() < deadline, self.read(
                sa.select(schema.job).where(schema.job.c.state != "completed")
            )
            time.sleep(0.02)


class Nursery:
    """A process that has imported everything, and forks a machine whenever one is wanted: a start takes no second."""

    def __init__(self) -> None:
        path = f"{_ROOT / 'src'}{os.pathsep}{_ROOT / 'tests'}"
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": path},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self._said: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def close(self) -> None:
        self._stdin.close()
        self._process.wait(PATIENCE)
        self._listening.join(PATIENCE)
        self._stdout.close()

    def machine(self, url: str, *options: str) -> Machine:
        """A machine that works already."""
        self._stdin.write(json.dumps([url, *options]) + "\n")
        self._stdin.flush()
        return Machine(self, int(self.heard(READY)))

    def heard(self, word: str) -> str:
        """The number of the process that says this next."""
        pid, said = self._said.get(timeout=PATIENCE).split()
        assert said == word
        return pid

    def _listen(self) -> None:
        for line in self._stdout:
            self._said.put(line)


class Machine:
    """One process of the program. As a context, it is killed at the block's end."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self._nursery = nursery
        self._pid = pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """SIGKILL: no last words."""
        with contextlib.suppress(ProcessLookupError):
            while True:
                os.kill(self._pid, signal.SIGKILL)
                time.sleep(0.005)

    def freeze(self) -> None:
        """SIGSTOP: as a machine that sleeps, or swaps, or lost its network."""
        os.kill(self._pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self._pid, signal.SIGCONT)

    def stop(self) -> None:
        """SIGTERM: in good order. Returns when it has ended so."""
        os.kill(self._pid, signal.SIGTERM)
        assert self._nursery.heard(ENDED) == str(self._pid)
