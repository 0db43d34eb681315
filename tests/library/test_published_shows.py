"""A show is published as one: the show, its seasons, its episodes, and head shots that all of them share."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from house import House, cast
from metarr.library import nfo, placement
from metarr.library.wanted import gather
from metarr.model.artwork import ArtworkKind
from metarr.model.media import ItemKind, Metadata
from metarr.store import items, libraries, people
from metarr.store.blobs import Blobs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from metarr.store.db import Store, Tx


@pytest.fixture
def house(sqlite_store: Store, tmp_path: Path) -> House:
    made = House(sqlite_store, tmp_path / "library", Blobs(tmp_path / "cache"))
    made.add(ItemKind.SERIES, "Dark", Metadata(title="Dark", cast=cast("Louis Hofmann")))
    for number, title in ((0, "Specials"), (1, "Season 1"), (2, "The Cycle")):
        made.add(ItemKind.SEASON, f"Dark//S{number:02}", Metadata(title=title, season=number), parent="Dark")
    return made


def _episode(house: House, season: int, number: int, video: str, *guests: str) -> str:
    place = f"Dark//S{season:02}E{number:02}"
    metadata = Metadata(title=f"Secrets {number}", season=season, episode=number, cast=cast(*guests))
    return house.add(ItemKind.EPISODE, place, metadata, video, parent=f"Dark//S{season:02}")


def test_every_level_lies_where_players_look(house: House) -> None:
    special = _episode(house, 0, 1, "Dark/Specials/Dark S00E01.mkv")
    first = _episode(house, 1, 1, "Dark/Season 1/Dark S01E01.mkv", "Guest Star")
    house.portraits("Louis Hofmann", "Guest Star")
    for kind in (ArtworkKind.POSTER, ArtworkKind.FANART, ArtworkKind.BANNER):
        house.picture("Dark", kind)
    for season in ("Dark//S00", "Dark//S01"):
        house.picture(season, ArtworkKind.POSTER)
    for episode in (special, first):
        house.picture(episode, ArtworkKind.THUMB)
        house.picture(episode, ArtworkKind.POSTER)  # no player shows one of an episode
    for place in ("Dark", "Dark//S00", "Dark//S01", special, first):
        house.publish(place)
    assert house.tree() == {
        *("Dark/tvshow.nfo", "Dark/poster.png", "Dark/fanart.png", "Dark/banner.png"),
        *("Dark/.actors/Louis_Hofmann.png", "Dark/.actors/Guest_Star.png"),
        *("Dark/season01-poster.png", "Dark/season-specials-poster.png"),
        *("Dark/Season 1/Season01.png", "Dark/Specials/season-specials-poster.png"),
        *("Dark/Season 1/season.nfo", "Dark/Specials/season.nfo"),
        *("Dark/Season 1/Dark S01E01.nfo", "Dark/Season 1/Dark S01E01-thumb.png", "Dark/Season 1/Dark S01E01.png"),
        *("Dark/Specials/Dark S00E01.nfo", "Dark/Specials/Dark S00E01-thumb.png", "Dark/Specials/Dark S00E01.png"),
    }
    show = nfo.read((house.root / "Dark/tvshow.nfo").read_bytes())
    assert show.metadata.title == "Dark"
    assert b'<namedseason number="2">The Cycle</namedseason>' in (house.root / "Dark/tvshow.nfo").read_bytes()
    told = nfo.read((house.root / "Dark/Season 1/Dark S01E01.nfo").read_bytes()).metadata
    assert (told.title, told.show_title, told.season, told.episode) == ("Secrets 1", "Dark", 1, 1)


def test_publishing_again_does_nothing(house: House) -> None:
    episodes = [_episode(house, 1, number, f"Dark/Season 1/Dark S01E0{number}.mkv", "Guest Star") for number in (1, 2)]
    house.portraits("Louis Hofmann", "Guest Star")
    places = ["Dark", "Dark//S01", *episodes]
    assert "nothing to do" not in {house.publish(place) for place in places}
    assert {house.publish(place) for place in reversed(places)} == {"nothing to do"}


def test_a_file_of_several_episodes_has_one_nfo_with_all_of_them(house: House) -> None:
    video = "Dark/Season 1/Dark S01E03-E04.mkv"
    third, fourth = (_episode(house, 1, number, video) for number in (3, 4))
    for place in (third, fourth):
        house.picture(place, ArtworkKind.THUMB)
    house.publish(fourth)
    written = nfo.read((house.root / "Dark/Season 1/Dark S01E03-E04.nfo").read_bytes())
    assert [(one.season, one.episode, one.title) for one in written.episodes] == [
        (1, 3, "Secrets 3"),
        (1, 4, "Secrets 4"),
    ]
    assert {name for name in house.tree() if name.endswith(".png")} == {
        "Dark/Season 1/Dark S01E03-E04.png",
        "Dark/Season 1/Dark S01E03-E04-thumb.png",
        "Dark/Season 1/Dark S01E03-E04-S01E03-thumb.png",
        "Dark/Season 1/Dark S01E03-E04-S01E04-thumb.png",
    }
    assert house.publish(third) == "nothing to do"
    published = house.store.write_now(lambda tx: [items.get(tx, house.ids[one]) for one in (third, fourth)])
    assert all(item.published_revision == item.revision for item in published)


def test_episodes_of_one_file_wait_for_each_other(house: House) -> None:
    video = "Dark/Season 1/Dark S01E03-E04.mkv"
    third, fourth = (_episode(house, 1, number, video) for number in (3, 4))

    def held(tx: Tx, place: str) -> list[tuple[str | None, str | None]]:
        items.update(tx, house.ids[place], is_held=True)
        found = [gather(tx, house.ids[one], house.settings) for one in (third, fourth)]
        items.update(tx, house.ids[place], is_held=False)
        return [(one.item.place, placement.why_not(*(member.item for member in one.members))) for one in found]

    for place in (third, fourth):
        waits = house.store.write_now(partial(held, place=place))
        assert waits == [(third, "publishing is on hold for it since an undo")] * 2


def test_unknown_tags_stay_with_their_episode(house: House) -> None:
    video = "Dark/Season 1/Dark S01E03-E04.mkv"
    place, _ = (_episode(house, 1, number, video) for number in (3, 4))
    old = b"".join(
        b"<episodedetails><title>t</title><episode>%d</episode><mine>%d</mine></episodedetails>" % (number, number)
        for number in (4, 3)
    )
    (house.root / video).with_suffix(".nfo").write_bytes(old)
    house.store.write_now(lambda tx: libraries.confirm(tx, house.library))
    house.publish(place)
    text = (house.root / video).with_suffix(".nfo").read_text()
    assert text.index("<episode>3<") < text.index("<mine>3<") < text.index("<episode>4<") < text.index("<mine>4<")


def test_a_head_shot_stays_while_another_item_wants_it(house: House) -> None:
    first = _episode(house, 1, 1, "Dark/Season 1/Dark S01E01.mkv", "Guest Star")
    second = _episode(house, 1, 2, "Dark/Season 1/Dark S01E02.mkv", "Guest Star")
    house.portraits("Guest Star")
    for place in (first, second):
        house.publish(place)

    def drop(place: str) -> None:
        house.store.write_now(lambda tx: people.save_credits(tx, house.ids[place], Metadata()))

    drop(first)
    house.publish(first)
    assert "Dark/.actors/Guest_Star.png" in house.tree()
    drop(second)
    summaries = [house.publish(place) for place in (second, first)]
    assert "1 recycled" in summaries
    assert "Dark/.actors/Guest_Star.png" not in house.tree()


@pytest.mark.parametrize(
    ("videos", "expected"),
    [
        pytest.param(["Dark/Dark S01E01.mkv"], set(), id="episodes beside the show's own files"),
        pytest.param(["Dark/A/Dark S01E01.mkv", "Dark/A/Dark S02E01.mkv"], set(), id="two seasons in one folder"),
        pytest.param(["Dark/A/Dark S01E01.mkv", "Dark/B/Dark S01E02.mkv"], set(), id="one season in two folders"),
        pytest.param(["Dark/A/Dark S01E01.mkv"], {"Dark/A/season.nfo"}, id="a folder of its own"),
    ],
)
def test_a_season_has_an_nfo_only_in_a_folder_of_its_own(
    house: House, videos: Sequence[str], expected: set[str]
) -> None:
    for number, video in enumerate(videos, start=1):
        _episode(house, int(video.rpartition("S")[2][:2]), number, video)
    house.publish("Dark//S01")
    assert house.tree() == expected
