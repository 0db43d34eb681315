"""Providers' answers in the database."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from metarr.store import answers, schema
from metarr.store.answers import Answers

if TYPE_CHECKING:
    from metarr.store.db import Store

LONG = json.dumps({"titles": ["The same words again"] * 1000}).encode()


@pytest.mark.parametrize("body", [b"{}", LONG, b"", None], ids=["short", "long", "empty", "unknown to the provider"])
async def test_an_answer_comes_back_as_it_was_sent_with_its_age(store: Store, body: bytes | None) -> None:
    kept = Answers(store)
    await kept.put("a", body)
    store.skew += timedelta(hours=5)
    found = await kept.get("a")
    assert found is not None
    assert found.body == body
    assert timedelta(hours=5) <= found.age < timedelta(hours=5, minutes=5)
    assert await kept.get("b") is None


async def test_a_newer_answer_takes_the_place_of_the_older(store: Store) -> None:
    kept = Answers(store)
    await kept.put("a", b"1")
    store.skew += timedelta(days=8)
    await kept.put("a", b"2")
    found = await kept.get("a")
    assert found is not None
    assert (found.body, found.is_fresh) == (b"2", True)


async def test_answers_are_kept_small(store: Store) -> None:
    await Answers(store).put("a", LONG)
    with store.engine.connect() as connection:
        stored = connection.scalar(sa.select(schema.answer.c.body))
    assert stored is not None
    assert len(stored) * 10 < len(LONG)


async def test_what_is_older_than_a_month_is_pruned_and_nothing_else(store: Store) -> None:
    kept = Answers(store)
    await kept.put("old", b"1")
    store.skew += timedelta(days=2)
    await kept.put("new", None)
    store.skew += timedelta(days=28, hours=1)
    assert await store.write(answers.prune) == 1
    assert await kept.get("old") is None
    assert await kept.get("new") is not None
