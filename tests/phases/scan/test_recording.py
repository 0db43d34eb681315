"""What a scan writes of files that publishing wrote while the scan was on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metarr.model.media import ExternalIds, FileRole, Identity, LibraryKind, MediaFile
from metarr.model.published import Owned, Purpose
from metarr.phases.scan import recording
from metarr.phases.scan.group import FoundMovie
from metarr.phases.scan.identify import Decision
from metarr.phases.scan.recording import Found
from metarr.phases.scan.understand import Understood
from metarr.store import files, libraries, published

if TYPE_CHECKING:
    from metarr.store.db import Store, Tx

_VIDEO = MediaFile("Heat (1995)/Heat.mkv", FileRole.VIDEO, 95, "only video of its film", 10, 100, 1)
_NFO = "Heat (1995)/movie.nfo"
_PUBLISHED_AT = 500  # mtime_ns


def _understood(*found: MediaFile) -> Found:
    film = FoundMovie("Heat (1995)", True, (_VIDEO,), (_VIDEO, *found), "Heat (1995)")
    decision = Decision(Identity.GUESSED, ExternalIds(), "Heat", 1995, 90, "its name", ())
    return Found(Understood(film, tuple((file, None) for file in film.files), decision, (), ()))


@pytest.mark.parametrize(
    ("mtime_ns", "is_the_owners"),
    [(400, False), (500, False), (600, True)],
    ids=[
        "a look taken before we wrote it saw a file that is no more",
        "as we wrote it",
        "written by somebody after us",
    ],
)
def test_a_file_that_we_published_is_no_file_of_the_item(store: Store, mtime_ns: int, *, is_the_owners: bool) -> None:
    def body(tx: Tx) -> set[str]:
        library = libraries.add(tx, "Movies", LibraryKind.MOVIES, "/media/movies")
        [first] = recording.record(tx, library, [_understood()])
        ours = Owned(_NFO, "a" * 64, 5, _PUBLISHED_AT, 2)
        published.own(tx, library.id, first.item_id, Purpose.NFO, ours)
        seen = MediaFile(_NFO, FileRole.NFO, 95, "extension nfo", 7, mtime_ns, 3)
        recording.record(tx, library, [_understood(seen)])
        return {file.path for file in files.of_item(tx, first.item_id)}

    assert store.write_now(body) == {_VIDEO.path} | ({_NFO} if is_the_owners else set())


def test_many_new_films_are_recorded_with_all_their_files(store: Store) -> None:
    def body(tx: Tx) -> list[set[str]]:
        library = libraries.add(tx, "Movies", LibraryKind.MOVIES, "/media/movies")
        batch = []
        for number in range(3):
            names = ("a.mkv", "caf\udce9.srt")
            found = tuple(
                MediaFile(f"{number}/{name}", FileRole.SUBTITLE, 50, "doubtful", 1, 1, 1 + number) for name in names
            )
            film = FoundMovie(str(number), True, found[:1], found, str(number))
            decision = Decision(Identity.GUESSED, ExternalIds(), str(number), None, 90, "its name", ())
            batch.append(Found(Understood(film, tuple((file, None) for file in found), decision, (), ())))
        recorded = recording.record(tx, library, batch)
        assert all(one.is_new for one in recorded)
        return [{file.path for file in files.of_item(tx, one.item_id)} for one in recorded]

    assert store.write_now(body) == [{f"{number}/a.mkv", f"{number}/caf\udce9.srt"} for number in range(3)]
