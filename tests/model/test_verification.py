from __future__ import annotations

from metarr.model.published import Finding
from metarr.model.verification import compare


def _found(path: str, kind: str = "corrupt", *, is_repaired: bool = False) -> Finding:
    return Finding(kind, path, "", is_repaired=is_repaired)


def test_two_runs_are_compared_by_path_and_kind() -> None:
    before = [_found("a"), _found("b"), _found("c", is_repaired=True)]
    now = [_found("d"), _found("c"), _found("b", "missing_in_library")]
    compared = compare(now, before)
    assert compared.new == (_found("b", "missing_in_library"), _found("d"))
    assert compared.gone == (_found("a"), _found("b"))
    assert compared.same == (_found("c"),)


def test_a_run_is_the_same_as_itself() -> None:
    found = [_found("a"), _found("b")]
    assert compare(found, found[::-1]) == compare(found, found)
    assert compare(found, found).same == tuple(found)
