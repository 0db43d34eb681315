"""What an item's folder should hold, what it does hold, the plan between the two, and carrying it out.

Publishing, verification and the dry run all come here, so they can never disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

from metarr.errors import NotFound
from metarr.library import files, folders, ground, naming, observing, reconcile, undo
from metarr.library.desired import desired_files
from metarr.library.listing import differs_only_in
from metarr.library.reconcile import WRITING, Action, Rules
from metarr.library.wanted import parent_of
from metarr.model.artwork import Blob, BlobOrigin
from metarr.model.media import Identity
from metarr.model.published import HistoryLine
from metarr.store import artwork, items, published
from metarr.store import files as stored_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.library.files import Applied, Permissions
    from metarr.library.reconcile import Desired, Observed, Operation
    from metarr.library.wanted import Wanted
    from metarr.model.job import JobId
    from metarr.model.media import Item
    from metarr.model.published import Owned, Purpose, Recycled
    from metarr.settings import Settings
    from metarr.store.blobs import Blobs
    from metarr.store.db import Tx

_ABANDONED = timedelta(hours=1)  # nobody writes one file for so long


@dataclass(frozen=True, slots=True)
class Plan:
    """The operations for one item, with the new files that exist only in memory yet (NFO) by their sha256."""

    wanted: Wanted
    operations: tuple[Operation, ...]
    texts: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Placed:
    """What carrying out a plan came to, to be recorded. `fingerprints`: of folders that only we changed."""

    plan: Plan
    applied: list[Applied] = field(default_factory=list)
    fingerprints: dict[str, str] = field(default_factory=dict)

    @property
    def done(self) -> list[Applied]:
        """What was really done."""
        return [applied for applied in self.applied if applied.skipped is None]

    @property
    def skipped(self) -> list[Applied]:
        """What was not done, because the file changed after the plan was made."""
        return [applied for applied in self.applied if applied.skipped is not None]

    @property
    def written(self) -> list[Applied]:
        """What changed a file."""
        rows_only = {Action.ADOPT, Action.REFRESH, Action.FORGET}
        return [applied for applied in self.done if applied.operation.action not in rows_only]


def why_not(item: Item, *others: Item) -> str | None:
    """Why nothing is published for this item now, together with these; None when it may be."""
    if item.missing_since is not None:
        return "its files are missing"
    if any(one.is_held for one in (item, *others)):
        return "publishing is on hold for it since an undo"
    if item.identity not in {Identity.IDENTIFIED, Identity.LOCAL}:
        return "it needs identification"
    return None


def plan(wanted: Wanted, settings: Settings, blobs: Blobs, *, is_deep: bool = False) -> Plan:
    """Look at the folder and decide. Reads the disk, changes nothing. Raises Wait when the root is gone.

    `is_deep`: also what has its size and times is read.
    """
    root = Path(wanted.library.root)
    rows = {row.path: row for row in wanted.owned}
    ours = {
        path: _cut_short(root, there, rows[path], blobs)
        for path, there in observing.observe(root, (), wanted.owned, is_deep=is_deep).items()
    }
    damaged = {path for path, there in ours.items() if reconcile.is_damaged(there, rows[path])}
    desired, texts = desired_files(wanted, root, blobs, damaged)
    others = observing.observe(root, [want.path for want in desired if want.path not in rows], ())
    moved = observing.find_moved(root, [row for path, row in rows.items() if path not in ours])
    rules = Rules(
        confirmed=wanted.library.is_confirmed,
        cleanup=settings.phase_config.publishing.cleanup_unselected,
        key=ground.key_of(root, wanted.files[0].path if wanted.files else wanted.item.folder),
    )
    return Plan(wanted, reconcile.plan(desired, [*ours.values(), *others.values()], wanted.owned, rules, moved), texts)


def _cut_short(root: Path, there: Observed, row: Owned, blobs: Blobs) -> Observed:
    """The beginning of what we wrote and no more is nobody's edit, also where half of a text can still be read."""
    if there.sha256 in {None, row.sha256} or there.size >= row.size:
        return there
    try:
        whole = blobs.read(row.sha256, row.extension)
        is_half = whole.startswith((root / there.path).read_bytes())
    except (OSError, NotFound):
        return there
    return replace(there, is_intact=False) if is_half else there


def sweep(wanted: Wanted, *, after_crash: bool) -> None:
    """Remove what a crash of ours left half written beside the item: at once after one, else only what is old."""
    root = Path(wanted.library.root)
    actors = f"{wanted.actors}/{naming.ACTORS}".lstrip("/")
    for folder in (*wanted.fingerprints, wanted.item.folder, actors, *wanted.set_folders):
        files.sweep_temporary(root / folder, older_than=timedelta() if after_crash else _ABANDONED)


def carry_out(plan: Plan, blobs: Blobs, permissions: Permissions, placed: Placed) -> None:
    """Do it; `placed` fills up as files become durable, so that a failure half way can be recorded as far as it got."""
    root = Path(plan.wanted.library.root)
    watched = set(plan.wanted.fingerprints) | {parent_of(operation.path) for operation in plan.operations}
    ignored = plan.wanted.ignored  # else no fingerprint is ever the one that a scan recorded
    before = {folder: folders.read_folder(str(root), folder, ignored)[0] for folder in watched}
    for operation in plan.operations:
        if operation.desired and operation.desired.sha256 in plan.texts:
            blobs.put(plan.texts[operation.desired.sha256], operation.desired.extension)
    files.apply(plan.operations, root, blobs, permissions, placed.applied.append)
    ours = {applied.operation.path for applied in placed.written}
    for folder, listing in before.items():
        after, _ = folders.read_folder(str(root), folder, ignored)
        known = listing.fingerprint if listing else None
        if after is None or known != plan.wanted.fingerprints.get(folder):
            continue  # somebody else changed it too: the next scan must look
        if differs_only_in(folder, listing, after, ours):
            placed.fingerprints[folder] = after.fingerprint


def announced(plan: Plan) -> list[Blob]:
    """The texts that will lie where others of ours did. They are known before they lie there: where their rows cannot
    be written any more, nobody takes them for a person's words.
    """
    rows = {row.path for row in plan.wanted.owned}
    written = [one.desired for one in plan.operations if one.path in rows and one.action in WRITING and one.desired]
    return [_text(plan, want) for want in written if want.sha256 in plan.texts]


def _text(plan: Plan, want: Desired) -> Blob:
    return Blob(want.sha256, want.extension, len(plan.texts[want.sha256]), BlobOrigin.PROVIDER)


def record_before(
    tx: Tx, plan: Plan, job_id: JobId | None, kept: Sequence[Recycled], texts: Sequence[Blob] = ()
) -> None:
    """What will be replaced, before it is, and by which texts: a kill between the deed and its rows loses nothing."""
    item = plan.wanted.item
    for text in texts:
        artwork.add_blob(tx, text)
    for file in kept:
        if not published.is_recycled(tx, item.library_id, file):
            published.recycle(tx, item.library_id, item.id, job_id, file)


def record(tx: Tx, placed: Placed, job_id: JobId | None) -> None:
    """The rows of what was done: ours, history, recycle bin, folder states."""
    item, library = placed.plan.wanted.item, placed.plan.wanted.library
    ours: list[tuple[Purpose, Owned]] = []
    for applied in placed.done:
        operation = applied.operation
        if applied.recycled is not None and not published.is_recycled(tx, library.id, applied.recycled):
            published.recycle(tx, library.id, item.id, job_id, applied.recycled)
        if applied.row is None:
            published.disown(tx, library.id, operation.path)
        elif operation.desired is not None:
            if operation.desired.sha256 in placed.plan.texts:
                artwork.add_blob(tx, _text(placed.plan, operation.desired))
            ours.append((operation.desired.purpose, applied.row))
    published.own_many(tx, library.id, item.id, ours)
    stored_files.forget(tx, library.id, [row.path for _, row in ours])  # a scan may have taken them for the user's
    done = [applied.operation for applied in placed.done if applied.operation.action is not Action.REFRESH]
    is_restoring = any(operation.action is Action.RESTORE for operation in done)
    because = published.occasion(tx, job_id) if is_restoring and job_id is not None else None
    published.write_history(tx, item.id, job_id, [_line(operation, because) for operation in done])
    stored_files.save_folders(tx, library.id, placed.fingerprints)
    if placed.written:
        for member in placed.plan.wanted.members:
            items.touch_disk(tx, member.item.id)


def plan_back(wanted: Wanted, touched: Sequence[undo.Touched], rows: Sequence[Owned], *, is_named: bool) -> Plan:
    """What puts these files back as they were. Reads the disk, changes nothing. Raises Wait when the root is gone."""
    owned = {row.path: row for row in rows}
    observed = observing.observe(Path(wanted.library.root), [one.path for one in touched], rows)
    return Plan(wanted, undo.plan(touched, observed, owned, is_named=is_named), {})


def record_back(tx: Tx, placed: Placed) -> None:
    """What lies in the library again leaves the bin, and publishing waits until a person releases it."""
    back = [done.operation.desired.as_it_was for done in placed.done if done.operation.desired]
    published.mark_restored(tx, placed.plan.wanted.library.id, [one for one in back if one is not None])
    for member in placed.plan.wanted.members:
        items.update(tx, member.item.id, is_held=True)


def record_published(tx: Tx, plan: Plan) -> None:
    """The desired state of that moment lies there."""
    for member in plan.wanted.members:
        items.mark_published(tx, member.item.id, member.item.revision)


def summary(placed: Placed) -> str:
    """What was done, in words."""
    counts: dict[str, int] = {}
    for operation in placed.plan.operations:
        counts[operation.action.value] = counts.get(operation.action.value, 0) + 1
    skipped = len(placed.skipped)
    parts = [f"{count} {_WORDS.get(action, action)}" for action, count in counts.items()]
    if skipped:
        parts.append(f"{skipped} skipped because they changed meanwhile")
    return ", ".join(parts) or "nothing to do"


_WORDS = {
    "create": "created",
    "replace": "replaced",
    "adopt": "adopted",
    "backup_replace": "replaced after a backup",
    "keep": "kept",
    "hold": "held until the owner confirms",
    "restore": "restored",
    "recycle": "recycled",
    "refresh": "refreshed",
    "forget": "forgotten",
}


def _line(operation: Operation, because: str | None) -> HistoryLine:
    """`because`: what made us look, which tells who may have taken away what is restored."""
    after = operation.desired.sha256 if operation.desired else None
    is_told = because is not None and operation.action is Action.RESTORE
    reason = f"{operation.reason}, after {because}" if is_told else operation.reason
    source = operation.desired.source or None if operation.desired else None
    return HistoryLine(operation.action.value, operation.path, reason, operation.before, after, source)


def differences(plan: Plan) -> dict[str, str]:
    """What the plan changes in texts, line by line, by path. Reads the disk."""
    found = {}
    for operation in plan.operations:
        text = plan.texts.get(operation.desired.sha256) if operation.desired else None
        if text is None or operation.action is Action.ADOPT:
            continue
        try:
            before = (Path(plan.wanted.library.root) / operation.path).read_bytes() if operation.observed else b""
        except OSError:
            before = b""
        now, then = (part.decode("utf-8", "replace").splitlines() for part in (before, text))
        found[operation.path] = "\n".join(unified_diff(now, then, "now", "then", lineterm=""))
    return found
