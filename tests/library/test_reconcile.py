from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.library.reconcile import (
    Action,
    Desired,
    DiscrepancyKind,
    Observed,
    Operation,
    Rules,
    leave,
    plan,
)
from metarr.model.published import Owned, Purpose

if TYPE_CHECKING:
    from collections.abc import Sequence

OPEN = Rules(confirmed=True, replace_foreign=True)
NEW = Rules(confirmed=False, replace_foreign=True)


def want(sha256: str = "new", purpose: Purpose = Purpose.ARTWORK, path: str = "m/p.jpg") -> Desired:
    return Desired(path, sha256, 10, purpose)


def there(sha256: str | None, path: str = "m/p.jpg", inode: int = 1, *, is_intact: bool = True) -> Observed:
    return Observed(path, 10, 100, inode, sha256, is_intact)


def row(sha256: str, path: str = "m/p.jpg") -> Owned:
    return Owned(path, sha256, 10, 100, 1)


@pytest.mark.parametrize(
    ("desired", "observed", "owned", "rules", "expected"),
    [
        pytest.param([want()], [], [], OPEN, Action.CREATE, id="nothing there: create"),
        pytest.param([want()], [], [row("new")], OPEN, Action.RESTORE, id="ours and gone: restore"),
        pytest.param([want()], [there("new")], [row("new")], OPEN, None, id="ours and right: nothing"),
        pytest.param([want()], [there("new")], [], OPEN, Action.ADOPT, id="the same bytes, not by us: adopt"),
        pytest.param([want()], [there("new")], [], NEW, Action.ADOPT, id="adopting needs no confirmation"),
        pytest.param([want()], [], [], NEW, Action.CREATE, id="creating needs no confirmation"),
        pytest.param([want()], [there("new", inode=9)], [row("new")], OPEN, Action.REFRESH, id="copied back: refresh"),
        pytest.param([want()], [there("new")], [row("old")], OPEN, Action.REFRESH, id="only the row is old: refresh"),
        pytest.param([want()], [there("old")], [row("old")], NEW, Action.REPLACE, id="ours, other content: replace"),
        pytest.param([want()], [there("x", inode=9)], [row("old")], OPEN, Action.KEEP, id="edited by somebody: keep"),
        pytest.param(
            [want()],
            [there("x", inode=9, is_intact=False)],
            [row("old")],
            OPEN,
            Action.RESTORE,
            id="ours and broken: restore",
        ),
        pytest.param(
            [want()], [there("x")], [row("old")], OPEN, Action.RESTORE, id="its time and size, other bytes: restore"
        ),
        pytest.param(
            [want(purpose=Purpose.NFO)],
            [replace(there("x", inode=9), is_valid=False)],
            [row("old")],
            OPEN,
            Action.KEEP,
            id="somebody's words that are no NFO: keep",
        ),
        pytest.param([want()], [there("x")], [], OPEN, Action.BACKUP_REPLACE, id="foreign: back up and replace"),
        pytest.param([want()], [there("x")], [], NEW, Action.HOLD, id="foreign and unconfirmed: hold"),
        pytest.param([want()], [there("x")], [], Rules(confirmed=True), Action.KEEP, id="foreign picture: keep"),
        pytest.param(
            [want(purpose=Purpose.NFO)],
            [there("x")],
            [],
            Rules(confirmed=True),
            Action.BACKUP_REPLACE,
            id="a foreign NFO was read as evidence: back up and replace",
        ),
        pytest.param([want()], [there(None)], [], OPEN, Action.KEEP, id="a link is left alone"),
        pytest.param([want()], [there(None)], [row("new")], OPEN, Action.KEEP, id="a link in our place too"),
        pytest.param(
            [want()], [there("x")], [], replace(OPEN, locked=frozenset({"m/p.jpg"})), Action.KEEP, id="locked: keep"
        ),
        pytest.param([], [there("old")], [row("old")], NEW, Action.RECYCLE, id="ours, unwanted: recycle"),
        pytest.param([], [], [row("old")], OPEN, Action.FORGET, id="ours, unwanted, gone: forget"),
        pytest.param([], [there("x")], [row("old")], OPEN, Action.FORGET, id="unwanted and edited: it is theirs"),
        pytest.param(
            [], [there("old")], [row("old")], Rules(confirmed=True, cleanup=False), Action.KEEP, id="no clean-up: keep"
        ),
        pytest.param([], [there("x")], [], OPEN, None, id="a user's file is none of our business"),
    ],
)
def test_decisions(
    desired: list[Desired], observed: list[Observed], owned: list[Owned], rules: Rules, expected: Action | None
) -> None:
    operations = plan(desired, observed, owned, rules)
    assert [operation.action for operation in operations] == ([expected] if expected else [])
    assert all(operation.reason for operation in operations)


def test_an_operation_says_what_lies_there_now() -> None:
    (operation,) = plan([want()], [there("x")], [], OPEN)
    assert (operation.before, operation.desired, operation.path) == ("x", want(), "m/p.jpg")


def test_on_a_file_system_without_letter_case_two_spellings_are_one_file() -> None:
    rules = replace(OPEN, key=str.casefold)
    assert plan([want(path="m/P.JPG")], [there("new", path="m/p.jpg")], [row("new", path="m/p.jpg")], rules) == ()
    both = plan([want(path="m/P.JPG")], [there("new", path="m/p.jpg")], [row("new", path="m/p.jpg")], OPEN)
    assert [operation.action for operation in both] == [Action.CREATE, Action.RECYCLE]


@pytest.mark.parametrize(
    ("desired", "observed", "owned", "expected"),
    [
        pytest.param([want()], [], [row("new")], DiscrepancyKind.MISSING_IN_LIBRARY, id="missing"),
        pytest.param([want()], [there("x", inode=9)], [row("new")], DiscrepancyKind.CHANGED_BY_OTHER, id="changed"),
        pytest.param([want()], [there("x")], [row("new")], DiscrepancyKind.HASH_MISMATCH, id="hash mismatch"),
        pytest.param(
            [want()], [there("x", inode=9, is_intact=False)], [row("new")], DiscrepancyKind.CORRUPT, id="corrupt"
        ),
        pytest.param(
            [want()],
            [replace(there("x", inode=9), is_valid=False)],
            [row("new")],
            DiscrepancyKind.NFO_INVALID,
            id="no NFO any more",
        ),
        pytest.param([], [there("new")], [row("new")], DiscrepancyKind.ORPHANED, id="orphaned"),
        pytest.param([want()], [there("old")], [row("old")], DiscrepancyKind.OUTDATED, id="outdated"),
        pytest.param([want()], [there("x")], [], DiscrepancyKind.FOREIGN_IN_PLACE, id="foreign"),
        pytest.param([want()], [there("new")], [], None, id="adopting is no discrepancy"),
    ],
)
def test_the_plan_is_the_report(
    desired: list[Desired], observed: list[Observed], owned: list[Owned], expected: DiscrepancyKind | None
) -> None:
    found = [one.discrepancy for one in plan(desired, observed, owned, OPEN) if one.discrepancy]
    assert found == ([expected] if expected else [])


def moved_to(path: str, sha256: str = "old") -> dict[str, Observed]:
    return {"m/p.jpg": there(sha256, path=path)}


@pytest.mark.parametrize(
    ("moved", "rules", "expected"),
    [
        pytest.param(
            moved_to("m/old.jpg"),
            OPEN,
            {"m/p.jpg": Action.RESTORE, "m/old.jpg": Action.RECYCLE},
            id="renamed: the right name is written, the wrong one recycled",
        ),
        pytest.param(
            moved_to("m/q.jpg"), OPEN, {"m/p.jpg": Action.RESTORE}, id="what is wanted under that name too stays"
        ),
        pytest.param(
            moved_to("m/old.jpg", "x"), OPEN, {"m/p.jpg": Action.RESTORE}, id="other bytes are somebody else's"
        ),
        pytest.param(
            moved_to("m/old.jpg"),
            replace(OPEN, cleanup=False),
            {"m/p.jpg": Action.RESTORE},
            id="without clean-up the wrong name stays",
        ),
        pytest.param(
            moved_to("m/old.jpg"),
            replace(OPEN, locked=frozenset({"m/p.jpg"})),
            {"m/p.jpg": Action.KEEP},
            id="a locked one is left as it is",
        ),
        pytest.param(
            moved_to("m/old.jpg"),
            replace(OPEN, locked=frozenset({"m/old.jpg"})),
            {"m/p.jpg": Action.RESTORE},
            id="a locked name is left as it is",
        ),
    ],
)
def test_a_file_of_ours_under_another_name(
    moved: dict[str, Observed], rules: Rules, expected: dict[str, Action]
) -> None:
    wanted = [want(), want(path="m/q.jpg")]
    operations = plan(wanted, [there("new", path="m/q.jpg")], [row("old"), row("new", path="m/q.jpg")], rules, moved)
    assert {operation.path: operation.action for operation in operations} == expected
    kinds = [one.discrepancy for one in operations if one.discrepancy]
    is_wrong_name = Action.RECYCLE in expected.values()
    missing = [] if Action.KEEP in expected.values() else [DiscrepancyKind.MISSING_IN_LIBRARY]
    assert kinds == ([DiscrepancyKind.WRONG_NAME] if is_wrong_name else missing)


def test_paths_can_be_left_as_they_are_for_a_reason() -> None:
    operations = plan([want(), want(path="m/q.jpg")], [], [], OPEN)
    left, other = leave(operations, {"m/p.jpg": "no more"})
    assert (left.action, left.reason, left.discrepancy) == (Action.KEEP, "no more", operations[0].discrepancy)
    assert other == operations[1]


paths = st.sampled_from(["a.nfo", "b.jpg", "c.jpg", "m/d.png"])
shas = st.sampled_from(["s1", "s2", "s3"])
stats = st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(1, 3))
desired_files = st.lists(
    st.builds(Desired, paths, shas, st.just(1), st.sampled_from(Purpose)), unique_by=lambda thing: thing.path
)
observed_files = st.lists(
    st.builds(
        lambda path, figures, sha256, is_intact: Observed(path, figures[0], figures[1], figures[2], sha256, is_intact),
        paths,
        stats,
        st.none() | shas,
        st.booleans(),
    ),
    unique_by=lambda thing: thing.path,
)
rows = st.lists(
    st.builds(lambda path, sha256, figures: Owned(path, sha256, *figures), paths, shas, stats),
    unique_by=lambda thing: thing.path,
)
moved_files = st.dictionaries(
    paths,
    st.builds(
        lambda path, sha256: Observed(path, 1, 1, 1, sha256, is_intact=True),
        st.sampled_from(["a.nfo", "b.jpg", "old.jpg", "m/old.png"]),
        shas,
    ),
    max_size=2,
)
rules = st.builds(
    Rules,
    confirmed=st.booleans(),
    locked=st.frozensets(paths),
    replace_foreign=st.booleans(),
    cleanup=st.booleans(),
)


def carry_out(
    operations: Sequence[Operation], observed: Sequence[Observed], owned: Sequence[Owned]
) -> tuple[list[Observed], list[Owned]]:
    files = {one.path: one for one in observed}
    ours = {one.path: one for one in owned}
    for operation in operations:
        path, desired = operation.path, operation.desired
        match operation.action:
            case Action.CREATE | Action.REPLACE | Action.BACKUP_REPLACE | Action.RESTORE:
                assert desired is not None
                files[path] = Observed(path, desired.size, 99, 99, desired.sha256, is_intact=True)
                ours[path] = Owned(path, desired.sha256, desired.size, 99, 99)
            case Action.ADOPT | Action.REFRESH:
                assert desired is not None
                now = files[path]
                ours[path] = Owned(path, desired.sha256, now.size, now.mtime_ns, now.inode)
            case Action.RECYCLE:
                files.pop(path, None)
                ours.pop(path, None)
            case Action.FORGET:
                del ours[path]
            case Action.KEEP | Action.HOLD:
                pass
    return list(files.values()), list(ours.values())


@given(desired_files, observed_files, rows, rules, moved_files)
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(
    desired: list[Desired],
    observed: list[Observed],
    owned: list[Owned],
    rules: Rules,
    moved: dict[str, Observed],
) -> None:
    first = plan(desired, observed, owned, rules, moved)
    second = plan(desired, *carry_out(first, observed, owned), rules)
    assert {operation.action for operation in second} <= {Action.KEEP, Action.HOLD}


@given(desired_files, observed_files, rows, rules)
def test_the_order_of_the_inputs_does_not_matter(
    desired: list[Desired], observed: list[Observed], owned: list[Owned], rules: Rules
) -> None:
    first = plan(desired, observed, owned, rules)
    assert plan(desired[::-1], observed[::-1], owned[::-1], rules) == first
    assert list(first) == sorted(first, key=lambda operation: operation.path)


@given(desired_files, observed_files, rows, rules, moved_files)
def test_what_is_not_ours_is_safe(
    desired: list[Desired],
    observed: list[Observed],
    owned: list[Owned],
    rules: Rules,
    moved: dict[str, Observed],
) -> None:
    files = {one.path: one for one in observed}
    ours = {one.path: one for one in owned}
    wanted = {one.path for one in desired}
    renamed = {one.path: ours[path].sha256 for path, one in moved.items() if path in ours}
    for operation in plan(desired, observed, owned, rules, moved):
        if operation.path not in wanted | ours.keys():
            assert operation.action is Action.RECYCLE
            assert operation.before == renamed[operation.path]
            assert operation.path not in rules.locked
        elif operation.action is Action.RECYCLE:
            assert files[operation.path].sha256 == ours[operation.path].sha256
        if operation.path in rules.locked:
            harmless = {Action.KEEP, Action.REFRESH, Action.FORGET}
            assert operation.action in harmless
        is_foreign = operation.path in files and operation.path not in ours
        if is_foreign and not rules.confirmed:
            assert operation.action in {Action.KEEP, Action.HOLD, Action.ADOPT}
