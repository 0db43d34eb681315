from __future__ import annotations

import pytest

from metarr.library.listing import Entry, is_ignored_file, is_ignored_folder
from metarr.model.media import FileRole
from metarr.phases.scan.classify import SET, Place, classify, folder_sort, is_set_folder, spoken_details

_STEM = "Heat (1995)"


def _entry(name: str, size: int = 1000, *, is_regular: bool = True) -> Entry:
    return Entry(name, size, 5, 7, is_dir=False, is_regular=is_regular)


def _role(name: str, sort: str = "", size: int = 1000) -> FileRole:
    return classify(_entry(name, size), Place("Heat (1995)", sort, (_STEM,), largest=10_000)).role


@pytest.mark.parametrize(
    "suffix",
    [
        "behindthescenes",
        "deleted",
        "deletedscene",
        "featurette",
        "interview",
        "scene",
        "short",
        "clip",
        "other",
        "extra",
    ],
)
def test_every_suffix_of_an_extra_is_known(suffix: str) -> None:
    assert _role(f"{_STEM}-{suffix}.mkv") is FileRole.EXTRA
    assert _role(f"{_STEM}-{suffix}2.mkv") is FileRole.EXTRA


@pytest.mark.parametrize(
    "folder",
    [
        "Behind The Scenes",
        "Deleted Scenes",
        "Featurettes",
        "Interviews",
        "Scenes",
        "Shorts",
        "Other",
        "Extras",
        "clips",
    ],
)
def test_every_folder_for_extras_is_known(folder: str) -> None:
    assert _role("anything.mkv", folder_sort(folder)) is FileRole.EXTRA


@pytest.mark.parametrize(
    ("name", "role"),
    [
        (f"{_STEM}-trailer.mp4", FileRole.TRAILER),
        (f"{_STEM}.trailer.mp4", FileRole.TRAILER),
        ("trailer.mkv", FileRole.TRAILER),
        ("movie-trailer.mkv", FileRole.TRAILER),
        (f"{_STEM}-sample.mkv", FileRole.SAMPLE),
        ("sample-heat.mkv", FileRole.SAMPLE),
        ("The Big Short.mkv", FileRole.VIDEO),
        ("Trailer Park (1997).mkv", FileRole.VIDEO),
        ("theme.mp3", FileRole.THEME),
        (f"{_STEM}.de.mka", FileRole.AUDIO),
        ("song.mp3", FileRole.UNKNOWN),
        ("movie.nfo", FileRole.NFO),
        (f"{_STEM}-poster.jpg", FileRole.ARTWORK),
        ("scan0001.jpg", FileRole.UNKNOWN),
        ("notes.pdf", FileRole.UNKNOWN),
    ],
)
def test_a_files_role_by_its_name(name: str, role: FileRole) -> None:
    assert _role(name) is role


def test_a_sample_that_is_not_small_is_doubtful() -> None:
    place = Place("Heat (1995)", "", (_STEM,), largest=10_000)
    small, large = (classify(_entry(f"{_STEM}-sample.mkv", size), place) for size in (500, 9_000))
    assert small.confidence >= 80 > large.confidence


def test_what_no_rule_knows_has_no_confidence() -> None:
    assert classify(_entry("notes.pdf"), Place("")).confidence == 0


def test_a_fifo_is_never_media() -> None:
    assert classify(_entry("Heat (1995).mkv", is_regular=False), Place("")).role is FileRole.UNKNOWN


def test_the_files_facts_are_kept() -> None:
    file = classify(_entry("movie.nfo", 12), Place("Heat (1995)"))
    assert (file.path, file.size, file.mtime_ns, file.inode) == ("Heat (1995)/movie.nfo", 12, 5, 7)


def test_artwork_says_its_kind_and_an_actor_its_name() -> None:
    place = Place("Heat (1995)", "", (_STEM,))
    assert classify(_entry(f"{_STEM}-fanart.jpg"), place).details == {"artwork": "fanart", "rank": 0}
    assert classify(_entry("Al_Pacino.jpg"), Place("x/.actors", "actors")).details == {"actor": "Al Pacino"}


@pytest.mark.parametrize(
    ("tail", "language", "flags"),
    [
        (".en", "en", set()),
        (".eng.forced", "en", {"forced"}),
        (".de.sdh", "de", {"sdh"}),
        (".eng.hi", "en", {"sdh"}),
        (".hi", "hi", set()),
        (".pt-BR", "pt-BR", set()),
        (".zh-Hans", "zh-Hans", set()),
        (".German.default", "de", {"default"}),
        ("2_English", "en", set()),
        ("", "", set()),
        (".commentary", "", set()),
    ],
)
def test_language_and_flags_of_a_subtitle(tail: str, language: str, flags: set[str]) -> None:
    details = spoken_details(tail)
    assert details.pop("language") == language
    assert {name for name, is_set in details.items() if is_set} == flags


@pytest.mark.parametrize("name", [".hidden", ".metarr-x.tmp", "a.mkv.part", "a.mkv.!qB", "._a.mkv"])
def test_unfinished_and_hidden_files_are_ignored(name: str) -> None:
    assert is_ignored_file(name)


@pytest.mark.parametrize(
    ("name", "is_ignored"),
    [
        ("@eaDir", True),
        ("#recycle", True),
        (".git", True),
        (".actors", False),
        ("...And Justice", False),
        ("Heat", False),
    ],
)
def test_which_folders_are_ignored(name: str, *, is_ignored: bool) -> None:
    assert is_ignored_folder(name) is is_ignored


@pytest.mark.parametrize(
    ("name", "sort", "kind"),
    [
        pytest.param("movieset-poster.jpg", "", "poster", id="beside a film, as tinyMediaManager has it"),
        pytest.param("Movieset-Fanart.JPG", "", "fanart", id="in any letter case"),
        pytest.param("movieset-clearlogo.png", "", "clearlogo", id="other kinds"),
        pytest.param("collection-banner.jpg", "", "banner", id="the other word"),
        pytest.param("poster.jpg", SET, "poster", id="in the folder of the set"),
        pytest.param("movieset-poster.jpg", SET, "poster", id="both"),
        pytest.param("fanart2.jpg", SET, "fanart", id="a second one"),
    ],
)
def test_artwork_of_a_set_is_nobodys_own(name: str, sort: str, kind: str) -> None:
    file = classify(_entry(name), Place("Heat (1995)", sort, (_STEM,)))
    assert (file.role, file.confidence, file.rule) == (FileRole.ARTWORK, 95, f"named as {kind} of the film's set")
    assert file.details == {"artwork": kind, "rank": None, "of": "collection"}


@pytest.mark.parametrize(
    ("name", "is_set"),
    [
        ("Alien Collection", True),
        ("Die Hard [boxset]", True),
        ("James Bond Filmreihe", True),
        ("The Matrix Trilogy (HD)", False),
        ("Collections", False),
        ("The Collection (2012)", False),
        ("Action", False),
    ],
)
def test_which_folders_hold_a_set(name: str, *, is_set: bool) -> None:
    assert is_set_folder(name) is is_set
