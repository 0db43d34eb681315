from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.model.paths import PathMapping, is_under, normalised, suggested, to_local, to_remote

NAS = (PathMapping("/media/films", "smb://nas/films/"), PathMapping("/media", "/storage/media"))

CASES = [
    pytest.param("/media/films/Heat (1995)", "smb://nas/films/Heat (1995)", id="the longest prefix wins"),
    pytest.param("/media/tv/Dark", "/storage/media/tv/Dark", id="the shorter one covers the rest"),
    pytest.param("/media/films", "smb://nas/films", id="the mapped folder itself"),
    pytest.param("/media/films2/Heat", "/storage/media/films2/Heat", id="a prefix ends where a segment ends"),
    pytest.param("/mediaroom/Heat", "/mediaroom/Heat", id="what no mapping covers stays"),
    pytest.param("/media//films/Heat/", "smb://nas/films/Heat", id="double and trailing slashes do not count"),
    pytest.param("/media/films/100% & ä #1", "smb://nas/films/100% & ä #1", id="nothing is percent-encoded"),
]


@pytest.mark.parametrize(("local", "remote"), CASES)
def test_our_path_becomes_the_players(local: str, remote: str) -> None:
    assert to_remote(local, NAS) == remote


@pytest.mark.parametrize(("local", "remote"), CASES)
def test_and_the_players_becomes_ours(local: str, remote: str) -> None:
    assert to_local(remote, NAS) == normalised(local)


@pytest.mark.parametrize(
    ("mapping", "local", "remote"),
    [
        pytest.param(PathMapping("/media", r"D:\Media"), "/media/Heat/h.mkv", r"D:\Media\Heat\h.mkv", id="a drive"),
        pytest.param(PathMapping("/media", "\\\\nas\\media"), "/media/Heat", r"\\nas\media\Heat", id="a UNC share"),
        pytest.param(PathMapping("/media", "nfs://10.0.0.2/v"), "/media/Heat", "nfs://10.0.0.2/v/Heat", id="nfs"),
        pytest.param(PathMapping("/", "/mnt"), "/Heat", "/mnt/Heat", id="our root is mapped"),
        pytest.param(PathMapping("/media", "/"), "/media/Heat", "/Heat", id="their root is mapped"),
        pytest.param(PathMapping("/media", "/"), "/media", "/", id="a root on its own"),
    ],
)
def test_each_kind_of_remote_maps_both_ways(mapping: PathMapping, local: str, remote: str) -> None:
    assert (to_remote(local, [mapping]), to_local(remote, [mapping])) == (remote, local)


def test_a_folder_does_not_contain_its_namesake() -> None:
    assert is_under("/a/b", "/a/b")
    assert is_under("/a/b/c", "/a/b/")
    assert not is_under("/a/bc", "/a/b")


_SEGMENT = st.text(st.characters(exclude_characters="/\\\0", exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
    lambda text: not text.endswith(":")
)
_FOLDER = st.lists(_SEGMENT, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))


@given(
    locals_=st.lists(_FOLDER, min_size=1, max_size=4, unique=True),
    lead=st.sampled_from(["/srv/{}", "smb://nas/{}", "nfs://10.0.0.2/{}", "X:\\{}", "\\\\nas\\{}"]),
    inner=_FOLDER,
    data=st.data(),
)
def test_a_mapped_path_comes_back(locals_: list[str], lead: str, inner: str, data: st.DataObject) -> None:
    mappings = [PathMapping(folder, lead.format(number)) for number, folder in enumerate(locals_)]
    path = data.draw(st.sampled_from(locals_)) + inner
    assert to_local(to_remote(path, mappings), mappings) == path


@pytest.mark.parametrize(
    ("ours", "theirs", "mappings"),
    [
        (["/media/films"], ["smb://nas/films/"], [("/media/films", "smb://nas/films/")]),
        (["/mnt/media/films"], ["smb://nas/media"], [("/mnt/media", "smb://nas/media")]),
        (["/media/films"], ["/data/films", "/data/media/films"], [("/media/films", "/data/media/films")]),
        (["/media/Films"], ["D:\\films"], [("/media/Films", "D:\\films")]),
        (["/media/films", "/media/tv"], ["/data/films", "/data/tv"],
         [("/media/films", "/data/films"), ("/media/tv", "/data/tv")]),
        (["/media/films/Heat (1995)", "/media/films"], ["/data/films"], [("/media/films", "/data/films")]),
        (["/media/films"], ["/data/movies"], []),
        (["/media/films"], ["/media/films"], []),
        (["/media/films"], [], []),
        (["/"], ["/data"], []),
    ],
    ids=[
        "the same last name",
        "theirs ends like a folder above ours",
        "more names in common win",
        "letters' case and separators do not matter",
        "each of ours its own",
        "a folder inside leads to the same mapping",
        "nothing ends alike",
        "the same path needs no mapping",
        "they have nothing",
        "a root has no name",
    ],
)  # fmt: skip
def test_mappings_are_suggested_by_how_folders_end(
    ours: list[str], theirs: list[str], mappings: list[tuple[str, str]]
) -> None:
    assert [(one.local, one.remote) for one in suggested(ours, theirs)] == mappings
