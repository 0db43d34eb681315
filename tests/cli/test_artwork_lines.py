"""What `metarr artwork list` and `metarr explain` show a person, and what `artwork add` reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from metarr.api.artwork_shapes import Explanation
from metarr.cli import app, artwork
from metarr.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

OFFER: dict[str, Any] = {
    "id": 12,
    "kind": "poster",
    "provider": "tmdb",
    "url": "http://x/1",
    "width": 1000,
    "height": 1500,
    "language": None,
    "score": 87.5,
    "scoreParts": {"resolution": 30.0, "votes": 7.5},
    "isBlocked": False,
    "voteAverage": 5.0,
    "votes": 3,
    "blob": None,
    "rank": 0,
}
SLOT = {
    "kind": "poster",
    "rank": 0,
    "blob": "ab",
    "chosenBy": "auto",
    "candidateId": 12,
    "why": "number 1 of 12 on offer: 87.5 points (resolution 30, votes 7.5)",
}
FOUND = Explanation.model_validate(
    {
        "itemId": 3,
        "kind": "movie",
        "title": "Heat",
        "year": 1995,
        "identity": "identified",
        "ids": {"tmdb": 949},
        "evidence": [{"source": "folder", "tmdb": 949}],
        "questions": [],
        "answers": [{"provider": "tmdb", "state": "known", "at": "2026-03-01T04:00:00Z"}],
        "fields": [
            {"name": "plot", "value": "Mine.", "source": "user", "isLocked": True, "said": {"tmdb": "Theirs."}},
            {"name": "year", "value": 1995, "source": "tmdb", "isLocked": False, "said": {"tmdb": 1995}},
        ],
        "artwork": [
            {"kind": "poster", "isLocked": True, "slots": [SLOT], "offers": [OFFER, *[{**OFFER, "rank": None}] * 11]},
            {"kind": "banner", "isLocked": False, "slots": [], "offers": []},
        ],
    }
)


def test_an_explanation_is_readable() -> None:
    lines = list(artwork.explanation_lines(FOUND))
    assert lines == [
        "Heat (1995): movie 3, identified, tmdb:949",
        '    evidence: {"source": "folder", "tmdb": 949}',
        "    tmdb: known, asked 2026-03-01 04:00 UTC",
        "",
        "plot: Mine. [user, locked]",
        "    tmdb says: Theirs.",
        "year: 1995 [tmdb]",
        "",
        "poster (locked): 1 chosen, 12 on offer",
        "    chosen 0: 12, number 1 of 12 on offer: 87.5 points (resolution 30, votes 7.5)",
        "        12  tmdb  1000x1500  no text  87.5 points  (resolution 30, votes 7.5)  chosen 0",
        *["        12  tmdb  1000x1500  no text  87.5 points  (resolution 30, votes 7.5)"] * 9,
        "    and 2 more",
    ]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    gone = tmp_path / "gone.jpg"
    result = CliRunner().invoke(app, ["artwork", "add", "1", "poster", str(gone)])
    assert isinstance(result.exception, InvalidInput)
    assert str(gone) in str(result.exception)


@pytest.mark.parametrize("arguments", [["artwork", "add", "1", "hologram", "x"], ["artwork", "choose", "1", "x"]])
def test_bad_usage_is_told_before_anything_is_opened(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2
