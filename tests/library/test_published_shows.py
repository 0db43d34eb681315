"""A show is published as one: the show, its seasons, its episodes, and head shots that all of them share."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from metarr.demo.clip import tiny_clip
from metarr.library import nfo, placement
from metarr.library.files import Permissions
from metarr.library.placement import Placed
from metarr.library.wanted import gather
from metarr.model.artwork import ArtworkKind, Blob, BlobOrigin, ChosenBy, Selection
from metarr.model.media import CastMember, FileRole, Identity, ItemId, ItemKind, LibraryKind, MediaFile, Metadata
from metarr.settings import Settings
from metarr.store import artwork, files, items, libraries, people
from metarr.store.blobs import Blobs
from metarr.store.items import NewItem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.model.media import LibraryId
    from metarr.store.db import Store, Tx

_SETTINGS = Settings()
_PROFILES = ("kodi", "jellyfin", "plex")


@dataclass
class House:
    """A show as a scan and an enrichment would have recorded it, and the folder that it is published into."""

    store: Store
    root: Path
    blobs: Blobs
    library: LibraryId = field(init=False)
    ids: dict[str, ItemId] = field(default_factory=dict)

    def add(
        self, kind: ItemKind, place: str, metadata: Metadata, *, parent: str | None = None, video: str | None = None
    ) -> None:
        folder = video.rpartition("/")[0] if video else "Dark"

        def record(tx: Tx) -> None:
            above = self.ids[parent] if parent else None
            new = NewItem(self.library, kind, place, folder, metadata, {}, Identity.IDENTIFIED, (), above)
            item_id = self.ids[place] = items.create(tx, new)
            people.save_credits(tx, item_id, metadata)
            if video:
                files.add(tx, self.library, item_id, [(self._file(video), None)])

        self.store.write_now(record)

    def _file(self, path: str) -> MediaFile:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            place.write_bytes(tiny_clip(5, 16, 16))
        status = place.stat()
        return MediaFile(path, FileRole.VIDEO, 95, "test", status.st_size, status.st_mtime_ns, status.st_ino)

    def picture(self, place: str, kind: ArtworkKind) -> None:
        blob = self._blob(f"{place} {kind}")
        choice = Selection(kind, 0, blob.sha256, blob.extension, ChosenBy.USER)

        def record(tx: Tx) -> None:
            artwork.add_blob(tx, blob)
            artwork.choose(tx, self.ids[place], choice)

        self.store.write_now(record)

    def portraits(self, *names: str) -> None:
        def record(tx: Tx) -> None:
            for name in names:
                blob = self._blob(name)
                artwork.add_blob(tx, blob)
                people.save_portrait(tx, f"https://pictures.example/{name}", blob.sha256)

        self.store.write_now(record)

    def _blob(self, salt: str) -> Blob:
        data = io.BytesIO()
        Image.new("RGB", (40, 60), tuple(sum(map(ord, salt)) * factor % 256 for factor in (3, 5, 7))).save(data, "PNG")
        stored = self.blobs.put(data.getvalue() + salt.encode(), "png")
        return Blob(stored.sha256, "png", stored.size, BlobOrigin.PROVIDER)

    def publish(self, place: str) -> str:
        """The summary of one item's publishing."""
        wanted = self.store.write_now(lambda tx: gather(tx, self.ids[place], _SETTINGS))
        placed = Placed(placement.plan(wanted, _SETTINGS, self.blobs))
        placement.carry_out(placed.plan, self.blobs, Permissions(), placed)
        self.store.write_now(partial(placement.record, placed=placed, job_id=None))
        self.store.write_now(lambda tx: placement.record_published(tx, placed.plan))
        return placement.summary(placed)

    def tree(self) -> set[str]:
        """What lies there beside the videos."""
        found = (path for path in self.root.rglob("*") if path.is_file() and path.suffix != ".mkv")
        return {str(path.relative_to(self.root)) for path in found}


def cast(*names: str) -> tuple[CastMember, ...]:
    return tuple(
        CastMember(name, order=place, portrait_url=f"https://pictures.example/{name}")
        for place, name in enumerate(names)
    )


@pytest.fixture
def house(sqlite_store: Store, tmp_path: Path) -> House:
    made = House(sqlite_store, tmp_path / "library", Blobs(tmp_path / "cache"))
    made.root.mkdir()
    library = sqlite_store.write_now(lambda tx: libraries.add(tx, "TV", LibraryKind.TV, str(made.root), _PROFILES))
    made.library = library.id
    made.add(ItemKind.SERIES, "Dark", Metadata(title="Dark", cast=cast("Louis Hofmann")))
    for number, title in ((0, "Specials"), (1, "Season 1"), (2, "The Cycle")):
        made.add(ItemKind.SEASON, f"Dark//S{number:02}", Metadata(title=title, season=number), parent="Dark")
    return made


def _episode(house: House, season: int, number: int, video: str, *guests: str) -> str:
    place = f"Dark//S{season:02}E{number:02}"
    metadata = Metadata(title=f"Secrets {number}", season=season, episode=number, cast=cast(*guests))
    house.add(ItemKind.EPISODE, place, metadata, parent=f"Dark//S{season:02}", video=video)
    return place


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
