"""What a picture is, by its name and by what it looks like."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from metarr.library.listing import Entry
from metarr.model.media import FileRole, MediaFile
from metarr.phases.scan.classify import Place, classify
from metarr.phases.scan.shapes import Look, by_shape, is_open
from metarr.phases.scan.understand import looked_at

if TYPE_CHECKING:
    from pathlib import Path

_STEM = "Heat (1995)"
_PORTRAIT, _WIDE, _STRIP, _SQUARE = Look(1000, 1500), Look(1920, 1080), Look(1000, 185), Look(600, 600)
_ROUND, _LOGO, _FIGURES = Look(1000, 1000, True), Look(800, 310, True), Look(1000, 562, True)


def _named(name: str) -> MediaFile:
    entry = Entry(name, 1000, 5, 7, is_dir=False, is_regular=True)
    return classify(entry, Place("Heat (1995)", "", (_STEM,)))


@pytest.mark.parametrize(
    ("name", "look", "kind", "confidence", "rule"),
    [
        ("folder.jpg", _PORTRAIT, "poster", 95, "named as poster, and looks like it"),
        ("folder.jpg", _WIDE, "landscape", 85, "named as poster, but 1920 x 1080, opaque: like a landscape"),
        ("cover.jpg", _STRIP, "banner", 85, "named as poster, but 1000 x 185, opaque: like a banner"),
        ("cover.jpg", _SQUARE, "poster", 60, "named as poster, but 600 x 600, opaque"),
        ("cover.png", _ROUND, "discart", 85, "named as poster, but 1000 x 1000, cut out: like a discart"),
        (f"{_STEM}.jpg", _WIDE, "landscape", 85, "named as poster, but 1920 x 1080, opaque: like a landscape"),
        ("poster.jpg", _PORTRAIT, "poster", 95, "named as poster, and looks like it"),
        ("poster.jpg", _WIDE, "poster", 60, "named as poster, but 1920 x 1080, opaque"),
        (f"{_STEM}-poster.jpg", _WIDE, "poster", 60, "named as poster, but 1920 x 1080, opaque"),
        ("logo.png", _LOGO, "clearlogo", 95, "named as clearlogo, and looks like it"),
        ("logo.png", _WIDE, "landscape", 85, "named as clearlogo, but 1920 x 1080, opaque: like a landscape"),
        ("art.png", _FIGURES, "clearart", 85, "named as fanart, but 1000 x 562, cut out: like a clearart"),
        ("backdrop.jpg", _WIDE, "fanart", 95, "named as fanart, and looks like it"),
        ("disc.png", _ROUND, "discart", 95, "named as discart, and looks like it"),
        ("folder.jpg", Look(90, 60), "poster", 95, "named as poster"),
        ("folder.jpg", Look(900, 0), "poster", 60, "named as poster, but 900 x 0, opaque"),
    ],
)
def test_what_a_name_leaves_open_the_picture_tells(
    name: str, look: Look, kind: str, confidence: int, rule: str
) -> None:
    file = _named(name)
    assert is_open(file)
    seen = by_shape(file, look)
    assert seen.role is FileRole.ARTWORK
    assert seen.details["rank"] == 0
    assert (seen.details["artwork"], seen.confidence, seen.rule) == (kind, confidence, rule)


@pytest.mark.parametrize(
    ("look", "kind"),
    [(_PORTRAIT, "poster"), (_WIDE, "landscape"), (_LOGO, "clearlogo"), (_SQUARE, None), (Look(100, 150), None)],
    ids=["upright", "wide", "cut out", "square: it could be anything", "an icon"],
)
def test_a_stray_picture_is_a_guess_that_a_person_is_asked_about_and_is_in_nobodys_place(
    look: Look, kind: str | None
) -> None:
    seen = by_shape(_named("scan0001.jpg"), look)
    assert seen.role is (FileRole.ARTWORK if kind else FileRole.UNKNOWN)
    assert (seen.details.get("artwork"), seen.details.get("rank")) == (kind, None)
    assert seen.confidence < 80


@pytest.mark.parametrize(
    "name", ["fanart.jpg", f"{_STEM}-clearlogo.png", f"{_STEM}-banner.jpg", "movie.nfo", "notes.pdf", f"{_STEM}.mkv"]
)
def test_where_the_name_says_it_the_picture_is_not_opened(name: str, tmp_path: Path) -> None:
    file = _named(name)
    assert not is_open(file)
    assert looked_at(file, None, str(tmp_path)) is file  # there is none


def _write(place: Path, size: tuple[int, int], mode: str = "RGB", alpha: int = 255) -> None:
    data = io.BytesIO()
    Image.new(mode, size, (1, 2, 3, alpha)[: len(mode)]).save(data, "PNG")
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(data.getvalue())


def test_a_picture_is_opened_once_and_known_from_then_on(tmp_path: Path) -> None:
    _write(tmp_path / "Heat (1995)/cover.png", (400, 225))
    file = _named("cover.png")
    first = looked_at(file, None, str(tmp_path))
    assert first.details["artwork"] == "landscape"
    (tmp_path / "Heat (1995)/cover.png").unlink()
    assert looked_at(file, (first, None), str(tmp_path)) == first
    assert looked_at(file, None, str(tmp_path)) == file  # nothing can be told


@pytest.mark.parametrize(("alpha", "kind"), [(255, "landscape"), (0, "clearart")], ids=["opaque", "cut out"])
def test_a_channel_for_transparency_alone_makes_no_picture_cut_out(tmp_path: Path, alpha: int, kind: str) -> None:
    _write(tmp_path / "Heat (1995)/cover.png", (400, 225), "RGBA", alpha)
    assert looked_at(_named("cover.png"), None, str(tmp_path)).details["artwork"] == kind
