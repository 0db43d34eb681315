"""What lists filter by: the class of a picture's size, languages, what a rescan changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from metarr.model.folding import folded
from metarr.model.media import FileRole, MediaFile, Metadata
from metarr.store import files, items, schema, traits
from metarr.store.traits import Trait
from stages import library, movie, rows

if TYPE_CHECKING:
    from metarr.store.db import Store


@pytest.mark.parametrize(
    ("width", "height", "name"),
    [
        pytest.param(3840, 2160, "2160", id="UHD"),
        pytest.param(3840, 1600, "2160", id="UHD, cut at the top"),
        pytest.param(2880, 2160, "2160", id="UHD, 4:3"),
        pytest.param(1920, 1080, "1080", id="HD"),
        pytest.param(1920, 800, "1080", id="HD, cut at the top"),
        pytest.param(1440, 1080, "1080", id="HD, 4:3"),
        pytest.param(1280, 720, "720", id="small HD"),
        pytest.param(1280, 534, "720", id="small HD, cut at the top"),
        pytest.param(960, 720, "720", id="small HD, 4:3"),
        pytest.param(720, 576, "sd", id="PAL"),
        pytest.param(None, 1080, "", id="no width"),
        pytest.param(0, 0, "", id="nothing"),
    ],
)
def test_the_class_of_a_picture(width: int | None, height: int | None, name: str) -> None:
    assert traits.resolution(width, height) == name


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Amélie", "amelie"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("Łódź", "lodz"),
        ("Smørrebrød", "smorrebrod"),
        ("ﬁlm", "film"),
        ("  a   b ", "a b"),
        ("七人の侍", "七人の侍"),
    ],
)
def test_titles_as_they_are_searched(text: str, plain: str) -> None:
    assert folded(text) == plain
    assert folded(plain) == plain


def _file(path: str, role: FileRole = FileRole.VIDEO, **details: Any) -> tuple[MediaFile, None]:
    return MediaFile(path, role, 95, "test", 1, 1, 1, details), None


def _known(store: Store) -> set[tuple[str, str]]:
    return {(row["name"], row["value"]) for row in store.write_now(lambda tx: rows(tx, schema.trait))}


def test_a_rescan_and_an_edit_leave_what_is_so_now(store: Store) -> None:
    home = store.write_now(library)
    item = store.write_now(lambda tx: movie(tx, home))
    first = [
        _file("a.mkv", video=[{"width": 1920, "height": 800}], audio=[{"language": "en"}, {"language": ""}]),
        _file("a.de.srt", FileRole.SUBTITLE, language="de"),
        _file("poster.jpg", FileRole.ARTWORK, language="fr"),
    ]
    store.write_now(lambda tx: files.add(tx, home, item, first))
    assert _known(store) == {(Trait.RESOLUTION, "1080"), (Trait.AUDIO, "en"), (Trait.SUBTITLE, "de")}

    def edit(genres: tuple[str, ...]) -> None:
        def body(tx: Any) -> None:
            before = items.get(tx, item)
            items.save_metadata(tx, before, Metadata(title="Heat", genres=genres), {}, before.identity)

        store.write_now(body)

    edit(("Crime", "Drama"))
    second = [_file("b.mkv", video=[{"width": 3840, "height": 1600, "hdr": "hlg"}], audio=[{"language": "en"}])]
    store.write_now(lambda tx: files.replace(tx, home, item, second))
    edit(("Crime",))
    assert _known(store) == {
        (Trait.RESOLUTION, "2160"),
        (Trait.HDR, "hlg"),
        (Trait.AUDIO, "en"),
        (Trait.GENRE, "Crime"),
    }
