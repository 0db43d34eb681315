"""Lists that people keep, on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from metarr.errors import NotFound
from metarr.model.access import Role
from metarr.store import accounts, views
from metarr.store.views import SavedView

if TYPE_CHECKING:
    from metarr.store.db import Store


def test_ones_own_and_those_of_everybody_go_with_their_owner(store: Store) -> None:
    store.write_now(lambda tx: accounts.add(tx, "alex", "alex", "hash", Role.ADMINISTRATOR))
    sam = store.write_now(lambda tx: accounts.add(tx, "sam", "sam", "hash", Role.EDITOR)).id
    shared = SavedView(0, None, "movies", "Zombies", "genre=Horror")
    mine = replace(shared, user_id=sam, name="Aliens")
    kept = store.write_now(lambda tx: [views.save(tx, one) for one in (mine, shared)])
    assert [one.name for one in store.write_now(lambda tx: views.seen_by(tx, sam))] == ["Zombies", "Aliens"]
    assert [one.name for one in store.write_now(lambda tx: views.seen_by(tx, None))] == ["Zombies"]
    again = store.write_now(lambda tx: views.save(tx, replace(mine, query="hdr=hlg")))
    assert again == replace(kept[0], query="hdr=hlg")
    store.write_now(lambda tx: accounts.remove(tx, sam))
    with pytest.raises(NotFound, match="no saved list"):
        store.write_now(lambda tx: views.get(tx, again.id))
    store.write_now(lambda tx: views.remove(tx, kept[1].id))
    assert store.write_now(lambda tx: views.seen_by(tx, None)) == []
