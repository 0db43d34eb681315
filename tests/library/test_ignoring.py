"""Which paths patterns leave out."""

from __future__ import annotations

import pytest

from metarr.library.ignoring import hides, parse


@pytest.mark.parametrize(
    ("pattern", "path", "is_hidden"),
    [
        pytest.param("*.iso", "Film/disc.ISO", True, id="a name at any depth, in any case"),
        pytest.param("*.iso", "Film/disc.iso.nfo", False, id="the whole name"),
        pytest.param("Extras/*", "Extras/a.mkv", True, id="what lies in a folder"),
        pytest.param("Extras/*", "Film/Extras/a.mkv", False, id="only from where the pattern is"),
        pytest.param(
            "Extras/*", "Extras/deeper/a.mkv", False, id="a star ends at a slash: the folder itself is hidden"
        ),
        pytest.param("Extras/*", "Extras/deeper", True, id="a folder in a folder"),
        pytest.param("Extras/", "Film/Extras", True, id="a slash at the end says folder"),
        pytest.param("/Extras", "Extras", True, id="a slash at the start says here"),
        pytest.param("/Extras", "Film/Extras", False, id="and not below"),
        pytest.param("*/*.wav", "Film/a.wav", True, id="stars for folders"),
        pytest.param("a?.mkv", "ab.mkv", True, id="one character"),
        pytest.param("a?.mkv", "a.mkv", False, id="exactly one"),
        pytest.param("[x].mkv", "x.mkv", False, id="brackets mean themselves"),
        pytest.param("[x].mkv", "[x].mkv", True, id="brackets in names"),
        pytest.param("# *.mkv", "a.mkv", False, id="a comment"),
        pytest.param("   ", "a.mkv", False, id="an empty line"),
        pytest.param("*", "anything", True, id="everything"),
        pytest.param("a" + "*" * 5000 + "b", "a" * 3000, False, id="many stars are quick"),
    ],
)
def test_a_pattern(pattern: str, path: str, is_hidden: bool) -> None:  # noqa: FBT001  a column of the table
    assert hides([parse((pattern,))], path) is is_hidden


def test_patterns_of_a_folder_are_about_what_lies_below_it() -> None:
    rules = [parse(("Extras/*",), "Film (2001)")]
    assert hides(rules, "Film (2001)/Extras/a.mkv")
    assert not hides(rules, "Film (2001)/Film.mkv")
