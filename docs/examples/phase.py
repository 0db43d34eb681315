"""A whole phase: films get a sort title without the article, where none is known ("The Matrix" -> "Matrix, The")."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from metarr.errors import Permanent
from metarr.model.job import Done, Job, JobKind
from metarr.store import items

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.model.media import ItemId
    from metarr.phases.base import JobContext
    from metarr.store.db import Tx

_ARTICLES = ("The ", "A ", "An ")


def sort_title(title: str) -> str:
    """Decide. Pure, so that a table of cases tests it."""
    article = next((word for word in _ARTICLES if title.startswith(word) and len(title) > len(word)), "")
    return f"{title.removeprefix(article)}, {article.strip()}" if article else title


class SortTitles:
    """Works on one item."""

    # A new phase has a JobKind of its own; here one that exists stands for it.
    kind: ClassVar[JobKind] = JobKind.CLEAN

    async def run(self, job: Job, context: JobContext, /) -> Done[str | None]:
        """Gather, decide, act. It writes no row, so running it twice does no harm."""
        if (item_id := job.item_id) is None:
            raise Permanent("Sort titles are given item by item: name one.")
        item = await context.store.read(lambda tx: items.get(tx, item_id))
        title = item.metadata.title
        if title is None or item.metadata.sort_title or "sort_title" in item.locks:
            return Done(None, "nothing to do")
        wanted = sort_title(title)
        await context.report(100, wanted)
        return Done(wanted, f"sorted as {wanted}", {"sortTitle": wanted})

    def record(self, tx: Tx, job: Job, result: str | None, /) -> Sequence[ItemId]:
        """Write the rows, in one transaction with the job's end. The items in the answer go on in the chain."""
        if job.item_id is None or result is None:
            return ()
        item = items.get(tx, job.item_id)
        metadata = replace(item.metadata, sort_title=result)
        items.save_metadata(tx, item, metadata, {**item.provenance, "sort_title": "name"}, item.identity)
        return (job.item_id,)
