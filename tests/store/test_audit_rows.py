"""The audit log's lines, on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from metarr.model.audit import COMMAND_LINE, Agent, Deed, Result, Wanted
from metarr.store import audit

if TYPE_CHECKING:
    from metarr.model.audit import Entry
    from metarr.store.db import Store, Tx

_EVERYTHING = Wanted()
_ANNA, _BERT = Agent("Anna", "192.168.1.7", 1), Agent("Bert", "192.168.1.8", 2)


def _lines(store: Store, wanted: Wanted = _EVERYTHING, *, before: int | None = None, limit: int = 500) -> list[Entry]:
    return store.write_now(lambda tx: audit.page(tx, wanted, before=before, limit=limit))


def _refuse(store: Store, agent: Agent, what: str = "", times: int = 1) -> None:
    def body(tx: Tx) -> None:
        for _ in range(times):
            audit.record(tx, Deed.LOGIN, what, by=agent, result=Result.REFUSED)

    store.write_now(body)


def test_a_line_says_who_did_what_to_what_and_from_where(store: Store) -> None:
    store.write_now(lambda tx: audit.record(tx, Deed.USER_ADDED, "Bert", by=_ANNA, role="editor", names=["a", "b"]))
    (line,) = _lines(store)
    assert (line.who, line.user_id, line.address) == ("Anna", 1, "192.168.1.7")
    assert (line.deed, line.what, line.result, line.times) == (Deed.USER_ADDED, "Bert", Result.DONE, 1)
    assert line.more == {"role": "editor", "names": ["a", "b"]}


async def test_whoever_acts_is_known_where_it_is_written_down(store: Store) -> None:
    async def act(agent: Agent) -> None:
        audit.act_as(agent)
        await asyncio.sleep(0)
        await store.write(lambda tx: audit.record(tx, Deed.LOGOUT))

    await asyncio.gather(act(_ANNA), act(_BERT))
    await store.write(lambda tx: audit.record(tx, Deed.BIN_EMPTIED))
    assert sorted((line.deed, line.who) for line in _lines(store)) == [
        (Deed.BIN_EMPTIED, "Metarr"),
        (Deed.LOGOUT, "Anna"),
        (Deed.LOGOUT, "Bert"),
    ]


def test_what_is_rolled_back_was_not_done(store: Store) -> None:
    def body(tx: Tx) -> None:
        audit.record(tx, Deed.LOGOUT)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.write_now(body)
    assert _lines(store) == []


def test_the_same_refusal_is_one_line_that_counts(store: Store) -> None:
    _refuse(store, Agent("", "10.0.0.9"), "Anna", times=30)
    _refuse(store, Agent("", "10.0.0.9"), "Bert")
    assert [(line.what, line.times) for line in _lines(store)] == [("Bert", 1), ("Anna", 30)]
    assert _lines(store)[1].last_at > _lines(store)[1].at
    store.skew = timedelta(hours=2)
    _refuse(store, Agent("", "10.0.0.9"), "Anna")
    assert [(line.what, line.times) for line in _lines(store)] == [("Anna", 1), ("Bert", 1), ("Anna", 30)]


def test_a_flood_from_everywhere_does_not_fill_the_disk(store: Store) -> None:
    for number in range(400):
        _refuse(store, Agent("", f"2001:db8::{number:x}"))
    lines = _lines(store)
    assert len(lines) == 101
    assert (lines[0].address, lines[0].times) == ("many addresses", 300)
    store.write_now(lambda tx: audit.record(tx, Deed.LOGIN, "Anna", by=_ANNA))
    assert _lines(store, limit=1)[0].result is Result.DONE


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param(Wanted(deed=Deed.LOGIN), 2, id="by what was done"),
        pytest.param(Wanted(who="Bert"), 1, id="by who did it"),
        pytest.param(Wanted(who="bert'; DROP TABLE audit"), 0, id="by nobody"),
        pytest.param(Wanted(user_id=1), 2, id="by the user's number"),
        pytest.param(Wanted(result=Result.REFUSED), 1, id="by how it ended"),
        pytest.param(Wanted(deed=Deed.LOGIN, result=Result.DONE, who="Anna"), 1, id="by all of them"),
    ],
)
def test_lines_are_chosen(store: Store, wanted: Wanted, expected: int) -> None:
    store.write_now(lambda tx: audit.record(tx, Deed.LOGIN, by=_ANNA))
    store.write_now(lambda tx: audit.record(tx, Deed.KEY_ADDED, by=_ANNA))
    store.write_now(lambda tx: audit.record(tx, Deed.LOGOUT, by=_BERT))
    _refuse(store, Agent("", "10.0.0.9"))
    assert len(_lines(store, wanted)) == expected


def test_lines_are_chosen_by_time(store: Store) -> None:
    store.write_now(lambda tx: audit.record(tx, Deed.LOGIN))
    store.skew = timedelta(days=3)
    store.write_now(lambda tx: audit.record(tx, Deed.LOGOUT))
    newest, oldest = _lines(store)
    assert _lines(store, Wanted(since=newest.at)) == [newest]
    assert _lines(store, Wanted(until=newest.at)) == [oldest]


def test_pages_hold_every_line_once(store: Store) -> None:
    for number in range(7):
        store.write_now(lambda tx, n=number: audit.record(tx, Deed.LOGIN, str(n)))  # type: ignore[misc]
    seen: list[str] = []
    before: int | None = None
    while found := _lines(store, before=before, limit=3):
        seen += [line.what for line in found]
        before = found[-1].id
    assert seen == list("6543210")


def test_old_lines_are_forgotten_and_too_many(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write_now(lambda tx: audit.record(tx, Deed.LOGIN))
    store.skew = timedelta(days=31)
    for _ in range(5):
        store.write_now(lambda tx: audit.record(tx, Deed.LOGOUT))
    assert store.write_now(lambda tx: audit.prune(tx, timedelta(days=30))) == 1
    assert store.write_now(lambda tx: audit.prune(tx, timedelta(days=30))) == 0
    monkeypatch.setattr(audit, "_MOST", 2)
    assert store.write_now(lambda tx: audit.prune(tx, timedelta(days=30))) == 3
    assert len(_lines(store)) == 2


def test_texts_that_no_database_takes_are_kept_without_what_is_wrong_with_them(store: Store) -> None:
    strange = "a\0b\ud800c\n" + "x" * 1000
    store.write_now(
        lambda tx: audit.record(tx, Deed.LOGIN, strange, by=COMMAND_LINE, names=["\0"], of={"\ud800": strange})
    )
    (line,) = _lines(store)
    assert line.what.startswith("abcx")
    assert len(line.what) <= 500
    assert line.more["names"] == [""]
