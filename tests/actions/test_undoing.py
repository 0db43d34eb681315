"""Publishing goes on after an undo."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from house import House
from metarr.actions import undoing
from metarr.model.media import ItemKind, Metadata
from metarr.store import items
from metarr.store.blobs import Blobs

if TYPE_CHECKING:
    from pathlib import Path

    from metarr.store.db import Store


def test_the_episodes_of_one_file_are_released_together(sqlite_store: Store, tmp_path: Path) -> None:
    house = House(sqlite_store, tmp_path / "library", Blobs(tmp_path / "cache"))
    house.add(ItemKind.SERIES, "Dark", Metadata(title="Dark"))
    for number, video in (
        (1, "Dark/Dark S01E01-E02.mkv"),
        (2, "Dark/Dark S01E01-E02.mkv"),
        (3, "Dark/Dark S01E03.mkv"),
    ):
        metadata = Metadata(title=f"Secrets {number}", season=1, episode=number)
        place = house.add(ItemKind.EPISODE, f"Dark//S01E0{number}", metadata, video, parent="Dark")
        sqlite_store.write_now(partial(items.update, item_id=house.ids[place], is_held=True))
    sqlite_store.write_now(lambda tx: undoing.release(tx, house.ids["Dark//S01E02"]))
    held = sqlite_store.write_now(
        lambda tx: [items.get(tx, house.ids[f"Dark//S01E0{number}"]).is_held for number in (1, 2, 3)]
    )
    assert held == [False, False, True]
